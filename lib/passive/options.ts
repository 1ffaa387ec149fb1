import { statSync } from "node:fs";

import { parseDuration } from "../plugin/duration.ts";
import { UsageError } from "../plugin/error.ts";
import { readFile } from "../plugin/file.ts";
import { flag, option, type Values } from "../plugin/option.ts";
import type { Credentials } from "./api-client.ts";
import { openIcinga } from "./icinga2.ts";
import { parseTarget, type Target } from "./target.ts";

/**
 * The options of a program that submits passive results: where to, and as whom.
 *
 * @param section heading in `--help`
 */
export function targetOptions(section: string) {
  return {
    to: option({
      flags: "--to <target>",
      help: "Who takes the results: icinga2:https://HOST[:5665].",
      section,
      selects: true,
      parse: parseTarget,
    }),
    authFile: option({
      flags: "--auth-file <file>",
      help: "Its first line is USER:PASSWORD, of a user of Icinga 2's API.",
      section,
      parse: readCredentials,
    }),
    ca: option({
      flags: "--ca <file>",
      help: "Trust the certificates in this PEM file instead of the system's. Icinga 2: /var/lib/icinga2/certs/ca.crt.",
      section,
      parse: readFile,
    }),
    serverName: option({
      flags: "--servername <name>",
      help: "Name the server's certificate must have, if not the host's. Icinga 2: its NodeName.",
      section,
    }),
    fingerprint: option({
      flags: "--fingerprint <sha256>",
      help: "Trust the certificate with this SHA-256 alone, in hexadecimal, whoever has signed it.",
      section,
      parse: parseFingerprint,
    }),
    verify: flag({
      flags: "--verify",
      help: "Read each result back, so that it is processed and not only accepted.",
      section,
    }),
    timeout: option({
      flags: "-t, --timeout <time>",
      help: "Longest wait for the target's answer, connecting included, and for the proof.",
      section,
      parse: parseSeconds,
      default: "10s",
    }),
  };
}

/**
 * The target that {@link targetOptions} describe. Nothing is connected before the first result.
 *
 * @throws UsageError when an option is missing
 */
export function openTarget(values: Values<ReturnType<typeof targetOptions>>): Target {
  const { to, authFile, ca, serverName, fingerprint, timeout: seconds } = values;
  if (to === undefined) throw new UsageError("--to is missing: say who takes the results");
  if (to.kind !== "icinga2") throw new UsageError(`--to ${to.kind}: is not there yet`);
  if (authFile === undefined)
    throw new UsageError("--auth-file is missing: Icinga 2's API takes nothing without a user");
  const tls = { ca, serverName, fingerprint };
  return openIcinga({ server: to.server, credentials: authFile, tls, seconds }, values.verify);
}

const OTHERS_MAY_READ = 0o004;

/**
 * The user in the first line of a file, `USER:PASSWORD`, that not every user may read.
 *
 * @throws Error naming the file, never what is in it
 */
export function readCredentials(path: string): Credentials {
  const [line = ""] = readFile(path).toString().split(/\r?\n/, 1);
  const colon = line.indexOf(":");
  if (colon < 1) throw new Error(`the first line of '${path}' is not USER:PASSWORD`);
  if ((statSync(path).mode & OTHERS_MAY_READ) !== 0) {
    throw new Error(`'${path}' holds a password, and every user may read it: chmod o-r it`);
  }
  return { user: line.slice(0, colon), password: line.slice(colon + 1) };
}

/** @returns as node:tls writes it @throws Error naming the text */
function parseFingerprint(text: string): string {
  const digits = text.replaceAll(":", "").toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(digits)) throw new Error(`'${text}' is no SHA-256: 64 digits of hexadecimal`);
  return (digits.match(/../g) ?? []).join(":");
}

/** A day: more is a slip of the finger, and timers of Node end at 24 days. */
const LONGEST = 86_400;

function parseSeconds(text: string): number {
  const seconds = parseDuration(text);
  if (seconds <= 0 || seconds > LONGEST) throw new Error(`'${text}' is no time to wait: more than 0 s, at most a day`);
  return seconds;
}
