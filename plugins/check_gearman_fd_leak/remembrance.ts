import { join } from "node:path";

import { CheckError, type Context } from "monitoring-plugins-ts";
import type { Boot } from "monitoring-plugins-ts/linux";
import { readState, stateFileName, stateFolder, writeState } from "monitoring-plugins-ts/state";

import type { Facts } from "./facts.ts";
import { type History, type ObservedName, parseHistory, remember } from "./history.ts";
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

const NAME = "check_gearman_fd_leak";

/**
 * Adds this run's samples to those kept, and keeps them. What fails is said, not thrown: all but the growth can be judged
 * without.
 */
export async function recall(
  observed: readonly ObservedName[],
  { folder: chosen, target, isPid, root, boot, window }: Memory,
  context: Context,
): Promise<{
  readonly history: History | undefined;
  readonly problem: Facts["historyProblem"];
  /** Where it is. */
  readonly path?: string;
}> {
  let folder: string;
  try {
    folder = await stateFolder(chosen, process.env, context);
  } catch (error) {
    if (error instanceof CheckError) throw error;
    return { history: undefined, problem: fatal(`no samples kept: ${(error as Error).message}`) };
  }
  const path = join(folder, stateFileName(NAME, target));
  context.log(`state: ${path}`);
  const { content, problem } = readState(path);
  const known = parseHistory(content);
  const history = remember(known, observed, { boot: boot.id, time: boot.uptime, now: context.now() / 1000 }, window);
  try {
    writeState(path, history);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { history, problem: fatal(`no samples kept: ${path} cannot be written: ${code ?? message}`) };
  }
  if (isPid && content === undefined) {
    const prefix = stateFileName(NAME, PID_TARGET).replace(/\.json$/, "");
    (await import("./leftovers.ts")).removeLeftovers(folder, { prefix, root, boot: boot.id, now: context.now() });
  }
  const useless =
    problem ?? (content !== undefined && known === undefined ? "it is no state of this check" : undefined);
  if (useless === undefined) return { history, problem: undefined, path };
  return { history, problem: { text: `samples start anew: ${path} was of no use, ${useless}`, fatal: false }, path };
}

const fatal = (text: string) => ({ text, fatal: true });
