import { UsageError } from "../plugin/error.ts";
import { readFile } from "../plugin/file.ts";
import { flag, list, option } from "../plugin/option.ts";
import type { ConnectOptions } from "./connection.ts";
import { parseAddresses, parsePort } from "./endpoint.ts";

/**
 * The options of a plugin that asks one or more servers by TCP: `-H`, `-p`, and {@link networkOptions}.
 *
 * @param what the server in words: `Job server`
 * @param port where none is named
 * @param host the server where `-H` is not given; without it, `note` says which
 */
export function serverOptions({ section, what, port, host, note = "" }: ServerDeclaration) {
  return {
    server: list({
      flags: "-H, --hostname <host[:port]>",
      help: `${what}; repeatable, or several with commas between. IPv6: [::1]:${port} or ::1.${note}`,
      section,
      selects: true,
      parse: parseAddresses,
      ...(host === undefined ? {} : { default: host }),
    }),
    port: option({
      flags: "-p, --port <port>",
      help: "Port of a server that is named without.",
      section,
      parse: parsePort,
      default: `${port}`,
    }),
    ...networkOptions(section),
  };
}

interface ServerDeclaration {
  readonly section: string;
  readonly what: string;
  readonly port: number;
  readonly host?: string;
  readonly note?: string;
}

/**
 * The options of every plugin that connects somewhere: `-4`, `-6` and those of TLS.
 *
 * @param section heading in `--help`
 */
export function networkOptions(section: string) {
  return {
    ipv4: flag({ flags: "-4, --ipv4", help: "Use IPv4 only.", section }),
    ipv6: flag({ flags: "-6, --ipv6", help: "Use IPv6 only.", section }),
    tls: flag({ flags: "--tls", help: "Speak TLS; any other --tls option means it too.", section }),
    tlsCa: option({
      flags: "--tls-ca <file>",
      help: "Trust the certificates in this PEM file instead of the system's.",
      section,
      parse: readPem,
    }),
    tlsCert: option({ flags: "--tls-cert <file>", help: "Show this certificate (PEM).", section, parse: readPem }),
    tlsKey: option({ flags: "--tls-key <file>", help: "Private key of --tls-cert (PEM).", section, parse: readPem }),
    tlsServerName: option({
      flags: "--tls-server-name <name>",
      help: "Name the server's certificate must have, if not the host's.",
      section,
    }),
  };
}

/** What {@link networkOptions} were given, as a connection takes it. */
export interface NetworkValues {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly tls: boolean;
  readonly tlsCa: Buffer | undefined;
  readonly tlsCert: Buffer | undefined;
  readonly tlsKey: Buffer | undefined;
  readonly tlsServerName: string | undefined;
}

/** @throws UsageError when options contradict each other */
export function readNetworkOptions(values: NetworkValues): Omit<ConnectOptions, "signal"> {
  const { ipv4, ipv6, tlsCa: ca, tlsCert: cert, tlsKey: key, tlsServerName: serverName } = values;
  if (ipv4 && ipv6) throw new UsageError("-4 and -6 exclude each other");
  if ((cert === undefined) !== (key === undefined)) throw new UsageError("--tls-cert and --tls-key belong together");
  const family = ipv4 ? 4 : ipv6 ? 6 : undefined;
  const tls = values.tls || [ca, cert, serverName].some((given) => given !== undefined);
  return { family, tls: tls ? { ca, cert, key, serverName } : undefined };
}

/** @throws Error naming the file and why it is of no use */
function readPem(path: string): Buffer {
  const content = readFile(path);
  if (!content.includes("-----BEGIN ")) throw new Error(`'${path}' is no PEM file`);
  return content;
}
