import { defineProgram, flag, list, UsageError } from "monitoring-plugins-ts";
import { openTarget, targetOptions } from "monitoring-plugins-ts/passive";

import { brokerOptions, messageOptions, readingOf } from "./options.ts";

const options = {
  ...brokerOptions,
  decode: list({
    flags: "--decode <file>",
    help: "Print what becomes of the message in this file, - for stdin; with --to submit it; repeatable.",
    selects: true,
  }),
  ...messageOptions,
  ...targetOptions("Who takes the results"),
  verbose: flag({ flags: "-v, --verbose", help: "Also print the results that are submitted." }),
};

const notes = `
Exit codes: 0 when it was told to end by SIGTERM; 2 when every broker refuses;
3 when the command line is wrong. With --decode: 0; 1 when a result is kept to
be submitted later; 2 when a message is no result, or was not taken.

Examples:
  relay_results --from stomp://mq1.example.com/queue/results \\
    --from stomp://mq2.example.com/queue/results --from-auth-file /etc/relay/mq \\
    --format result --to icinga2:https://icinga.example.com \\
    --auth-file /etc/relay/icinga2 --ca /etc/relay/ca.crt
  relay_results --decode message.bin --no-verify-signatures
  relay_results --decode - --format result < result.json
`;

export default defineProgram({
  name: "relay_results",
  summary: "Relays results that come as messages (MCollective, Choria, JSON) to a monitoring core.",
  usage: "--from URL ... --to TARGET ... [--certificates PATH] [--no-verify-signatures] [--format KIND] [--map FILE]",
  options,
  notes,
  async run(options, context) {
    const { decode, from, to, verbose } = options;
    if ((decode.length === 0) === (from.length === 0)) {
      throw new UsageError("say where messages come from: --from for a broker, or --decode for files");
    }
    const reading = readingOf(options);
    const target = to === undefined ? undefined : openTarget(options);
    if (decode.length > 0) {
      const { decodeFiles } = await import("./decode.ts");
      return decodeFiles(decode, { reading, target, proof: options.verify, verbose }, context);
    }
    if (target === undefined) throw new UsageError("--to is missing: say who takes the results");
    const { start } = await import("./start.ts");
    return start(options, { reading, target }, context);
  },
});
