import { renameSync, rmSync, writeFileSync } from "node:fs";

import { readFile } from "monitoring-plugins-ts";

import type { Snapshot } from "./ledger.ts";

/** Between two writes. */
const EVERY_MS = 5000;

/**
 * Writes a file again and again, whole each time; every user may read it.
 *
 * @param failed is told once why it cannot be written, and again after it could
 * @returns ends it, and removes the file
 * @throws Error when it cannot be written at all
 */
export function keepWriting(path: string, take: () => Snapshot, failed: (error: Error) => void): () => void {
  const unfinished = `${path}.${process.pid}.tmp`;
  const write = () => {
    writeFileSync(unfinished, `${JSON.stringify(take())}\n`, { mode: 0o644 });
    renameSync(unfinished, path);
  };
  write();
  let isWell = true;
  const timer = setInterval(() => {
    try {
      write();
      isWell = true;
    } catch (error) {
      if (isWell) failed(error as Error);
      isWell = false;
    }
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    rmSync(path, { force: true });
  };
}

/** @throws Error when there is no such file, or it is none of a relay's */
export function readStatus(path: string): Snapshot {
  const text = readFile(path).toString();
  let read: Partial<Snapshot> | null;
  try {
    read = JSON.parse(text) as Partial<Snapshot> | null;
  } catch {
    read = null;
  }
  const numbers = [
    read?.pid,
    read?.written,
    read?.started,
    read?.sourceSince,
    read?.lastMinute,
    read?.underWay,
    read?.keptLastHour,
  ];
  if (!numbers.every(Number.isFinite) || typeof read?.target !== "string" || typeof read.totals !== "object") {
    throw new Error(`'${path}' is no status of relay_results`);
  }
  return read as Snapshot;
}
