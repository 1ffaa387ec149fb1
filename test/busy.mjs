// Runs all tests on a machine that is busy with something else: `npm run test:busy`, or `npm run test:busy -- ROUNDS`.

import { once } from "node:events";
import { tsImport } from "tsx/esm/api";

import { root } from "../packaging/programs.mjs";

// what is owned ends with this process, however that ends
const { spawnOwned } = await tsImport("./support/owner.ts", import.meta.url);

const ROUNDS = 3;
const LOOPS = 4;

const [text = `${ROUNDS}`] = process.argv.slice(2);
const rounds = Number(text);
if (!(Number.isInteger(rounds) && rounds > 0)) {
  console.error(`'${text}' is not a number of rounds`);
  process.exit(2);
}

/** @type {(() => unknown)[]} */
const stops = [];
const owner = { after: (/** @type {() => unknown} */ stop) => stops.push(stop) };
for (let n = 0; n < LOOPS; n += 1) spawnOwned(owner, "sh", ["-c", "while :; do :; done"], { stdio: "ignore" });
let failed = 0;
for (let round = 1; round <= rounds; round += 1) {
  const start = Date.now();
  const [code] = await once(spawnOwned(owner, "npm", ["test"], { cwd: root, stdio: "inherit" }), "exit");
  if (code !== 0) failed += 1;
  const seconds = Math.round((Date.now() - start) / 1000);
  console.log(
    `round ${round} of ${rounds} beside ${LOOPS} busy loops: ${code === 0 ? "passed" : "failed"}, ${seconds} s`,
  );
}
for (const stop of stops) await stop();
process.exitCode = failed === 0 ? 0 : 1;
