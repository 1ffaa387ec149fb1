import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";

import { formatCommand } from "./external-command.ts";
import { inOrder, type Submit } from "./in-order.ts";
import type { Outcome } from "./outcome.ts";
import type { PassiveResult } from "./result.ts";

/** What the kernel writes in one piece, whoever else writes: pipe(7). */
const PIPE_BUF = 4096;

/** Between two tries to write into a full pipe. */
const PAUSE_MS = 10;

/**
 * The external command file of Nagios and Naemon: a named pipe. It is opened for each result, without blocking, so that a core
 * that has gone is noticed, and nothing is written where nobody reads.
 *
 * @param seconds longest wait for a core that does not read its full pipe
 */
export function commandFile(path: string, seconds: number): Submit {
  return inOrder(async (result, signal) => {
    const failure = unusableName(result);
    if (failure !== undefined) return failure;
    const { line, isCut } = formatCommand(result, PIPE_BUF - 1);
    const bytes = Buffer.from(`${line}\n`);
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const error = writeOnce(path, bytes);
      if (error === undefined)
        return { kind: "accepted", text: `written to ${path}${isCut ? ", cut to 4096 bytes" : ""}` };
      if (error.code !== "EAGAIN") return { kind: "lost", text: describe(path, error), again: true };
      if (signal.aborted) return { kind: "lost", text: `${path} is full: its reader does not read`, again: true };
      if (performance.now() >= end) {
        return { kind: "lost", text: `${path} is full: its reader has not read for ${seconds} s`, again: true };
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }, 1);
}

/** A semicolon in a name would move the fields behind it: it would be a result of another object. */
export function unusableName({ host, service = "" }: PassiveResult): Outcome | undefined {
  if (!`${host}${service}`.includes(";")) return undefined;
  return { kind: "unknown object", text: "no name in Nagios or Naemon has a ';'" };
}

/** A file that is not there must not be made: a core that starts later would find a plain file in its way. */
function writeOnce(path: string, bytes: Buffer): NodeJS.ErrnoException | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFIFO()) return Object.assign(new Error("it is no named pipe"), { code: "ENOTFIFO" });
    writeSync(fd, bytes);
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENXIO: "nobody reads it: the core is not running",
  ENOENT: "it is not there: the core is not running, or has another command_file",
  EACCES: "permission denied",
  EPIPE: "its reader has gone: the core has ended",
  ENOTFIFO: "it is no named pipe: the core is not running, or has another command_file",
};

const describe = (path: string, { code = "", message }: NodeJS.ErrnoException) =>
  `cannot write to ${path}: ${WORDS[code] ?? message}`;
