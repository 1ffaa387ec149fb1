import { UsageError } from "monitoring-plugins-ts";
import type { FileKey, ModGearmanConfig } from "monitoring-plugins-ts/mod-gearman";
import { type Address, endpointsOf, formatEndpoint, parseAddresses, type TcpEndpoint } from "monitoring-plugins-ts/net";

/** What was said about servers and key. */
export interface Sources {
  readonly server: readonly Address[];
  readonly resultServer: readonly Address[];
  readonly port: number;
  readonly keyFile: FileKey | undefined;
  readonly keyEnv: Uint8Array | undefined;
  readonly noEncryption: boolean;
  readonly config: ModGearmanConfig | undefined;
}

/** A server that results may come over and that gets no job. */
export interface ResultServer {
  readonly server: TcpEndpoint;
  /** By `--result-server` or `dupserver`; otherwise the config has it as one of the workers' servers, and it may well be down. */
  readonly isExpected: boolean;
}

export interface Settings {
  readonly servers: readonly TcpEndpoint[];
  readonly resultServers: readonly ResultServer[];
  /** undefined: jobs are not encrypted */
  readonly key: Uint8Array | undefined;
  readonly warnings: readonly string[];
}

/** @throws UsageError when the key is missing, or said twice */
export function readSettings(sources: Sources): Settings {
  const servers = readServers(sources);
  return { servers, resultServers: readResultServers(sources, servers), ...readKey(sources) };
}

/** The servers given, or else the config's, or else this machine; each once. */
function readServers({ server, port, config }: Sources): readonly TcpEndpoint[] {
  const addresses = server.length > 0 ? server : addressesOfConfig("server", config?.servers);
  const chosen = addresses.length > 0 ? addresses : [{ host: "localhost" }];
  return endpointsOf(chosen, port);
}

/** Servers that are probed are listened on anyway. A worker with several servers may send a result over each of them. */
function readResultServers(
  { resultServer, port, config }: Sources,
  probed: readonly TcpEndpoint[],
): readonly ResultServer[] {
  const found = new Map<string, ResultServer>();
  const add = (addresses: readonly Address[], isExpected: boolean) => {
    for (const server of endpointsOf(addresses, port)) {
      const name = formatEndpoint(server);
      if (!found.has(name)) found.set(name, { server, isExpected });
    }
  };
  add([...resultServer, ...addressesOfConfig("dupserver", config?.resultServers)], true);
  add(addressesOfConfig("server", config?.servers), false);
  for (const server of probed) found.delete(formatEndpoint(server));
  return [...found.values()];
}

function addressesOfConfig(setting: string, texts: readonly string[] = []): readonly Address[] {
  try {
    return texts.flatMap(parseAddresses);
  } catch (cause) {
    throw new UsageError(`option '--config <file>': ${setting}: ${(cause as Error).message}`, { cause });
  }
}

function readKey({ keyFile, keyEnv, noEncryption, config }: Sources): Omit<Settings, "servers" | "resultServers"> {
  if ([keyFile !== undefined, keyEnv !== undefined, noEncryption].filter(Boolean).length > 1) {
    throw new UsageError("--key-file, --key-env and --no-encryption exclude each other");
  }
  const given = keyFile ?? (keyEnv === undefined ? undefined : { key: keyEnv, warnings: [] });
  if (given !== undefined) return given;
  if (noEncryption || config?.encryption === false) return { key: undefined, warnings: [] };
  if (config?.key !== undefined) return config.key;
  throw new UsageError(
    config === undefined
      ? "need the workers' key: --key-file, --key-env or --config, else --no-encryption"
      : "the config has no key: give --key-file or --key-env",
  );
}

/**
 * A key from the environment, without white space at its end.
 *
 * @throws Error naming the variable that is not set or empty
 */
export function readKeyEnv(name: string): Uint8Array {
  const value = process.env[name]?.trimEnd();
  if (value === undefined || value === "") throw new Error(`environment variable '${name}' is not set, or empty`);
  return Buffer.from(value, "utf8");
}

/** @throws Error always, and without the key: it would be in `ps`, in shell histories and in the core's log. */
export function refuseKey(): never {
  throw new Error("every user can read it in the process list, use --key-file, --key-env or --config");
}
