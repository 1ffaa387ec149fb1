import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Content {
  seen: number;
  sites: [string, { down?: number; gone?: number; beats?: [number, number]; pool?: number; resets?: number[] }][];
  pending: [string, number][];
}

/** The one file in which check_liveproxy remembers. */
export function memoryFile(folder: string): string {
  const names = readdirSync(folder);
  if (names.length !== 1) throw new Error(`not one file: ${names.join(", ")}`);
  return join(folder, names[0] ?? "");
}

/**
 * Makes a memory as if it were so many seconds older: a test has no time to wait.
 *
 * @param beats their number is as old, too; between two runs of a test a healthy site may have received none
 */
export function ageMemory(folder: string, seconds: number, beats = false): void {
  const path = memoryFile(folder);
  const content = JSON.parse(readFileSync(path, "utf8")) as Content;
  content.seen -= seconds;
  for (const [, site] of content.sites) {
    if (site.down !== undefined) site.down -= seconds;
    if (site.gone !== undefined) site.gone -= seconds;
    if (beats && site.beats !== undefined) site.beats[1] -= seconds;
    if (site.pool !== undefined) site.pool -= seconds;
    if (site.resets !== undefined) site.resets = site.resets.map((at) => at - seconds);
  }
  content.pending = content.pending.map(([id, since]) => [id, since - seconds]);
  writeFileSync(path, JSON.stringify(content));
}
