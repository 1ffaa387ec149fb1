import { join } from "node:path";

import { CheckError, type Context } from "monitoring-plugins-ts";
import { readBoot } from "monitoring-plugins-ts/linux";
import { readState, stateFileName, stateFolder, writeState } from "monitoring-plugins-ts/state";

import type { Facts, Queue, Told } from "./facts.ts";
import { learn, parseHistory } from "./history.ts";

const MAX_BYTES = 16 * 1024 * 1024;

/** What a look knows by those before it. */
export type Remembered = Pick<Facts, "courses" | "unroutableRate" | "historyProblem">;

const NOTHING = { courses: [], unroutableRate: undefined };

/**
 * Takes this look into the history, and tells what both say. What fails is said, not thrown: all else can be judged without.
 *
 * @param queues those that are checked
 * @param target what is checked, in words that are the same at each run
 */
export async function recall(
  told: Told,
  queues: readonly Queue[],
  { folder, target }: { readonly folder: string | undefined; readonly target: string },
  context: Context,
): Promise<Remembered> {
  let path = "";
  try {
    const { id: boot, uptime: time } = readBoot("/proc");
    path = join(await stateFolder(folder, process.env, context), stateFileName("check_broker_queue", target));
    context.log(`state: ${path}`);
    const { content, problem } = readState(path, MAX_BYTES);
    const known = parseHistory(content);
    const { history, courses, unroutable, forgotten } = learn(known, told, queues, { boot, time });
    writeState(path, history);
    const useless =
      problem ?? (content !== undefined && known === undefined ? "it is no history of this check" : undefined);
    return {
      courses,
      unroutableRate: unroutable,
      historyProblem: useless === undefined ? tooMany(forgotten) : anew(path, useless),
    };
  } catch (error) {
    if (error instanceof CheckError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === undefined ? message : `${path} cannot be written: ${code}`;
    return { ...NOTHING, historyProblem: { text: `nothing is remembered between runs: ${why}`, isFatal: true } };
  }
}

const anew = (path: string, why: string) => ({
  text: `the history starts anew: ${path} was of no use, ${why}`,
  isFatal: false,
});

const tooMany = (forgotten: number) =>
  forgotten === 0
    ? undefined
    : { text: `${forgotten} queues are too many to be remembered between runs: use -q or --include`, isFatal: true };
