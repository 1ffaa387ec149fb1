import assert from "node:assert/strict";
import { test } from "node:test";

import { CONTRIBS } from "../../../generate/contrib.ts";
import { icingaCommand, icingaHost, icingaServices } from "../../../generate/icinga.ts";
import { command, service } from "./sample.ts";

test("each kind of option has its own form, and texts are quoted", () => {
  const text = icingaCommand(command, []);
  assert.ok(text.includes('object CheckCommand "sample" {\n\timport "ipv4-or-ipv6"\n'));
  assert.ok(text.includes('\tcommand = [ PluginContribDir + "/check_sample" ]\n\ttimeout = 30s\n'));
  const argument = (lines: string) => assert.ok(text.includes(lines.replaceAll("\n", "\n\t\t")), `${lines}\n${text}`);
  argument(`"-w" = {
	value = "$sample_warning_level$"
	description = "Say \\"so\\" \\\\ at $5. Default: 10."
}`);
  argument(`"--only" = {
	value = "$sample_only$"
	repeat_key = true
	description = "These. An array gives the option several times."
}`);
  argument(`"-f" = {
	set_if = "$sample_fast$"
	description = "Fast."
}`);
  // thresholds have one default, the plugin's own; the address is the host's only where that is the plugin's business
  assert.doesNotMatch(text, /vars\./);
});

test("a plugin that asks its host gets the host's address", () => {
  const [plugin = ""] = [...CONTRIBS].find(([, { asksItsHost }]) => asksItsHost) ?? [];
  const text = icingaCommand({ ...command, plugin }, []);
  assert.match(text, /\n\tvars\.sample_hostname = "\$check_address\$"\n\}/);
  assert.match(text, /"Server. Default: the address of the host, UNKNOWN where it has none\. An array/);
});

test("what needs another user's rights is a command of its own", () => {
  assert.match(
    icingaCommand(command, [service]),
    /object CheckCommand "sample_odd" \{\n\tcommand = \[ "\/usr\/bin\/sudo", "-n", "-u", "daemon", PluginContribDir \+ "\/check_sample" \]/,
  );
});

test("a service is assigned by its host's variables", () => {
  const { user: _, ...unprivileged } = service;
  const text = icingaServices([[unprivileged, command]]);
  assert.ok(
    text.includes(`apply Service "sample odd" {
	import "monitoring-plugins-service"

	check_command = "sample"
	vars.sample_only = [ "a b*", "it's; $$1" ]
	vars.sample_fast = true
	vars.sample_warning_level = "~:" + host.vars.level

	assign where host.vars.sample
}`),
    text,
  );
  assert.match(icingaHost([[unprivileged, command]]), /\n\tvars\.sample = true\n\tvars\.level = "5"\n/);
});

test("one service for each element of a host's variable", () => {
  const options = { only: { host: "names", each: true, sample: "a" } };
  const each = { ...service, hosts: "names", options };
  const { user: _, ...unprivileged } = each;
  assert.match(
    icingaServices([[unprivileged, command]]),
    /apply Service "sample odd " for \(element in host\.vars\.names\) \{[^}]*vars\.sample_only = element\n/,
  );
  assert.match(icingaHost([[unprivileged, command]]), /\n\tvars\.names = \[ "a" \]\n/);
});
