import { join } from "node:path";

import { type Context, safeLabel } from "monitoring-plugins-ts";
import type { Boot } from "monitoring-plugins-ts/linux";
import { readState, stateFolder, writeState } from "monitoring-plugins-ts/state";

import type { Facts } from "./facts.ts";
import { type History, type Observation, parseHistory, remember } from "./history.ts";
import { PID_TARGET } from "./settings.ts";

/** Where the samples of this check live. */
export interface Memory {
  readonly folder: string | undefined;
  /** What is checked, in words that are the same at each run. */
  readonly target: string;
  /** The target is a pid, which will be another process' one day. */
  readonly isPid: boolean;
  /** Where proc is mounted. */
  readonly root: string;
  /** Its uptime is the clock. */
  readonly boot: Boot;
  /** Seconds. */
  readonly window: number;
}

/** Longest wait for a state folder on a network file system, in milliseconds. */
const PATIENCE_MS = 2000;

/**
 * Adds this run's samples to those kept, and keeps them. What fails is said, not thrown: all but the growth can be judged
 * without.
 */
export async function recall(
  observations: readonly Observation[],
  { folder: chosen, target, isPid, root, boot, window }: Memory,
  { log, signal, now, remainingMs }: Context,
): Promise<{ readonly history: History | undefined; readonly problem: Facts["historyProblem"] }> {
  let folder: string;
  try {
    // a folder that does not answer must leave time for all the rest
    const patienceMs = Math.min(PATIENCE_MS, remainingMs() / 2);
    folder = await stateFolder(chosen, process.env, { signal, patienceMs });
  } catch (error) {
    return { history: undefined, problem: fatal(`no samples kept: ${(error as Error).message}`) };
  }
  const path = join(folder, fileName(target));
  log(`state: ${path}`);
  const { content, problem } = readState(path);
  const known = parseHistory(content);
  const history = remember(known, observations, { boot: boot.id, time: boot.uptime }, window);
  try {
    writeState(path, history);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { history, problem: fatal(`no samples kept: ${path} cannot be written: ${code ?? message}`) };
  }
  if (isPid && content === undefined) {
    const prefix = fileName(PID_TARGET).replace(/\.json$/, "");
    (await import("./leftovers.ts")).removeLeftovers(folder, { prefix, root, boot: boot.id, now: now() });
  }
  const useless =
    problem ?? (content !== undefined && known === undefined ? "it is no state of this check" : undefined);
  if (useless === undefined) return { history, problem: undefined };
  return { history, problem: { text: `samples start anew: ${path} was of no use, ${useless}`, fatal: false } };
}

const fatal = (text: string) => ({ text, fatal: true });

/** Longest part of a file's name made of what is checked, in characters. */
const LONGEST_TARGET = 120;

/**
 * One file per target and per user who checks it: a file that root wrote while trying the check out would otherwise lock
 * the monitoring user out.
 */
function fileName(target: string): string {
  const label = safeLabel(Buffer.from(target).toString("latin1"));
  const short = label.length <= LONGEST_TARGET ? label : `${label.slice(0, LONGEST_TARGET)}-${checksum(target)}`;
  return `check_gearman_fd_leak.${process.geteuid?.() ?? 0}.${short}.json`;
}

/** FNV-1a, 32 bits. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return (hash >>> 0).toString(16);
}
