import { safeLabel } from "../plugin/metric.ts";

/** A service on a TCP port. `host` is a name or an address, an IPv6 address without brackets. */
export interface TcpEndpoint {
  readonly host: string;
  readonly port: number;
}

/** A service behind a Unix domain socket. */
export interface UnixEndpoint {
  readonly path: string;
}

export type Endpoint = TcpEndpoint | UnixEndpoint;

/** What a user wrote for a server: a host, and the port unless it was left to the default. */
export interface Address {
  readonly host: string;
  readonly port?: number | undefined;
}

/** Longest host name DNS can carry, in characters (RFC 1035, section 2.3.4, less the length bytes). */
const MAX_HOST = 253;

/**
 * Reads a TCP port, decimal digits only.
 *
 * @throws Error naming the text unless it is 1 to 65535.
 */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw new Error(`'${printable(text)}' is not a port: use 1 to 65535`);
  return port;
}

/**
 * Reads `host`, `host:port`, `192.0.2.10:4730`, `[::1]:4730`, `[::1]`, `::1`, `fe80::1%eth0` or `:4730`, which means
 * localhost. Two colons or more without brackets are an IPv6 address, never an address and a port.
 *
 * @throws Error naming the text when it is none of these.
 */
export function parseAddress(text: string): Address {
  const { host, port } = splitPort(text);
  if (host.length > MAX_HOST) throw unusable(text, `longer than ${MAX_HOST} characters`);
  if (host.includes(",")) throw unusable(text, "names several hosts, and only one is asked");
  // a leading dash would be read as an option by the resolver's command line, and no host name may start with one
  if (host.startsWith("-")) throw unusable(text, "starts with '-'");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (/[\s\x00-\x20\x7f-\x9f]/.test(host)) throw unusable(text, "has blanks or control characters");
  if (port === undefined) return { host };
  try {
    return { host, port: parsePort(port) };
  } catch (cause) {
    throw unusable(text, (cause as Error).message, { cause });
  }
}

/**
 * Reads a comma-separated list of {@link parseAddress} texts; blanks around the commas are allowed.
 *
 * @throws Error naming the first text that is no address.
 */
export function parseAddresses(text: string): readonly Address[] {
  return text.split(",").map((part) => parseAddress(part.trim()));
}

/** The endpoint an address means when its port was left out. */
export function withPort(address: Address, defaultPort: number): TcpEndpoint {
  return { host: address.host, port: address.port ?? defaultPort };
}

/**
 * Reads the server of an option, for `Connection.open`: `parse: tcpEndpoint(11211)`.
 *
 * @returns what reads a {@link parseAddress} text, and throws an Error naming it when it is none
 */
export const tcpEndpoint =
  (defaultPort: number) =>
  (text: string): TcpEndpoint =>
    withPort(parseAddress(text), defaultPort);

/** The endpoints the addresses mean, each once: a server named twice would be asked and counted twice. */
export function endpointsOf(addresses: readonly Address[], defaultPort: number): readonly TcpEndpoint[] {
  const byName = new Map<string, TcpEndpoint>();
  for (const address of addresses) {
    const endpoint = withPort(address, defaultPort);
    const name = formatEndpoint(endpoint);
    if (!byName.has(name)) byName.set(name, endpoint);
  }
  return [...byName.values()];
}

/** The endpoint as users write it: `192.0.2.10:4730`, `[::1]:4730` or `/run/live`. */
export function formatEndpoint(endpoint: Endpoint): string {
  if ("path" in endpoint) return endpoint.path;
  return `${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
}

/**
 * The server in a perfdata label: host, `-`, port. The label's first `_` then ends the server's part, since one in the host
 * name is escaped.
 */
export function endpointLabel({ host, port }: TcpEndpoint): string {
  return `${safeLabel(host, "_")}-${port}`;
}

function splitPort(text: string): { host: string; port?: string | undefined } {
  if (text === "") throw unusable(text, "empty");
  if (/[[\]]/.test(text)) {
    const [, host, port] = /^\[([^[\]]*)\](?::(.*))?$/s.exec(text) ?? [];
    if (host === undefined) throw unusable(text, "brackets do not match");
    if (!isIPv6(host)) throw unusable(text, "no IPv6 address between the brackets");
    return { host, port };
  }
  const colon = text.indexOf(":");
  if (colon < 0) return { host: text };
  if (text.includes(":", colon + 1)) {
    if (!isIPv6(text)) throw unusable(text, "several colons, yet no IPv6 address");
    return { host: text };
  }
  return { host: text.slice(0, colon) || "localhost", port: text.slice(colon + 1) };
}

/** As of node:net, which is not loaded for this: a check that does not connect starts faster without it. */
function isIPv6(text: string): boolean {
  const address = text.replace(/%[\w.:-]+$/, "");
  return /^[0-9A-Fa-f:.]+$/.test(address) && URL.canParse(`http://[${address}]`);
}

function unusable(text: string, why: string, options?: ErrorOptions): Error {
  return new Error(`'${printable(text)}' is not an address: ${why}`, options);
}

/** Short and free of control characters, since the message ends up in a monitoring core's log. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced here
  const clean = text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
  return clean.length > 100 ? `${clean.slice(0, 100)}...` : clean;
}
