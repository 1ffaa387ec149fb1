import { definePlugin, option } from "monitoring-plugins-ts";

import { evaluate } from "./evaluate.ts";
import { probe } from "./probe.ts";
import { quantities } from "./quantities.ts";

export default definePlugin({
  name: "check_template",
  summary: "Alerts when a file is too large.",
  usage: "[-f path] [-w range] [-c range]",
  options: {
    file: option({ flags: "-f, --file <path>", help: "The file.", selects: true, default: "/etc/passwd" }),
    ...quantities,
  },
  check: (options) => evaluate(probe(options.file), options),
});
