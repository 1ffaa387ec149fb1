// What the standalone executable makes of its own command line; that it starts the plugins is shown by standalone.test.ts.

import assert from "node:assert/strict";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { startCalled } from "../../packaging/multi-call.ts";

/** argv as a program finds it that was started in this way. */
function argvOf(argv0: string, args: readonly string[], execPath: string, path = ""): readonly string[] {
  const before = { argv: process.argv, execPath: process.execPath, path: process.env.PATH };
  let seen: readonly string[] = [];
  try {
    process.execPath = execPath;
    process.env.PATH = path;
    process.argv = ["bun", "/$bunfs/root/monitoring-plugins", ...args];
    const start = () => {
      seen = process.argv.slice(1);
    };
    startCalled({ check_x: start }, "monitoring-plugins", "1.0.0", argv0);
  } finally {
    process.execPath = before.execPath;
    process.env.PATH = before.path;
    process.argv = before.argv;
  }
  return seen;
}

test("a plugin sees the path that starts it again, and its own arguments only", (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "test-multi-call-")));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const executable = join(folder, "monitoring-plugins");
  writeFileSync(executable, "");
  assert.deepEqual(argvOf("monitoring-plugins", ["check_x", "-v"], executable), ["check_x", "-v"]);
  symlinkSync("monitoring-plugins", join(folder, "check_x"));
  const path = join(folder, "check_x");
  assert.deepEqual(argvOf("monitoring-plugins", ["check_x", "-v"], executable), [path, "-v"]);
  assert.deepEqual(argvOf(path, ["-v"], executable), [path, "-v"]);
  assert.deepEqual(argvOf("check_x", ["check_x"], executable, `/nonexistent:${folder}`), [path, "check_x"]);
  assert.deepEqual(argvOf("./check_x", [], executable), [join(process.cwd(), "check_x")]);
});
