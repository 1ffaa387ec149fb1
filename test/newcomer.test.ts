// A plugin is added as CONTRIBUTING.md tells it: one command makes its folder and its page. All that goes over the plugins has
// to find it there, with nothing else touched by hand.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { root } from "../packaging/programs.mjs";

const NAME = "check_log_size";
const RUN = ["--import", "tsx", "--conditions=monitoring-plugins-source"];

/** The files of the repository without its history; its packages are those installed here. */
async function copyRepository(folder: string): Promise<void> {
  const { stdout } = await promisify(execFile)("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root });
  for (const path of stdout.trim().split("\n")) cpSync(join(root, path), join(folder, path), { force: true });
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules"))) {
    const target = name === "monitoring-plugins-ts" ? join(folder, "lib") : join(root, "node_modules", name);
    symlinkSync(target, join(folder, "node_modules", name));
  }
}

test("one command makes a plugin, and everything finds it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "test-newcomer-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await copyRepository(folder);
  // without what this runner tells its children
  const { NODE_TEST_CONTEXT: _, PLUGINS_DIR: __, ...env } = process.env;
  const run = async (command: string, ...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)(command, args, { cwd: folder, env, maxBuffer: 2 ** 26 }).catch(
      ({ stdout, stderr }) => assert.fail(`${command} ${args.join(" ")}: ${stdout}${stderr}`),
    );
    return stdout;
  };
  const script = (name: string, ...args: readonly string[]) => run("npm", "run", "--silent", name, "--", ...args);
  const node = (...args: readonly string[]) => run(process.execPath, ...RUN, ...args);
  const git = (...args: readonly string[]) =>
    run("git", "-c", "user.name=test", "-c", "user.email=test@example.com", ...args);
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  await git("init", "-q");
  await git("add", "-A");
  await git("commit", "-qm", "before");

  assert.match(await script("new-plugin", NAME), /^plugins\/check_log_size\/ and docs\/check_log_size\.md are a check/);
  for (const wrong of [["log_size"], [NAME], ["check_../x"], []]) {
    await assert.rejects(script("new-plugin", ...wrong), /not the name of a check|is there already/);
  }
  await script("generate");

  await t.test("page, definitions and dashboards", () => {
    const page = read(`docs/${NAME}.md`);
    assert.match(page, /\| `-w, --warning <range>` \| Size of the file, in bytes: warning\. \| `1000000` \|/);
    assert.match(page, /\| `size` \| B \| size of the file \| `-w`, `-c` \| from 0 \|/);
    assert.match(read(`contrib/icinga2/${NAME}.conf`), /object CheckCommand "log_size"/);
    assert.match(read(`contrib/nagios/${NAME}.cfg`), /command_name +check_log_size/);
    assert.match(read(`contrib/nrpe/${NAME}.cfg`), /command\[check_log_size\]=/);
    assert.match(read("contrib/icinga2/examples/services.conf"), /apply Service "log size"/);
    assert.match(read("contrib/nagios/examples/services.cfg"), /service_description +log size/);
    assert.match(read("contrib/checkmk/mrpe.cfg"), /^Log_size .*check_log_size/m);
    assert.match(read("contrib/icinga2/director-basket.json"), /"log_size_warning"/);
    for (const store of ["influxdb", "graphite"]) {
      assert.match(read(`contrib/grafana/${store}.json`), /"Size of the file"/);
    }
  });

  await t.test("format, types, unused code, what is generated", async () => {
    await script("check");
  });

  await t.test("the executable, by its own tests and by those of all plugins", async () => {
    await script("build");
    const files = ["contract", "perfdata", "measure-once"].map((name) => `test/plugins/${name}.test.ts`);
    const own = readdirSync(join(folder, "plugins", NAME, "test")).filter((name) => name.endsWith(".test.ts"));
    files.push(...own.map((name) => `plugins/${NAME}/test/${name}`));
    // those of all plugins by the name; its own have others
    const report = await node("--test", "--test-reporter=spec", `--test-name-pattern=^${NAME}|^a file `, ...files);
    for (const name of [
      "check_log_size: -V and --version print name and version",
      "check_log_size prints all that it declares",
      "check_log_size has one way to judge and to print a number",
      "a file that is too large alerts",
      "a file that is not there is CRITICAL, and named",
    ]) {
      assert.match(report, new RegExp(`^ *✔ ${name} `, "m"));
    }
    assert.match(report, /^ℹ fail 0$/m);
  });

  await t.test("the demo", async () => {
    const scenes = await node("demo/run.ts", NAME);
    assert.match(scenes, /\$ check_log_size -f package\.json\ncheck_log_size OK - package\.json has \d+ bytes \| /);
    assert.match(scenes, /exit code 2\n/);
  });

  await t.test("no file was touched by hand but its folder and its page", async () => {
    const touched = (await git("status", "--porcelain")).trimEnd().split("\n");
    assert.deepEqual(
      touched.map((line) => line.slice(3)).filter((path) => !path.startsWith("contrib/")),
      [`docs/${NAME}.md`, `plugins/${NAME}/`],
    );
  });
});
