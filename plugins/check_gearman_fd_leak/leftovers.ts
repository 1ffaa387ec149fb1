import { lstatSync, opendirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

import { readProcess } from "monitoring-plugins-ts/linux";
import { readState } from "monitoring-plugins-ts/state";

import { type History, parseHistory } from "./history.ts";

/** Unused for so long, in milliseconds, a file is of no check that runs regularly. */
const UNUSED_MS = 24 * 3600 * 1000;

/** Entries of the folder looked at, and old files read. */
const MOST_ENTRIES = 10_000;
const MOST_FILES = 100;

/** Who asks, and when. */
interface Inquiry {
  /** What the names of the files begin with. */
  readonly prefix: string;
  /** Where proc is mounted. */
  readonly root: string;
  readonly boot: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Removes the state of checked pids (`--pid`) that are no more: files of this check and this user that have not been
 * written for a day, and whose process has ended. What cannot be read or removed stays.
 */
export function removeLeftovers(folder: string, { prefix, root, boot, now }: Inquiry): void {
  let files = 0;
  for (const name of entries(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(".json")) continue;
    const path = join(folder, name);
    try {
      if (now - lstatSync(path).mtimeMs < UNUSED_MS) continue;
      if (++files > MOST_FILES) return;
      const history = parseHistory(readState(path).content);
      if (history !== undefined && isOver(history, root, boot)) unlinkSync(path);
    } catch {
      // somebody else was faster
    }
  }
}

function* entries(path: string): Iterable<string> {
  try {
    const folder = opendirSync(path);
    try {
      for (let seen = 0; seen < MOST_ENTRIES; seen++) {
        const entry = folder.readSync();
        if (entry === null) return;
        yield entry.name;
      }
    } finally {
      folder.closeSync();
    }
  } catch {
    // a folder that may be written, not listed
  }
}

/** Whether all processes of a history have ended. */
const isOver = ({ boot, series }: History, root: string, now: string) =>
  boot !== now ||
  series.every(({ pid, startTicks }) => {
    const found = readProcess(root, pid);
    return found === "gone" || (typeof found === "object" && found.startTicks !== startTicks);
  });
