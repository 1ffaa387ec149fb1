// Runs test files by Node's own runner, and ends all that it started when it is itself interrupted or killed.

import { once } from "node:events";
import { availableParallelism } from "node:os";
import { tsImport } from "tsx/esm/api";

const { signalGroup, spawnOwned } = await tsImport("./owner.ts", import.meta.url);

/** Files at a time: about half of what a test does is wait, for a deadline or for a server. */
const CONCURRENCY = 2 * availableParallelism();

/**
 * @param {readonly string[]} files
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} 0 when all tests pass
 */
export async function runFiles(files, { cwd, env = process.env }) {
  /** @type {(() => unknown)[]} */
  const stops = [];
  // Node 20's runner expands no globs, so it gets the list; and its timeout is for a whole file, not for each test in it
  const runner = spawnOwned(
    { after: (/** @type {() => unknown} */ stop) => stops.push(stop) },
    process.execPath,
    [
      ...["--import", "tsx", "--conditions=monitoring-plugins-source", "--test"],
      ...[`--test-concurrency=${CONCURRENCY}`, "--test-timeout=600000", "--test-reporter=spec"],
      ...files,
    ],
    { cwd, stdio: "inherit", env },
  );
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => signalGroup(runner, signal));
  }
  const [code] = await once(runner, "exit");
  for (const stop of stops) await stop();
  return code ?? 1;
}
