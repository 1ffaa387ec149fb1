// The executable that needs no Node: what it is called as, what it must not listen to, what it contains.
// That the plugins in it do what the bundles do is shown by `npm run test:standalone`.

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { BUN_VERSION } from "../../packaging/bun.mjs";
import { programNames, root, version } from "../../packaging/programs.mjs";
import { buildStandalone, lackingBun } from "../support/standalone.ts";

const names = programNames();
const [first = ""] = names;
const reason = await lackingBun();
const options = { skip: reason ?? false };
const folder = reason === undefined ? await buildStandalone({ after }) : "";

/** Runs a file with a name that is not its own, as exec(3) allows, and without any environment but what is given. */
function run(file: string, args: readonly string[], { argv0 = file, env = {}, cwd = "/" } = {}) {
  const { status, signal, stdout, stderr, error } = spawnSync(file, args, { argv0, env, cwd, encoding: "utf8" });
  assert.deepEqual({ signal, stderr, error }, { signal: null, stderr: "", error: undefined });
  return { status, stdout };
}

function emptyFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "test-standalone-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("there is a link for every plugin, and nothing else", options, () => {
  assert.deepEqual(readdirSync(folder).sort(), ["LICENSES", ...names, "monitoring-plugins"].sort());
});

test("a plugin is found by the name of the link, wherever that is", options, (t) => {
  const elsewhere = emptyFolder(t);
  for (const name of names) {
    const answer = { status: 3, stdout: `${name} ${version}\n` };
    assert.deepEqual(run(join(folder, name), ["-V"]), answer);
    symlinkSync(join(folder, "monitoring-plugins"), join(elsewhere, name));
    assert.deepEqual(run(join(elsewhere, name), ["-V"]), answer);
    // as a shell starts it that found it on its PATH
    assert.deepEqual(run(join(elsewhere, name), ["-V"], { argv0: name }), answer);
  }
});

test("a plugin is found by the first argument", options, () => {
  const executable = join(folder, "monitoring-plugins");
  for (const name of names) {
    assert.deepEqual(run(executable, [name, "-V"]), { status: 3, stdout: `${name} ${version}\n` });
    assert.deepEqual(run(executable, [name, "-V"], { argv0: "/usr/lib/renamed" }).stdout, `${name} ${version}\n`);
    assert.equal(run(executable, [name, "--help"]).stdout, run(join(folder, name), ["--help"]).stdout);
  }
});

test("a link's name stands above its first argument", options, () => {
  const { status, stdout } = run(join(folder, first), [first]);
  assert.equal(status, 3);
  assert.ok(stdout.startsWith(`${first} UNKNOWN - unexpected argument '${first}'`), stdout);
});

test("no name and a name that is not there: one line that lists the plugins", options, () => {
  const executable = join(folder, "monitoring-plugins");
  const list = names.join(", ");
  const unknown = (text: string) => ({ status: 3, stdout: `monitoring-plugins UNKNOWN - ${text}: ${list}\n` });
  const howTo = unknown("call it by the name of a plugin, or with one as first argument");
  assert.deepEqual(run(executable, []), howTo);
  assert.deepEqual(run(executable, ["--help"]), howTo);
  assert.deepEqual(run(executable, ["check_gearmann", "-x"]), unknown("no plugin 'check_gearmann' in here"));
  assert.deepEqual(run(executable, ["constructor"]), unknown("no plugin 'constructor' in here"));
  assert.deepEqual(run(executable, ["a|b;c\n\u001b[31m"]), unknown("no plugin 'a?b?c??[31m' in here"));
  assert.deepEqual(run(executable, [""]), unknown("no plugin '' in here"));
  assert.deepEqual(run(executable, ["-V"]), { status: 3, stdout: `monitoring-plugins ${version}\n` });
});

test("files of the folder it is called in are none of its business", options, (t) => {
  const cwd = emptyFolder(t);
  writeFileSync(join(cwd, "evil.js"), "console.log('EVIL');");
  writeFileSync(join(cwd, "bunfig.toml"), 'preload = ["./evil.js"]\n');
  writeFileSync(join(cwd, ".env"), "BUN_OPTIONS=--preload=./evil.js\n");
  writeFileSync(join(cwd, "package.json"), "{ this is no JSON");
  writeFileSync(join(cwd, "tsconfig.json"), "{ nor is this");
  mkdirSync(join(cwd, "node_modules"));
  assert.deepEqual(run(join(folder, first), ["-V"], { cwd }), { status: 3, stdout: `${first} ${version}\n` });
});

test("LICENSES has the texts of all it contains", options, () => {
  const text = readFileSync(join(folder, "LICENSES"), "utf8");
  assert.ok(text.includes(readFileSync(join(root, "LICENSE"), "utf8").trim()));
  for (const name of Object.keys(dependencies())) {
    const licence = readdirSync(join(root, "node_modules", name)).find((entry) => /^licen[cs]e/i.test(entry));
    assert.ok(text.includes(readFileSync(join(root, "node_modules", name, licence ?? ""), "utf8").trim()), name);
  }
  assert.ok(text.includes(`bun ${BUN_VERSION} (`));
  assert.ok(text.includes("JavaScriptCore"));
});

const dependencies = (): Record<string, string> =>
  JSON.parse(readFileSync(join(root, "lib/package.json"), "utf8")).dependencies;

test("two builds are the same, byte by byte", options, async (t) => {
  const again = await buildStandalone(t);
  for (const file of ["monitoring-plugins", "LICENSES"]) {
    assert.ok(readFileSync(join(again, file)).equals(readFileSync(join(folder, file))), file);
  }
});

test("every plugin in it keeps the contract of all plugins", options, async () => {
  const runner = fileURLToPath(new URL("../run.mjs", import.meta.url));
  // a runner inside a runner would report to the outer one
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  await promisify(execFile)(process.execPath, [runner, "--standalone", "contract"], {
    env: { ...env, PLUGINS_DIR: folder },
    maxBuffer: 2 ** 26,
  }).catch((error: { stdout?: string }) => assert.fail(error.stdout ?? String(error)));
});
