import { closeSync, constants, fstatSync, openSync, readSync, renameSync, unlinkSync, writeSync } from "node:fs";

/** Longest state read unless told otherwise, in bytes: whoever can write the file must not be able to exhaust the check. */
const MAX_BYTES = 1024 * 1024;

/** What a state file held. */
export interface Stored {
  /** Parsed JSON, to be checked by its reader; undefined when there is nothing to use. */
  readonly content: unknown;
  /** Why what is there is of no use; undefined when all is well, and on the first run. */
  readonly problem: string | undefined;
}

/**
 * Reads a state file. Symbolic links are not followed, and a file of somebody else is not believed.
 *
 * @param path absolute
 * @param maxBytes a longer one is of no use
 * @returns never throws: a state that cannot be used is a new beginning, and `problem` says why
 */
export function readState(path: string, maxBytes = MAX_BYTES): Stored {
  let fd: number;
  try {
    // O_NONBLOCK: a FIFO in the file's place must not hold the check up
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return { content: undefined, problem: undefined };
    return unusable(code === "ELOOP" ? "it is a symbolic link" : `it cannot be read: ${code}`);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return unusable("it is no file");
    if (stats.uid !== process.geteuid?.()) return unusable("it belongs to another user");
    if (stats.size > maxBytes) return unusable(`it is larger than ${maxBytes} bytes`);
    const bytes = Buffer.alloc(stats.size);
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got) {
      got = readSync(fd, bytes, length, bytes.length - length, null);
    }
    return { content: JSON.parse(bytes.toString("utf8", 0, length)), problem: undefined };
  } catch (error) {
    return unusable(error instanceof SyntaxError ? "it is no JSON" : `it cannot be read: ${(error as Error).message}`);
  } finally {
    closeSync(fd);
  }
}

const unusable = (problem: string): Stored => ({ content: undefined, problem });

/**
 * Writes a state file, so that a reader finds the old state or the new one, whole: into a new file of the same folder,
 * readable by its user alone, which then takes the name. Of two writers at once, the later one wins.
 *
 * @param path absolute
 * @throws Error of node:fs
 */
export function writeState(path: string, content: unknown): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  let fd: number;
  try {
    fd = openSync(temporary, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    // left by a run with our process id that was killed
    unlinkSync(temporary);
    fd = openSync(temporary, flags, 0o600);
  }
  try {
    try {
      const bytes = Buffer.from(`${JSON.stringify(content)}\n`);
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}
