// What a run of tests is: `node --import tsx run-files.mjs FILES`, in their order; `node --test` would sort them.

import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const SLOWEST = 12;

/** Milliseconds of each file's tests. @type {Map<string, number>} */
const times = new Map();

/** @param {{ nesting: number, file?: string | undefined, details: { duration_ms: number } }} test */
function note({ nesting, file, details }) {
  if (nesting === 0 && file !== undefined) times.set(file, (times.get(file) ?? 0) + details.duration_ms);
}

run({
  files: process.argv.slice(2),
  // a file waits most of its time, for deadlines and servers
  concurrency: 4 * availableParallelism(),
  // for a whole file, not for each test in it
  timeout: 1_800_000,
})
  .on("test:pass", note)
  .on("test:fail", (test) => {
    process.exitCode = 1;
    note(test);
  })
  .compose(new spec())
  .pipe(process.stdout);

process.once("exit", () => {
  if (times.size <= SLOWEST) return;
  const slowest = [...times].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
  const lines = slowest.map(([file, ms]) => `${(ms / 1000).toFixed(0).padStart(5)} s  ${relative("", file)}`);
  process.stdout.write(`\nslowest files\n${lines.join("\n")}\n`);
});
