// The definitions whose readers cannot be run here, and what holds of all of them.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { programPath } from "../support/debian.ts";
import { needs } from "../support/needs.ts";
import { parseOutput } from "../support/perfdata.ts";
import { startFarm } from "./job-server.ts";
import { CONTRIB, DEBIAN_FOLDER, recordPlugins } from "./recorder.ts";

const read = (path: string) => readFileSync(join(CONTRIB, path), "utf8");

test("every check has a definition for every core, and none sets a threshold", async (t) => {
  for (const plugin of (await recordPlugins(t)).plugins) {
    for (const path of [`icinga2/${plugin}.conf`, `nagios/${plugin}.cfg`, `nrpe/${plugin}.cfg`]) {
      assert.ok(existsSync(join(CONTRIB, path)), `${path}: npm run generate`);
    }
    assert.match(read("checkmk/mrpe.cfg"), new RegExp(`${plugin}\\b`));
    assert.doesNotMatch(read(`icinga2/${plugin}.conf`), /vars\.\w*(?:warning|critical)/);
  }
});

test("each option of each check is in its CheckCommand, but those that print and end", async (t) => {
  const { folder, plugins } = await recordPlugins(t);
  for (const plugin of plugins) {
    const help = spawnSync(join(folder, plugin), ["--help"], { encoding: "utf8" }).stdout;
    const options = Array.from(
      help.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+).*(?:\n {6,}.*)*/gm),
      ([text, short, long]) => ({
        ...{ text, flag: short ?? long ?? "" },
      }),
    );
    const expected = options.filter(({ flag, text }) => flag !== "-h" && flag !== "-V" && !/Refused:/.test(text));
    const defined = Array.from(read(`icinga2/${plugin}.conf`).matchAll(/^\t\t"(-[^"]+)" = \{$/gm), ([, flag]) => flag);
    assert.deepEqual(
      defined,
      expected.map(({ flag }) => flag),
    );
  }
});

test("every rule for sudo is one that visudo accepts, exact and without wildcards", { ...needs("visudo") }, () => {
  const folder = join(CONTRIB, "sudoers");
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const { status, stdout, stderr } = spawnSync(programPath("visudo"), ["-c", "-f", join(folder, name)], {
      encoding: "utf8",
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
    const rules = readFileSync(join(folder, name), "utf8").replaceAll(/^#.*$/gm, "");
    assert.doesNotMatch(rules, /[*?[\]]|ALL\)|\(root\)|NOPASSWD: ALL/);
    // sudo ignores files with a dot or a tilde in their names
    assert.doesNotMatch(name, /[.~]/);
  }
});

test("a line of mrpe.cfg is a name and a command that a shell runs", { ...needs("gearmand", "gearman") }, async (t) => {
  const [recorder, server] = await Promise.all([recordPlugins(t), startFarm(t)]);
  const lines = read("checkmk/mrpe.cfg")
    .split("\n")
    .filter((line) => /^[^#\s]/.test(line));
  const names = lines.map((line) => line.slice(0, line.indexOf(" ")));
  assert.equal(new Set(names).size, lines.length);
  for (const line of lines) {
    const command = line.slice(line.indexOf(" ") + 1);
    assert.ok(command.startsWith(`${DEBIAN_FOLDER}/check_`), line);
    if (!command.startsWith(`${DEBIAN_FOLDER}/check_gearman `)) continue;
    const local = command.replace(DEBIAN_FOLDER, recorder.folder).replace("127.0.0.1", server.address);
    // it fails with the state of anything but OK
    const { text, perfdata } = parseOutput(execFileSync("/bin/sh", ["-c", local], { encoding: "utf8" }));
    assert.match(text, /^check_gearman OK - /);
    // Checkmk takes perfdata apart at blanks, before it looks at quotes
    for (const { label, value } of perfdata) assert.ok(!label.includes(" ") && value !== undefined, label);
  }
});

test("the Director's basket refers to nothing that is not in it", () => {
  const { Command, Datafield, ...others } = JSON.parse(read("icinga2/director-basket.json"));
  assert.deepEqual(Object.keys(others), []);
  const commands = Object.values(Command) as {
    object_name: string;
    imports: string[];
    fields: { datafield_id: number }[];
    arguments: Record<string, { value?: string; set_if?: string }>;
    uuid: string;
  }[];
  const ids: string[] = Object.values(Datafield).map((field) => (field as { uuid: string }).uuid);
  for (const command of commands) {
    assert.deepEqual(command.imports, []);
    ids.push(command.uuid);
    const variables = command.fields.map(({ datafield_id: id }) => `$${Datafield[id].varname}$`);
    const used = Object.values(command.arguments).map(({ value, set_if }) => value ?? set_if);
    assert.deepEqual(used, variables);
  }
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
