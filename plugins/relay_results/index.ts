import { defineProgram, flag, list, option, UsageError } from "monitoring-plugins-ts";
import { openTarget, targetOptions } from "monitoring-plugins-ts/passive";
import { brokerOptions, messageOptions, readingOf } from "./options.ts";
import { quantities } from "./quantities.ts";

const options = {
  ...brokerOptions,
  decode: list({
    flags: "--decode <file>",
    help: "Print what becomes of the message in this file, - for stdin; with --to submit it; repeatable.",
    selects: true,
  }),
  status: option({
    flags: "--status <file>",
    help: "Judge the --status-file of a relay that runs, as a check does.",
    selects: true,
  }),
  ...messageOptions,
  ...targetOptions("Who takes the results"),
  ...quantities,
  verbose: flag({ flags: "-v, --verbose", help: "Also print the results that are submitted." }),
};

const notes = `
Exit codes of a relay: 0 when it was told to end by SIGTERM; 2 when every
broker refuses; 3 when the command line is wrong. With --decode: 0; 1 when a
result is kept to be submitted later; 2 when a message is no result, or was not
taken. With --status: those of a check.

Examples:
  relay_results --from stomp://mq1.example.com/queue/results \\
    --from stomp://mq2.example.com/queue/results \\
    --from-auth-file /etc/relay/mq --format result \\
    --to icinga2:https://icinga.example.com --auth-file /etc/relay/icinga2 \\
    --ca /etc/relay/ca.crt
  relay_results --decode message.bin --no-verify-signatures
  relay_results --decode - --format result < result.json
  relay_results --status /run/relay/status --silence-warning 600
`;

export default defineProgram({
  name: "relay_results",
  summary: "Relays results that come as messages (MCollective, Choria, JSON) to a monitoring core.",
  usage: "--from URL ... --to TARGET ... [--certificates PATH] [--no-verify-signatures] [--format KIND] [--map FILE]",
  options,
  notes,
  async run(options, context) {
    const { decode, from, status, to, verbose } = options;
    const [way, other] = [
      from.length > 0 && "--from",
      decode.length > 0 && "--decode",
      status !== undefined && "--status",
    ].filter((given) => given !== false);
    if (way === undefined) {
      throw new UsageError(
        "say what to do: --from relays, --decode looks at messages, --status judges a relay that runs",
      );
    }
    if (other !== undefined) throw new UsageError(`${way} and ${other} exclude each other`);
    if (status !== undefined) {
      const { printStatus } = await import("./status.ts");
      return printStatus(status, options, context);
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
