import { parseLivestatusAddress } from "../livestatus/address.ts";
import { readKeyFile } from "../mod-gearman/key-file.ts";
import { parseDecimal } from "../plugin/decimal.ts";
import { parseDuration } from "../plugin/duration.ts";
import { UsageError } from "../plugin/error.ts";
import { readFile } from "../plugin/file.ts";
import { type Login, readLogin } from "../plugin/login.ts";
import { flag, option, type Values } from "../plugin/option.ts";
import { commandFile } from "./command-file.ts";
import { type Delivery, withoutQueue, withQueue } from "./delivery.ts";
import { gearman } from "./gearman.ts";
import { openIcinga } from "./icinga2.ts";
import { inOrder, type Submit } from "./in-order.ts";
import { livestatusProof } from "./livestatus-proof.ts";
import { proven } from "./proof.ts";
import { Queue } from "./queue.ts";
import { spool } from "./spool.ts";
import { parseTarget, type Target, type TargetAddress, targetName } from "./target.ts";

/** Results under way at once. */
const MOST_UNDER_WAY = 16;

/**
 * The options of a program that submits passive results: where to, and as whom.
 *
 * @param section heading in `--help`
 */
export function targetOptions(section: string) {
  return {
    to: option({
      flags: "--to <target>",
      help: "Who takes the results: icinga2:https://HOST[:5665]; command-file:/PATH or spool:/PATH of Nagios or Naemon; gearman:HOST[:4730] of Mod-Gearman.",
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
    keyFile: option({
      flags: "--key-file <file>",
      help: "File with Mod-Gearman's key in its first line.",
      section,
      parse: readKeyFile,
    }),
    livestatus: option({
      flags: "--livestatus <address>",
      help: "Read back by this Livestatus: /PATH, HOST:PORT or tls:HOST:PORT; means --verify.",
      section,
      parse: (text) => parseLivestatusAddress(text),
    }),
    queueDir: option({
      flags: "--queue-dir <folder>",
      help: "Keep here what cannot be delivered now; each run delivers the oldest first.",
      section,
      selects: true,
    }),
    queueMax: option({
      flags: "--queue-max <n>",
      help: "Most results kept; beyond that the oldest are dropped, and said to be.",
      section,
      parse: parseCount,
      default: "10000",
    }),
    queueAge: option({
      flags: "--queue-age <time>",
      help: "Longest time that a result is kept.",
      section,
      parse: parseDuration,
      default: "1d",
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
 * @throws UsageError when an option is missing, or the folder of the queue cannot be used
 */
export function openTarget(values: Values<ReturnType<typeof targetOptions>>): Delivery {
  const target = openBare(values);
  const { queueDir, queueMax: most, queueAge: age } = values;
  if (queueDir === undefined) return withoutQueue(target);
  try {
    return withQueue(target, new Queue(queueDir, target.name), { most, age });
  } catch (cause) {
    throw new UsageError(`--queue-dir ${queueDir} cannot be used: ${(cause as Error).message}`, { cause });
  }
}

function openBare(values: Values<ReturnType<typeof targetOptions>>): Target {
  const { to, authFile, ca, serverName, fingerprint, livestatus, timeout: seconds } = values;
  if (to === undefined) throw new UsageError("--to is missing: say who takes the results");
  const tls = { ca, serverName, fingerprint };
  const name = targetName(to);
  if (to.kind === "icinga2") {
    if (livestatus !== undefined)
      throw new UsageError("--livestatus is for other targets: Icinga 2 is read back by its API");
    if (authFile === undefined)
      throw new UsageError("--auth-file is missing: Icinga 2's API takes nothing without a user");
    return openIcinga({ server: to.server, credentials: authFile, tls, seconds }, values.verify);
  }
  if (values.verify && livestatus === undefined) {
    throw new UsageError(`--livestatus is missing: only Livestatus tells what became of results for ${to.kind}:`);
  }
  const { submit, close } = openPlain(to, values.keyFile?.key, seconds);
  const proof = livestatus && livestatusProof({ address: livestatus, tls, seconds });
  return {
    name,
    submit: inOrder(
      proof === undefined
        ? submit
        : proven(submit, { lookUp: proof, seconds, missing: "unknown object", isCore: false }),
      MOST_UNDER_WAY,
    ),
    close: async () => close(),
  };
}

/** A target that takes results and says no more of them. @throws UsageError when the key is missing */
function openPlain(
  to: Exclude<TargetAddress, { readonly kind: "icinga2" }>,
  key: Uint8Array | undefined,
  seconds: number,
): { readonly submit: Submit; close(): void } {
  if (to.kind !== "gearman") {
    return { submit: to.kind === "spool" ? spool(to.path) : commandFile(to.path, seconds), close: () => {} };
  }
  if (key === undefined) throw new UsageError("--key-file is missing: Mod-Gearman's results are encrypted");
  const submit = gearman({ server: to.server, key, seconds });
  return { submit, close: submit.close };
}

/**
 * The user in the first line of a file, `USER:PASSWORD`, that not every user may read.
 *
 * @throws Error naming the file, never what is in it
 */
export function readCredentials(path: string): Login {
  const { login, isOpen } = readLogin(path);
  if (isOpen) throw new Error(`'${path}' holds a password, and every user may read it: chmod o-r it`);
  return login;
}

/** @returns as node:tls writes it @throws Error naming the text */
function parseFingerprint(text: string): string {
  const digits = text.replaceAll(":", "").toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(digits)) throw new Error(`'${text}' is no SHA-256: 64 digits of hexadecimal`);
  return (digits.match(/../g) ?? []).join(":");
}

function parseCount(text: string): number {
  const count = parseDecimal(text) ?? 0;
  if (!Number.isInteger(count) || count < 1) throw new Error(`'${text}' is no number of results: use 1 or more`);
  return count;
}

/** A day: more is a slip of the finger, and timers of Node end at 24 days. */
const LONGEST = 86_400;

function parseSeconds(text: string): number {
  const seconds = parseDuration(text);
  if (seconds <= 0 || seconds > LONGEST) throw new Error(`'${text}' is no time to wait: more than 0 s, at most a day`);
  return seconds;
}
