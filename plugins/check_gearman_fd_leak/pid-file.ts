import { closeSync, constants, openSync, readSync } from "node:fs";

import { CheckError, Status } from "monitoring-plugins-ts";

/** Longest text that is taken for a process id. */
const MOST_BYTES = 64;

/**
 * The process id in a file.
 *
 * @throws CheckError CRITICAL when there is no such file, as of a daemon that ended; UNKNOWN when it cannot be read or holds
 *   something else
 */
export function readPidFile(path: string): number {
  const text = readStart(path).trim();
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new CheckError(Status.UNKNOWN, `${path} holds no pid`);
  return Number(text);
}

function readStart(path: string): string {
  try {
    // O_NONBLOCK: a FIFO in the file's place must not hold the check up
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(MOST_BYTES + 1);
      const length = readSync(fd, buffer);
      // the start of a longer text may end within a number
      return length > MOST_BYTES ? "" : buffer.toString("latin1", 0, length);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") {
      throw new CheckError(Status.CRITICAL, `no process is running: there is no ${path}`, { cause });
    }
    throw new CheckError(Status.UNKNOWN, `cannot read ${path}: ${code}`, { cause });
  }
}
