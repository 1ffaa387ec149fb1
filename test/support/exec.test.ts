import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import { runPlugin, startPlugin } from "./exec.ts";

/** A stand-in for a plugin: a file without extension, alone in a folder. */
async function executable(t: TestContext, source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "test-exec-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "check_test");
  await writeFile(path, `#!/usr/bin/env node\n${source}`);
  await chmod(path, 0o755);
  return path;
}

test("exit code, both outputs, arguments and environment come through", async (t) => {
  const path = await executable(
    t,
    `console.log(JSON.stringify([process.argv.slice(2), Object.keys(process.env).sort(), process.env.A]));
     console.error("ä"); process.exitCode = 7;`,
  );
  const { code, signal, stdout, stderr } = await runPlugin(path, ["-w", "", "a b"], { env: { A: "1" } });
  assert.deepEqual(JSON.parse(stdout), [["-w", "", "a b"], ["A", "PATH"], "1"]);
  assert.deepEqual([code, signal, stderr], [7, null, "ä\n"]);
});

test("stdin is empty, or what the test gives", async (t) => {
  const path = await executable(t, `process.stdin.pipe(process.stdout);`);
  assert.equal((await runPlugin(path, [])).stdout, "");
  assert.deepEqual((await runPlugin(path, [], { input: Buffer.of(0xff, 0) })).raw, Buffer.of(0xff, 0));
});

test("a stdout that nobody reads gives EPIPE, a closed one is another thing", async (t) => {
  const path = await executable(
    t,
    `const fs = require("node:fs");
     setTimeout(() => { try { fs.writeSync(1, "x"); console.error(fs.readlinkSync("/proc/self/fd/1")); } catch (e) { console.error(e.code); } }, 100);`,
  );
  assert.equal((await runPlugin(path, [], { stdout: "broken" })).stderr, "EPIPE\n");
  // Node itself opens /dev/null in the place of a descriptor that is missing
  assert.equal((await runPlugin(path, [], { stdout: "closed" })).stderr, "/dev/null\n");
});

test("a plugin that hangs is killed; one that is told to end may say goodbye", async (t) => {
  const path = await executable(
    t,
    `process.on("SIGTERM", () => { console.log("bye"); process.exit(3); }); setInterval(() => {}, 1000); console.log("up");`,
  );
  assert.equal((await runPlugin(path, [], { timeoutMs: 500 })).signal, "SIGKILL");
  const { child, finished } = startPlugin(path, []);
  assert.ok(child.stdout);
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  assert.deepEqual(await finished, {
    code: 3,
    signal: null,
    stdout: "up\nbye\n",
    stderr: "",
    raw: Buffer.from("up\nbye\n"),
  });
});
