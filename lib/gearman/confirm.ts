import { setTimeout } from "node:timers/promises";

/** Pause between two looks at a server whose queues seem to have no worker. */
const PAUSE_MS = 250;

/** Time kept for the answer when a second look takes all there is. */
const RESERVE_MS = 500;

/** What asking again needs to know of the check it belongs to; a plugin's context has it. */
export interface Patience {
  /** The deadline. */
  readonly signal: AbortSignal;
  /** Time left until the deadline, in milliseconds. */
  remainingMs(): number;
  /** A line for whoever diagnoses the check. */
  log(line: string): void;
}

/**
 * Asks again while `inDoubt`, for `seconds` at most: a healthy, idle Mod-Gearman worker restarts all its children every
 * two minutes and shows none for about four seconds. Ends early enough for a verdict before the deadline.
 */
export async function askWhile<Facts>(
  inDoubt: (facts: Facts) => boolean,
  first: Facts,
  askAgain: (previous: Facts) => Promise<Facts>,
  seconds: number,
  { signal, remainingMs, log }: Patience,
): Promise<Facts> {
  const until = process.uptime() + Math.min(seconds, (remainingMs() - RESERVE_MS) / 1000);
  let newest = first;
  while (inDoubt(newest) && process.uptime() < until) {
    log("no worker seen, asking again");
    await setTimeout(Math.min(PAUSE_MS, (until - process.uptime()) * 1000));
    try {
      newest = await askAgain(newest);
    } catch (error) {
      // the deadline cut a look short that took longer than the others: what was seen before is still true
      if (signal.aborted) break;
      throw error;
    }
  }
  return newest;
}
