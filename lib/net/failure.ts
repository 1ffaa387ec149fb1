import { closeSync, openSync } from "node:fs";
import { CheckError, DeadlineError, type NoDescriptorsError, noDescriptors } from "../plugin/error.ts";
import type { Signal } from "../plugin/signal.ts";
import { Status } from "../plugin/status.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";

/** The C library's words for the errors a network check meets; Node would print the code alone. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "Permission denied",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EAFNOSUPPORT: "Address family not supported by protocol",
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  EHOSTUNREACH: "No route to host",
  ENETUNREACH: "Network is unreachable",
  ENOENT: "No such file or directory",
  EPERM: "Operation not permitted",
  EPIPE: "Broken pipe",
  ETIMEDOUT: "Connection timed out",
};

/** Faults of the machine or the account the check runs on; they say nothing about the service. */
const LOCAL = new Set(["EACCES", "EPERM"]);

/** An address family this machine lacks explains nothing as long as another address gave a reason. */
const NO_FAMILY = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/** One address that could not be connected to. */
export interface Attempt {
  readonly address: string;
  readonly error: Error;
}

/** An error in words: the system's for its usual codes, otherwise the code or the message it came with. */
export function describeError(error: Error): string {
  const { code, reason } = error as { code?: unknown; reason?: unknown };
  if (typeof code !== "string") return error.message;
  return WORDS[code] ?? (typeof reason === "string" ? reason : code);
}

/**
 * Whether nothing more can be opened. Asked after a failure, since not every one says so: bun, which the standalone executable
 * runs by, calls a connection refused for which there was no descriptor, and the resolver calls a name unknown.
 */
export function outOfDescriptors(): NoDescriptorsError | undefined {
  try {
    closeSync(openSync("/dev/null", "r"));
    return undefined;
  } catch (error) {
    return noDescriptors(error);
  }
}

/** One sentence for all addresses of a server that were tried in vain. */
export function connectFailure(to: Endpoint, attempts: readonly Attempt[]): CheckError {
  for (const { error } of attempts) {
    const ours = noDescriptors(error) ?? outOfDescriptors();
    if (ours !== undefined) return ours;
  }
  const codeOf = ({ error }: Attempt) => (error as NodeJS.ErrnoException).code ?? "";
  const telling = attempts.filter((attempt) => !NO_FAMILY.has(codeOf(attempt)));
  const shown = telling.length > 0 ? telling : attempts;
  const reasons = new Set(shown.map(({ error }) => describeError(error)));
  const why =
    reasons.size === 1
      ? [...reasons].join()
      : shown.map(({ address, error }) => `${address}: ${describeError(error)}`).join(", ");
  const status = shown.every((attempt) => LOCAL.has(codeOf(attempt))) ? Status.UNKNOWN : Status.CRITICAL;
  const where = "path" in to ? `socket ${to.path}` : `address ${to.host} and port ${to.port}`;
  return new CheckError(status, `failed to connect to ${where}: ${why}`, { cause: shown[0]?.error });
}

/** A connection that was up and broke. */
export function lostFailure(to: Endpoint, error: Error, received: number): CheckError {
  const message = `connection to ${formatEndpoint(to)} lost: ${describeError(error)} (${received} bytes received)`;
  return new CheckError(Status.CRITICAL, message, { cause: error });
}

/**
 * The failure an aborted signal stands for: the state its reason carries, else CRITICAL, since a service that does not
 * answer in time counts as down.
 *
 * @param waitedFor what did not happen, such as `no connection to 192.0.2.10:4730`
 * @param detail appended after the time
 */
export function deadlineFailure(signal: Signal, waitedFor: string, detail = ""): CheckError {
  const cause: unknown = signal.reason;
  const status = cause instanceof CheckError ? cause.status : Status.CRITICAL;
  const time = cause instanceof DeadlineError ? `within ${cause.seconds} s` : "in time";
  return new CheckError(status, `${waitedFor} ${time}${detail}`, { cause });
}
