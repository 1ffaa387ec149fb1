// What a run of tests is: `node --import tsx run-files.mjs FILES`, in their order; `node --test` would sort them.

import { availableParallelism } from "node:os";
import { run } from "node:test";
import { spec } from "node:test/reporters";

run({
  files: process.argv.slice(2),
  // a file waits half of its time, for deadlines and servers
  concurrency: 2 * availableParallelism(),
  // for a whole file, not for each test in it
  timeout: 1_800_000,
})
  .on("test:fail", () => {
    process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);
