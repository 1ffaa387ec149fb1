import { flag, option, UsageError, type Values } from "monitoring-plugins-ts";

import { readMap } from "./map.ts";
import { FORMATS, type Format, type Reading } from "./message.ts";

const MESSAGES = "Messages";

export const messageOptions = {
  format: option({
    flags: "--format <kind>",
    help: "auto: told by the content. mcollective, result or choria: messages of this kind alone.",
    section: MESSAGES,
    parse: parseFormat,
    default: "auto",
  }),
  certificates: option({
    flags: "--certificates <path>",
    help: "Check the signatures of MCollective's ssl plugin: a folder with SENDER.pem of each sender, or the one file of a key that all senders share.",
    section: MESSAGES,
    parse: async (path) => (await import("./signature.ts")).verifyBy(path),
  }),
  unsigned: flag({
    flags: "--no-verify-signatures",
    help: "Take MCollective's messages whoever wrote them.",
    section: MESSAGES,
  }),
  map: option({
    flags: "--map <file>",
    help: "Other names of hosts and services: HOST!SERVICE = HOST!SERVICE, a rule a line, the first that matches.",
    section: MESSAGES,
    parse: readMap,
  }),
};

/** @throws Error naming the text */
function parseFormat(text: string): Format {
  const format = FORMATS.find((name) => name === text);
  if (format === undefined) throw new Error(`'${text}' is no kind of message: use ${FORMATS.join(", ")}`);
  return format;
}

/** @throws UsageError when it is not said whether signatures are checked */
export function readingOf(values: Values<typeof messageOptions>): Reading {
  const { format, certificates: verify, unsigned, map: rename = (result) => result } = values;
  if (verify !== undefined && unsigned)
    throw new UsageError("--certificates and --no-verify-signatures exclude each other");
  if (verify !== undefined && (format === "result" || format === "choria")) {
    throw new UsageError(`--certificates: messages of the kind ${format} are not signed`);
  }
  const isSigned = format === "auto" || format === "mcollective";
  if (isSigned && verify === undefined && !unsigned) {
    throw new UsageError(
      "MCollective's messages are signed: give --certificates, or --no-verify-signatures, or --format result or choria for messages of another kind alone",
    );
  }
  return { format, verify, rename };
}
