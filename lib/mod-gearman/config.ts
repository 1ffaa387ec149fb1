import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { describeFileError, type FileKey, readKeyFile, warnOfMode } from "./key-file.ts";

/** What a client needs of Mod-Gearman's module.conf or worker.conf. */
export interface ModGearmanConfig {
  /** As written, `host` or `host:port`; all `server=` of all files together. */
  readonly servers: readonly string[];
  /** `dupserver=` of all files together, in the same form: workers send a copy of each result there. */
  readonly resultServers: readonly string[];
  /** `encryption=`, on unless switched off. */
  readonly encryption: boolean;
  /** `keyfile=`, else `key=`; undefined when the config has neither. */
  readonly key: FileKey | undefined;
}

/** Mod-Gearman's own limit of includes within includes. */
const MAX_DEPTH = 10;

/** Far more than any config; a device or a log given by mistake is not read whole. */
const MAX_BYTES = 1024 * 1024;

interface Reading {
  servers: string[];
  resultServers: string[];
  encryption: boolean;
  key: FileKey | undefined;
  keyFile: string | undefined;
}

/**
 * Reads a config as Mod-Gearman does: `name=value`, `#` starts a comment anywhere, names in any case, the last one counts;
 * `include=`, `config=` and `configfile=` are followed. A relative path is taken from the folder of the file it stands in,
 * since nobody knows in what folder the daemon was started.
 *
 * @throws Error naming the file that cannot be read, or that includes itself
 */
export function readConfig(path: string): ModGearmanConfig {
  const reading: Reading = { servers: [], resultServers: [], encryption: true, key: undefined, keyFile: undefined };
  readInto(reading, path, 0);
  const { servers, resultServers, encryption, key, keyFile } = reading;
  // the C worker's rule: a key file wins over a key
  return { servers, resultServers, encryption, key: keyFile === undefined ? key : readKeyFile(keyFile) };
}

function readInto(reading: Reading, path: string, depth: number): void {
  if (depth > MAX_DEPTH) throw new Error(`config '${path}' is included more than ${MAX_DEPTH} levels deep`);
  const { text, mode } = readText(path);
  for (const line of text.split("\n")) {
    const [, name = "", value = ""] = /^\s*-*([^=#]*?)\s*=([^#]*)/.exec(line) ?? [];
    const trimmed = value.trim();
    if (trimmed !== "") readSetting(reading, name.toLowerCase(), trimmed, { path, mode, depth });
  }
}

function readSetting(
  reading: Reading,
  name: string,
  value: string,
  { path, mode, depth }: { readonly path: string; readonly mode: number; readonly depth: number },
): void {
  switch (name) {
    case "server":
      reading.servers.push(...splitServers(value));
      break;
    case "dupserver":
      reading.resultServers.push(...splitServers(value));
      break;
    case "encryption":
      if (/^(?:no|off|disable|false|0)$/i.test(value)) reading.encryption = false;
      else if (/^(?:yes|on|enable|true|1)$/i.test(value)) reading.encryption = true;
      break;
    case "key":
    case "password":
      reading.key = { key: Buffer.from(value, "utf8"), warnings: warnOfMode(path, mode) };
      break;
    case "keyfile":
    case "passwordfile":
      reading.keyFile = resolve(dirname(path), value);
      break;
    case "include":
    case "config":
    case "configfile":
      readInto(reading, resolve(dirname(path), value), depth + 1);
      break;
    default:
  }
}

const splitServers = (value: string) =>
  value
    .split(",")
    .map((server) => server.trim())
    .filter((server) => server !== "");

function readText(path: string): { text: string; mode: number } {
  try {
    const stat = statSync(path);
    const { mode, size } = stat;
    if (!stat.isFile()) throw new Error("it is no file");
    if (size > MAX_BYTES) throw new Error(`longer than ${MAX_BYTES} bytes`);
    return { text: readFileSync(path, "utf8"), mode };
  } catch (cause) {
    throw new Error(`cannot read config '${path}': ${describeFileError(cause)}`, { cause });
  }
}
