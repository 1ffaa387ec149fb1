import { type Dir, readFileSync } from "node:fs";

/** Why something under /proc could not be read: no right to it, or there is no such process (any more). */
export type Unreadable = "denied" | "gone";

/**
 * Runs a read of /proc, whose entries come and go.
 *
 * @throws whatever is neither a missing right nor a missing process
 */
export function attempt<T>(read: () => T): T | Unreadable {
  try {
    return read();
  } catch (error) {
    return unreadable(error);
  }
}

/** @throws the error itself when it is of another kind */
export function unreadable(error: unknown): Unreadable {
  const { code } = error as NodeJS.ErrnoException;
  // ESRCH: the process ended between open and read; ENOTDIR: a path below something that is no process
  if (code === "ENOENT" || code === "ESRCH" || code === "ENOTDIR") return "gone";
  if (code === "EACCES" || code === "EPERM") return "denied";
  throw error;
}

/**
 * The text of a small file. As UTF-8, which Node reads in one call, in half the time that opening, reading and closing
 * take it: the check reads one file per process of the machine.
 */
export function readSmall(path: string): string {
  return readFileSync(path, "utf8");
}

/**
 * How directories of /proc are opened to be read by {@link nextName}: entry by entry, since with more at once those behind
 * one that vanishes are lost. The kernel hands them out in batches anyway.
 */
export const ENTRY_BY_ENTRY = { bufferSize: 1 } as const;

/** The next name in a directory; undefined at its end. Entries that vanish while they are read are left out. */
export function nextName(folder: Dir): string | undefined {
  for (;;) {
    try {
      return folder.readSync()?.name;
    } catch (error) {
      // the kernel gives no type for a process or descriptor that has just gone, and Node looks for it itself, in vain
      if ((error as NodeJS.ErrnoException).syscall !== "lstat") throw error;
    }
  }
}

/** Lets timers and signals have their turn within a long synchronous loop. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
