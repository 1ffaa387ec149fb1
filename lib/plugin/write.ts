import { writeSync } from "node:fs";

export const STDOUT = 1;
export const STDERR = 2;

/**
 * Writes all of `bytes`, synchronously: there is no answer half written when the process ends. A reader that has gone is
 * nobody to complain to, so errors of writing are not reported anywhere.
 *
 * @param patienceMs longest wait for a reader that does not read
 * @returns false when the reader has gone, or was waited for in vain
 */
export function write(fd: number, bytes: Buffer, patienceMs: number): boolean {
  let written = 0;
  let stalled = 0;
  while (written < bytes.length && stalled < patienceMs) {
    try {
      written += writeSync(fd, bytes, written);
      stalled = 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return false;
      // a pipe set to non-blocking that is full: wait for the reader without spinning
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      stalled += 10;
    }
  }
  return written === bytes.length;
}
