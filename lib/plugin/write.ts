import { constants, fstatSync, openSync, writeSync } from "node:fs";

export const STDOUT = 1;
export const STDERR = 2;

/** Between two tries to write into a full pipe. */
const SHORTEST_PAUSE_MS = 0.1;
const LONGEST_PAUSE_MS = 10;

/**
 * A descriptor for the same pipe whose writes do not block, so that {@link write} can keep its patience; `fd` itself for
 * anything else. Opened anew: made non-blocking, a pipe would be so for everybody who shares it.
 */
export function withoutBlocking(fd: number): number {
  try {
    return fstatSync(fd).isFIFO() ? openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK) : fd;
  } catch {
    // no /proc, no reader, another user's pipe
    return fd;
  }
}

/**
 * Writes all of `bytes`, synchronously: there is no answer half written when the process ends. A reader that has gone is
 * nobody to complain to, so errors of writing are not reported anywhere.
 *
 * @param patienceMs longest wait for a reader that does not read, of a descriptor that does not block
 * @returns false when the reader has gone, or was waited for in vain
 */
export function write(fd: number, bytes: Buffer, patienceMs: number): boolean {
  let written = 0;
  let stalled = 0;
  let pause = SHORTEST_PAUSE_MS;
  while (written < bytes.length && stalled < patienceMs) {
    try {
      written += writeSync(fd, bytes, written);
      stalled = 0;
      pause = SHORTEST_PAUSE_MS;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return false;
      // a full pipe: wait for the reader without spinning, yet not long for one that is busy reading
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
      stalled += pause;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }
  return written === bytes.length;
}
