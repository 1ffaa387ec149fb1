import { count, definePlugin, flag, list, option, verdict } from "monitoring-plugins-ts";

import { type Command, commandOf, describeExecutable, type Executable } from "../../../generate/catalogue.ts";
import type { Service } from "../../../generate/services.ts";

/** A check with an option of every kind, and texts that formats have their own idea of. */
export const sample: Executable = describeExecutable(
  definePlugin({
    name: "check_sample",
    summary: "Alerts.",
    usage: "",
    options: {
      server: list({ flags: "-H, --hostname <host>", help: "Server", parse: String, default: "localhost" }),
      warnAt: option({
        flags: "-w, --warning-level <range>",
        help: 'Say "so" \\ at $5.',
        parse: String,
        default: "10",
      }),
      only: list({ flags: "--only <pattern>", help: "These.", parse: String }),
      fast: flag({ flags: "-f, --fast", help: "Fast." }),
      louder: count({ flags: "--louder", help: "Louder." }),
      secret: option({ flags: "--secret <text>", help: "Refused: everybody can read a command line.", parse: String }),
    },
    check: () => verdict(0, "fine"),
  }),
);

export const command: Command = commandOf(sample);

export const service: Service = {
  plugin: "check_sample",
  suffix: "odd",
  title: "sample odd",
  about: "Odd values.",
  hosts: "sample",
  options: {
    only: ["a b*", "it's; $1"],
    fast: true,
    warnAt: { host: "level", prefix: "~:", sample: "5" },
  },
  user: "daemon",
};
