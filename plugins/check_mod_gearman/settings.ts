import { UsageError } from "monitoring-plugins-ts";
import type { FileKey, ModGearmanConfig } from "monitoring-plugins-ts/mod-gearman";
import { type Address, endpointsOf, parseAddresses, type TcpEndpoint } from "monitoring-plugins-ts/net";

/** What was said about servers and key. */
export interface Sources {
  readonly server: readonly Address[];
  readonly port: number;
  readonly keyFile: FileKey | undefined;
  readonly keyEnv: Uint8Array | undefined;
  readonly noEncryption: boolean;
  readonly config: ModGearmanConfig | undefined;
}

export interface Settings {
  readonly servers: readonly TcpEndpoint[];
  /** undefined: jobs are not encrypted */
  readonly key: Uint8Array | undefined;
  readonly warnings: readonly string[];
}

/** @throws UsageError when the key is missing, or said twice */
export function readSettings(sources: Sources): Settings {
  return { servers: readServers(sources), ...readKey(sources) };
}

/** The servers given, or else the config's, or else this machine; each once. */
function readServers({ server, port, config }: Sources): readonly TcpEndpoint[] {
  const addresses = server.length > 0 ? server : (config?.servers.flatMap(parseAddressesOfConfig) ?? []);
  const chosen = addresses.length > 0 ? addresses : [{ host: "localhost" }];
  return endpointsOf(chosen, port);
}

function parseAddressesOfConfig(text: string): readonly Address[] {
  try {
    return parseAddresses(text);
  } catch (cause) {
    throw new UsageError(`option '--config <file>': server: ${(cause as Error).message}`, { cause });
  }
}

function readKey({ keyFile, keyEnv, noEncryption, config }: Sources): Omit<Settings, "servers"> {
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
