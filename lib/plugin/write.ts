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
 * Writes all of `bytes`, synchronously: there is no answer half written when the process ends.
 *
 * @param patienceMs longest wait for a reader that does not read, of a descriptor that does not block
 * @returns why not all of it was written, if so: `EPIPE` (of a socket also `ECONNRESET`) when the reader has
 *   gone, `EAGAIN` when it was waited for in vain
 */
export function write(fd: number, bytes: Buffer, patienceMs: number): NodeJS.ErrnoException | undefined {
  let failure: NodeJS.ErrnoException | undefined;
  let written = 0;
  let stalled = 0;
  let pause = SHORTEST_PAUSE_MS;
  while (written < bytes.length && stalled < patienceMs) {
    try {
      written += writeSync(fd, bytes, written);
      stalled = 0;
      pause = SHORTEST_PAUSE_MS;
    } catch (error) {
      failure = error as NodeJS.ErrnoException;
      if (failure.code !== "EAGAIN") return failure;
      // a full pipe: wait for the reader without spinning, yet not long for one that is busy reading
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
      stalled += pause;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }
  return written === bytes.length ? undefined : failure;
}

const UNREAD: readonly unknown[] = ["EPIPE", "ECONNRESET", "EAGAIN"];

/** A reader that has gone, or does not read, knows what it does: what it takes no answer from is not told so. */
export const isUnread = ({ code }: NodeJS.ErrnoException) => UNREAD.includes(code);

/** An answer that did not get where it should, such as onto a full disk, in words. */
export const describeUnwritten = ({ message }: Error) => `cannot write the answer: ${message.replace(/, write$/, "")}`;
