// Runs test files by Node's own runner, and ends all that it started when it is itself interrupted or killed.

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { tsImport } from "tsx/esm/api";

const { signalGroup, spawnOwned } = await tsImport("./owner.ts", import.meta.url);

const RUN_FILES = fileURLToPath(new URL("run-files.mjs", import.meta.url));

/**
 * @param {readonly string[]} files
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} 0 when all tests pass
 */
export async function runFiles(files, { cwd, env = process.env }) {
  /** @type {(() => unknown)[]} */
  const stops = [];
  const runner = spawnOwned(
    { after: (/** @type {() => unknown} */ stop) => stops.push(stop) },
    process.execPath,
    ["--import", "tsx", "--conditions=monitoring-plugins-source", RUN_FILES, ...files],
    { cwd, stdio: "inherit", env },
  );
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => signalGroup(runner, signal));
  }
  const [code] = await once(runner, "exit");
  for (const stop of stops) await stop();
  return code ?? 1;
}
