import { definePlugin, UsageError } from "monitoring-plugins-ts";
import { displayName } from "monitoring-plugins-ts/gearman";
import { formatEndpoint, readNetworkOptions } from "monitoring-plugins-ts/net";

import { evaluate } from "./evaluate.ts";
import { options } from "./options.ts";
import { probe } from "./probe.ts";
import { readSettings } from "./servers-and-key.ts";

const notes = `
Examples:
  check_mod_gearman -H gearmand.example.com --key-file /etc/mod-gearman/secret
  check_mod_gearman --config /etc/mod-gearman/module.conf -q host -q service
  check_mod_gearman --config worker.conf -q hostgroup_dmz -n 20 -w 5 -c 10

Ranges are those of the Monitoring Plugins guidelines: 5 alerts above 5.
`;

export default definePlugin({
  name: "check_mod_gearman",
  summary: "Alerts when a check sent through Mod-Gearman's workers does not come back, comes back late or wrong.",
  usage: "[-H host[:port]] --key-file file [-q queue] [-n count] [-w range] [-c range] ...",
  options,
  notes,
  async check(options, context) {
    const { command, expect, expectCode, count, priority } = options;
    if (expect !== undefined && command === undefined) {
      throw new UsageError("-e is about the output of a command of yours: it needs --command");
    }
    const { servers, resultServers, key, warnings } = readSettings(options);
    const connect = await readNetworkOptions(options);
    const queues = [...new Set(options.queue)];
    const order = {
      servers,
      resultServers,
      connect,
      queues,
      count,
      priority,
      command,
      key,
      confirmSeconds: options.confirm,
    };
    const facts = await probe(order, context);
    return evaluate(facts, {
      ...options,
      expectCode,
      expectText: expect,
      echo: command === undefined,
      warnings,
      late: context.late,
      order: [
        `sent to ${servers.map(formatEndpoint).join(", ")}: queue ${queues.map(displayName).join(", ")}, ${count} each, priority ${priority}, ${key === undefined ? "not encrypted" : "encrypted"}`,
        ...(resultServers.length > 0
          ? [`results also over ${resultServers.map(({ server }) => formatEndpoint(server)).join(", ")}`]
          : []),
        `command: ${command ?? "/bin/echo and a random token"}, expected return code: ${expectCode}`,
      ],
    });
  },
});
