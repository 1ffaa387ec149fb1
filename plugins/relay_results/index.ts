import { defineProgram, flag, list, UsageError } from "monitoring-plugins-ts";
import { openTarget, targetOptions } from "monitoring-plugins-ts/passive";

import { messageOptions, readingOf } from "./options.ts";

const options = {
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
Results are printed as the external commands that would submit them.

Exit codes: 0; 1 when a result is kept to be submitted later; 2 when a message
is no result, or a result was not taken; 3 when the command line is wrong.

Examples:
  relay_results --decode message.bin --no-verify-signatures
  relay_results --decode - --format result < result.json
  relay_results --decode message.bin --certificates /etc/relay/senders \\
    --map /etc/relay/names
`;

export default defineProgram({
  name: "relay_results",
  summary: "Turns results that come as messages (MCollective, Choria, JSON) into passive results.",
  usage: "--decode FILE [--format KIND] [--certificates PATH] [--no-verify-signatures] [--map FILE] [--to TARGET ...]",
  options,
  notes,
  async run(options, context) {
    const { decode, to, verbose } = options;
    if (decode.length === 0) throw new UsageError("--decode is missing: say which message is read");
    const reading = readingOf(options);
    const target = to === undefined ? undefined : openTarget(options);
    const { decodeFiles } = await import("./decode.ts");
    return decodeFiles(decode, { reading, target, verbose }, context);
  },
});
