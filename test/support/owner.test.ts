// Servers end with the test that started them, however that ends.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

import { root } from "../../packaging/programs.mjs";
import { kill, spawnOwned } from "./owner.ts";
import { temporaryFolder } from "./proc-tree.ts";
import { until } from "./until.ts";

const RUNNER = fileURLToPath(new URL("runner.mjs", import.meta.url));
const OWNER = fileURLToPath(new URL("owner.ts", import.meta.url));

/** A zombie has ended. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/**
 * Runs a test file, as all are run, with a test that starts a server which has started another process, and ends by `end`.
 *
 * @returns the program that runs the file, and the ids of the file's own process, of the server and of that process
 */
async function runWithServer(t: TestContext, end: string) {
  const folder = temporaryFolder(t);
  const file = join(folder, "fixture.test.ts");
  const pids = join(folder, "pids");
  writeFileSync(
    file,
    `import { test } from "node:test";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { spawnOwned } from ${JSON.stringify(OWNER)};
test("fixture", async (t) => {
  const server = spawnOwned(t, "/bin/sh", ["-c", "sleep 1000 & echo $!; wait"], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(server.stdout, "data");
  writeFileSync(${JSON.stringify(pids)}, [process.pid, server.pid, line].join(" "));
  ${end}
});
`,
  );
  const script = `import { runFiles } from ${JSON.stringify(RUNNER)}; process.exitCode = await runFiles([${JSON.stringify(file)}], { cwd: ${JSON.stringify(root)} });`;
  const args = ["--input-type=module", "-e", script];
  // the runner takes a file that is run by another runner for one of its own
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const runner = spawnOwned(t, process.execPath, args, { cwd: root, env, stdio: "ignore" });
  let known: readonly number[] = [];
  const isStarted = () => {
    assert.equal(runner.exitCode, null, "the runner has ended");
    known = readOr("", pids).trim().split(" ").map(Number);
    return known.length === 3;
  };
  await until(isStarted, () => "the server");
  return { runner, known };
}

function readOr(missing: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return missing;
  }
}

const untilGone = (pids: readonly number[]) =>
  until(
    () => !pids.some(isRunning),
    () => `the end of ${pids.filter(isRunning).join(", ")}`,
  );

const FOREVER = "await new Promise((resolve) => setTimeout(resolve, 1e9));";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
  test(`the run gets ${signal}`, async (t) => {
    const { runner, known } = await runWithServer(t, FOREVER);
    assert.ok(known.every(isRunning));
    runner.kill(signal);
    await untilGone(known);
  });
}

test("the process of a test file is killed", async (t) => {
  const { known } = await runWithServer(t, FOREVER);
  process.kill(known[0] ?? 0, "SIGKILL");
  await untilGone(known);
});

test("a test fails", async (t) => {
  const { runner, known } = await runWithServer(t, 'throw new Error("on purpose");');
  if (runner.exitCode === null) await once(runner, "exit");
  assert.equal(runner.exitCode, 1);
  assert.deepEqual(known.filter(isRunning), []);
});

test("a program is killed without those that it has started, which go with the owner", async (t) => {
  let pids: readonly number[] = [];
  await t.test("while there is one", async (t) => {
    const child = spawnOwned(t, "/bin/sh", ["-c", "sleep 1000 & echo $!; wait"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [line] = await once(child.stdout as NodeJS.ReadableStream, "data");
    pids = [child.pid ?? 0, Number(line)];
    await kill(child);
    assert.deepEqual(pids.map(isRunning), [false, true]);
  });
  await untilGone(pids);
});
