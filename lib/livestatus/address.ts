import { isIPv6 } from "node:net";

import { type Endpoint, parseAddress, withPort } from "../net/endpoint.ts";

/** Checkmk's port for Livestatus over TCP. */
const DEFAULT_PORT = 6557;

/** Where a Livestatus server is reached. */
export interface LivestatusAddress {
  /** As the user wrote it. */
  readonly text: string;
  readonly endpoint: Endpoint;
  /** Written `tls:`, or else undefined: what the other options say. */
  readonly tls: true | undefined;
  /** Written `tcp6:` or `tcp4:`. */
  readonly family: 4 | 6 | undefined;
}

/**
 * Reads `unix:/path`, `/path`, `host`, `host:port`, `tcp:host:port`, `tcp6:host:port` or `tls:host:port`; the port is 6557
 * unless given. With a prefix the last colon is the port's, as Checkmk writes addresses, so `tcp6:::1:6557` is one, too.
 *
 * @throws Error naming the text
 */
export function parseLivestatusAddress(text: string, defaultPort = DEFAULT_PORT): LivestatusAddress {
  const path = /^(?:unix:)?(\/.*)$/s.exec(text)?.[1];
  if (path !== undefined) return { text, endpoint: { path: unixPath(text, path) }, tls: undefined, family: undefined };
  if (text.startsWith("unix:")) throw new Error(`'${text}' is not an address: a Unix socket has an absolute path`);
  const [, prefix, rest = text] = /^(tcp4|tcp6|tcp|tls):(.*)$/s.exec(text) ?? [];
  return {
    text,
    endpoint: withPort(parseAddress(prefix === undefined ? rest : bracketed(rest)), defaultPort),
    tls: prefix === "tls" ? true : undefined,
    family: prefix === "tcp6" ? 6 : prefix === "tcp4" ? 4 : undefined,
  };
}

/** `::1:6557` as `[::1]:6557`. */
function bracketed(text: string): string {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(colon, 0));
  return !text.startsWith("[") && isIPv6(host) ? `[${host}]${text.slice(colon)}` : text;
}

function unixPath(text: string, path: string): string {
  if (path.includes("\0")) throw new Error(`'${text}' is not a path`);
  return path;
}
