import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { mrpeServices, nrpeCommands, sudoRules } from "../../../generate/agents.ts";
import { definitions, FOLDERS } from "../../../generate/definitions.ts";
import { directorBasket, uuid } from "../../../generate/director.ts";
import { nagiosCommands, nagiosServices } from "../../../generate/nagios.ts";
import { fill } from "../../../generate/pages.ts";
import { programPath } from "../../support/debian.ts";
import { needs } from "../../support/needs.ts";
import { command, sample, service } from "./sample.ts";

test("Nagios: macros are quoted, and what it would take for its own is escaped", () => {
  const { user: _, ...unprivileged } = service;
  assert.ok(
    nagiosCommands(command, [unprivileged]).includes(
      `command_line         /usr/lib/nagios/plugins/check_sample --only 'a b*' --only 'it'\\''s\\; $$1' -f -w '~:$ARG1$'\n`,
    ),
  );
  assert.match(nagiosServices([[unprivileged, command]]), /check_command +check_sample_odd!5\n/);
  assert.match(
    nagiosServices([[{ ...unprivileged, local: true }, command]]),
    /check_command +check_nrpe!check_sample_odd\n/,
  );
});

test("NRPE, MRPE: fixed arguments, as a shell takes them; what is to be changed is said", () => {
  const line = `/usr/lib/nagios/plugins/check_sample --only 'a b*' --only 'it'\\''s; $1' -f -w '~:5'`;
  assert.ok(
    nrpeCommands(command, [service]).includes(
      "# to be changed: 5\n" +
        `command[check_sample_odd]=/usr/bin/sudo -n -l -u daemon ${line} >/dev/null 2>&1 || { echo 'check_sample UNKNOWN - ` +
        `sudo does not let this user run it as daemon: see contrib/sudoers'; exit 3; }; exec /usr/bin/sudo -n -u daemon ${line}\n`,
    ),
  );
  const { user: _, ...unprivileged } = service;
  assert.ok(mrpeServices([[unprivileged, command]]).includes(`\nSample_odd ${line}\n`));
  assert.equal(mrpeServices([[service, command]]), "");
});

test("sudoers: one exact command, its wildcards taken literally", () => {
  assert.equal(
    sudoRules(command, [service]),
    `# check_sample as daemon, with these arguments and no others
Cmnd_Alias CHECK_SAMPLE_ODD = /usr/lib/nagios/plugins/check_sample --only a\\ b\\* --only it's;\\ $1 -f -w ~\\:5
Defaults!CHECK_SAMPLE_ODD !requiretty, !syslog
nagios ALL=(daemon) NOPASSWD: CHECK_SAMPLE_ODD
`,
  );
  assert.match(sudoRules(command, [{ ...service, options: {} }]), /check_sample ""\n/);
});

test("visudo reads such a rule", { ...needs("visudo") }, () => {
  const { status, stderr } = spawnSync(programPath("visudo"), ["-c", "-f", "-"], {
    input: sudoRules(command, [service]),
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
});

test("Director: every variable of a command has a field in the basket, and ids that never change", () => {
  // as `uuid.uuid5(namespace, name)` of Python has it
  assert.equal(uuid("Command gearman"), "c814c4d8-f874-5596-bb40-c2d1a8fdf5bd");
  const { Command, Datafield } = JSON.parse(directorBasket([command]));
  const { arguments: args, fields, ...rest } = Command.sample;
  assert.deepEqual(rest, {
    command: "PluginContribDir + /check_sample",
    disabled: false,
    imports: [],
    is_string: null,
    methods_execute: "PluginCheck",
    object_name: "sample",
    object_type: "object",
    timeout: 30,
    vars: {},
    zone: null,
    uuid: uuid("Command sample"),
  });
  assert.deepEqual(args["-f"], { set_if: "$sample_fast$", description: "Fast." });
  const linked = fields.map((field: { datafield_id: number }) => Datafield[field.datafield_id]);
  assert.deepEqual(
    linked.map(({ varname, datatype }: Record<string, string>) => `${varname} ${datatype?.replace(/.*DataType/, "")}`),
    [
      ...["sample_hostname Array", "sample_warning_level String", "sample_only Array", "sample_fast Boolean"],
      ...["sample_louder Boolean", "sample_timeout String", "sample_verbose Boolean"],
    ],
  );
  assert.equal(new Set(linked.map((field: { uuid: string }) => field.uuid)).size, linked.length);
});

test("a check has its files, a program for people none", () => {
  const program = { ...sample, name: "sample_top", isCheck: false };
  const files = definitions([sample, program]);
  assert.ok(files.has("contrib/icinga2/check_sample.conf"));
  assert.ok(files.has("contrib/nagios/check_sample.cfg"));
  assert.ok(!files.has("contrib/sudoers/check_sample"), "a file without a rule");
  for (const [path, content] of files) {
    assert.doesNotMatch(`${path} ${content}`, /sample_top/);
    assert.ok(
      FOLDERS.some((folder) => path.startsWith(`${folder}/`)),
      path,
    );
  }
});

test("a page gets its table between the marks, and must have them", () => {
  assert.equal(fill("a\n<!-- x -->old<!-- /x -->\nb", "x", "new"), "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb");
  assert.throws(() => fill("a", "x", "new"), /no <!-- x -->/);
});
