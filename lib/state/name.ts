import { hostname } from "node:os";

import { safeLabel } from "../plugin/metric.ts";

/** Longest part of a file's name made of what is checked, in characters. */
const LONGEST_TARGET = 120;

/** As long as the kernel lets a host's name be. */
const LONGEST_MACHINE = 64;

/**
 * Name of a check's state file: one per machine, since several may share the folder over the network, per target, and per
 * user who checks it, since a file that root wrote while trying the check out would otherwise lock the monitoring user out.
 *
 * @param plugin name of the executable
 * @param target what is checked, in words that are the same at each run; two different ones share no file
 */
export function stateFileName(plugin: string, target: string, machine = hostname()): string {
  const label = safeLabel(Buffer.from(target).toString("latin1"));
  const short = label.length <= LONGEST_TARGET ? label : `${label.slice(0, LONGEST_TARGET)}-${checksum(target)}`;
  const host = safeLabel(Buffer.from(machine).toString("latin1")).slice(0, LONGEST_MACHINE);
  return `${plugin}.${process.geteuid?.() ?? 0}.${host}.${short}.json`;
}

/** FNV-1a, 32 bits. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return (hash >>> 0).toString(16);
}
