import { flag, list, option, readFile, UsageError, type Values } from "monitoring-plugins-ts";
import { tcpEndpoint } from "monitoring-plugins-ts/net";
import { readCredentials } from "monitoring-plugins-ts/passive";

import { readMap } from "./map.ts";
import { FORMATS, type Format, type Reading } from "./message.ts";
import type { Source } from "./stomp.ts";

const MESSAGES = "Messages";
const BROKER = "Where messages come from";

/** RabbitMQ's and ActiveMQ's. */
const PORTS = { stomp: 61_613, stomps: 61_614 } as const;

export const brokerOptions = {
  from: list({
    flags: "--from <url>",
    help: "stomp[s]://HOST[:PORT]/DESTINATION, the path as the broker knows it: /queue/NAME, or /amq/queue/NAME of RabbitMQ; repeatable: the first that can be had.",
    section: BROKER,
    selects: true,
    parse: parseSource,
  }),
  fromAuthFile: option({
    flags: "--from-auth-file <file>",
    help: "Its first line is USER:PASSWORD, of a user of the broker.",
    section: BROKER,
    parse: readCredentials,
  }),
  vhost: option({ flags: "--vhost <name>", help: "Virtual host of RabbitMQ.", section: BROKER, default: "/" }),
  fromCa: option({
    flags: "--from-ca <file>",
    help: "Trust the certificates in this PEM file instead of the system's.",
    section: BROKER,
    parse: readFile,
  }),
  fromServerName: option({
    flags: "--from-servername <name>",
    help: "Name the broker's certificate must have, if not the host's.",
    section: BROKER,
  }),
  prefetch: option({
    flags: "--prefetch <n>",
    help: "Messages under way at once, 1 to 1000.",
    section: BROKER,
    parse: (text) => parseWhole(text, 1, 1000),
    default: "100",
  }),
  maxMessage: option({
    flags: "--max-message <bytes>",
    help: "A message that is longer is not read.",
    section: BROKER,
    parse: (text) => parseWhole(text, 1024, 64 * 1024 * 1024),
    default: "1048576",
  }),
  statusFile: option({
    flags: "--status-file <file>",
    help: "Write there every 5 s what --status reads.",
    section: BROKER,
  }),
  deadLetterDir: option({
    flags: "--dead-letter-dir <folder>",
    help: "Keep messages that cannot be delivered there, with the reason. Without it the broker is told, which has a dead letter queue or drops them.",
    section: BROKER,
  }),
};

/** @throws Error naming the text */
function parseWhole(text: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw new Error(`'${text}' is not a whole number from ${min} to ${max}`);
  return value;
}

/** @throws Error naming the text, but not where it has a password in it */
function parseSource(text: string): Source {
  const [, scheme, authority = "", destination] = /^(stomps?):\/\/([^/]+)(\/.+)$/.exec(text) ?? [];
  // a password has no place in a command line
  if (authority.includes("@")) throw new Error("a user in the address: use --from-auth-file");
  if (destination === undefined) throw new Error(`'${text}' is not stomp[s]://HOST[:PORT]/DESTINATION`);
  if (/[^\x20-\x7e]/.test(destination)) throw new Error(`'${text}': the destination has characters that are not ASCII`);
  return {
    server: tcpEndpoint(PORTS[scheme as keyof typeof PORTS])(authority),
    isTls: scheme === "stomps",
    destination,
  };
}

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
