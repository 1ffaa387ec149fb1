import { formatEndpoint, type TcpEndpoint, tcpEndpoint } from "../net/endpoint.ts";
import type { Outcome } from "./outcome.ts";
import type { PassiveResult } from "./result.ts";

/** Who takes passive results. */
export interface Target {
  /** As people call it: `https://icinga.example.com:5665`. */
  readonly name: string;
  /**
   * Submits a result, and says what became of it; results of one object arrive in the order they were submitted in. Rejects only because
   * of a bug.
   *
   * @param signal gives up: what has not been answered is `lost`
   * @param redelivered it may have arrived already: where results are read back, it is looked for first
   */
  submit(result: PassiveResult, signal: AbortSignal, redelivered?: boolean): Promise<Outcome>;
  close(): Promise<void>;
}

/** Where results are to go, as `--to` says it. */
export type TargetAddress =
  | { readonly kind: "icinga2"; readonly server: TcpEndpoint }
  | { readonly kind: "command-file" | "spool"; readonly path: string }
  | { readonly kind: "gearman"; readonly server: TcpEndpoint };

const ICINGA_PORT = 5665;
const GEARMAN_PORT = 4730;

const FORMS = "use icinga2:https://HOST[:PORT], command-file:/PATH, spool:/PATH or gearman:HOST[:PORT]";

/**
 * Reads `icinga2:https://host[:5665]`, `command-file:/path`, `spool:/path` or `gearman:host[:4730]`.
 *
 * @throws Error naming the text
 */
export function parseTarget(text: string): TargetAddress {
  const [, kind, rest = ""] = /^(icinga2|command-file|spool|gearman):(.*)$/s.exec(text) ?? [];
  if (kind === undefined) throw new Error(`'${text}' is no target: ${FORMS}`);
  if (kind === "icinga2") return { kind, server: parseApi(text, rest) };
  if (kind === "gearman") return { kind, server: tcpEndpoint(GEARMAN_PORT)(rest) };
  if (!rest.startsWith("/") || rest.includes("\0")) throw new Error(`'${text}' is no target: the path is not absolute`);
  return { kind: kind as "command-file" | "spool", path: rest };
}

function parseApi(text: string, address: string): TcpEndpoint {
  const [, authority] = /^https:\/\/([^/?#]+)\/?$/.exec(address) ?? [];
  if (authority === undefined) throw new Error(`'${text}' is no target: use icinga2:https://HOST[:PORT]`);
  // a password has no place in a command line
  if (authority.includes("@")) throw new Error("a user in the address of --to: use --auth-file");
  return tcpEndpoint(ICINGA_PORT)(authority);
}

/** A target as people call it. */
export function targetName(address: TargetAddress): string {
  if ("path" in address) return address.path;
  return `${address.kind === "icinga2" ? "https://" : "gearmand "}${formatEndpoint(address.server)}`;
}
