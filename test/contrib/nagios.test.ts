// The definitions for Nagios in a real Nagios.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { prepareNagios } from "../servers/nagios.ts";
import { needs } from "../support/needs.ts";
import { parseOutput } from "../support/perfdata.ts";
import { startFarm } from "./job-server.ts";
import { CONTRIB, DEBIAN_FOLDER, recordPlugins } from "./recorder.ts";

const filesOf = (folder: string) =>
  readdirSync(join(CONTRIB, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(join(CONTRIB, folder, name), "utf8"));

/** What other packages of Debian define: nagios-nrpe-plugin, and monitoring-plugins-basic for the template of hosts. */
const OTHERS = `
define command {
    command_name check-host-alive
    command_line ${DEBIAN_FOLDER}/check_ping -H '$HOSTADDRESS$' -w 5000,100% -c 5000,100% -p 1
}
define command {
    command_name check_nrpe
    command_line ${DEBIAN_FOLDER}/check_nrpe -H '$HOSTADDRESS$' -c '$ARG1$'
}
`;

test("nagios4 -v accepts the definitions and the examples as they are shipped", { ...needs("nagios4") }, async (t) => {
  const nagios = await prepareNagios(t, [...filesOf("nagios"), ...filesOf("nagios/examples"), OTHERS]);
  const { code, output } = nagios.verify();
  assert.equal(code, 0, output);
  assert.match(output, /Total Errors: +0\n/);
});

test("a running nagios4 executes the example services of the job server", {
  ...needs("nagios4", "gearmand", "gearman"),
}, async (t) => {
  const [recorder, server] = await Promise.all([recordPlugins(t), startFarm(t)]);
  const examples = filesOf("nagios/examples")
    .join("\n")
    .replaceAll("192.0.2.10", server.address)
    .replaceAll("/etc/mod-gearman/secret.key", recorder.keyFile)
    // those that go by NRPE, or ask another server
    .replaceAll(/define service \{[^}]*check_command +(?! |check_(?:mod_)?gearman)[^\n]*\n\}\n/g, "");
  const commands = filesOf("nagios").map((file) => file.replaceAll(DEBIAN_FOLDER, recorder.folder));
  const services = await (await prepareNagios(t, [...commands, examples, OTHERS])).checkAll();
  assert.deepEqual(
    services.map(({ name, state }) => [name, state]).sort(),
    [
      ...["gearman proxy", "gearman results", "gearman round trip", "gearman worker", "gearman workers", "gearmand"],
    ].map((name) => [name, 0]),
  );
  const shown = services.map(({ output, perfdata, state }) => `${state} ${output} | ${perfdata}`).sort();
  const printed = recorder.runs().map(({ stdout, code }) => `${code} ${parseOutput(stdout).firstLine}`);
  assert.deepEqual([...new Set(shown)], [...new Set(printed)].sort());
});
