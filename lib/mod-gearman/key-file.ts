import { closeSync, openSync, readSync, statSync } from "node:fs";

/** A key, and what its file's owner ought to know. */
export interface FileKey {
  readonly key: Buffer;
  /** Sentences for people; none when all is well. They never tell the key. */
  readonly warnings: readonly string[];
}

/** Mod-Gearman's limit: AES-256 takes 32 bytes. */
const KEY_LENGTH = 32;

/** More than any key; a file that is no key file is not read whole. */
const MOST_READ = 4096;

const OTHERS_MAY_READ = 0o004;

/**
 * Reads a key as Mod-Gearman's C worker does: the first line, 32 bytes at most, without white space at its end.
 *
 * @throws Error naming the file: it cannot be read, or has no key
 */
export function readKeyFile(path: string): FileKey {
  const { bytes, mode } = readStart(path);
  const feed = bytes.indexOf(0x0a);
  const line = feed < 0 ? bytes : bytes.subarray(0, feed);
  const cut = line.subarray(0, KEY_LENGTH);
  let end = cut.length;
  while (end > 0 && isSpace(cut[end - 1] ?? 0)) end--;
  if (end === 0) throw new Error(`key file '${path}' has no key in its first line`);
  const warnings = warnOfMode(path, mode);
  if (end < cut.length) {
    warnings.push(
      `key file '${path}': white space at the end of the key is ignored, as by the C worker, though Go worker and Gearman-Proxy take it for a part of the key`,
    );
  }
  return { key: Buffer.from(cut.subarray(0, end)), warnings };
}

/** A sentence when everybody may read a file with a secret in it. */
export function warnOfMode(path: string, mode: number): string[] {
  if ((mode & OTHERS_MAY_READ) === 0) return [];
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  return [`'${path}' holds the key and every user may read it (mode ${octal}): chmod o-r it`];
}

/** Why a file cannot be read, in words. */
export function describeFileError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "no such file" : code === "EACCES" ? "permission denied" : message;
}

function readStart(path: string): { bytes: Buffer; mode: number } {
  let fd: number | undefined;
  try {
    const stat = statSync(path);
    // reading a pipe nobody writes to would block beyond any deadline
    if (!stat.isFile()) throw new Error("it is no file");
    fd = openSync(path, "r");
    const buffer = Buffer.alloc(MOST_READ);
    return { bytes: buffer.subarray(0, readSync(fd, buffer)), mode: stat.mode };
  } catch (cause) {
    throw new Error(`cannot read key file '${path}': ${describeFileError(cause)}`, { cause });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
