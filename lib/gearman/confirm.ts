import type { Signal } from "../plugin/signal.ts";
import { sleep } from "../plugin/signal.ts";

/** Pause between two looks at a server whose queues seem to have no worker. */
const PAUSE_MS = 250;

/** Time kept for the answer when a second look takes all there is. */
const RESERVE_MS = 500;

/** What asking again needs to know of the check it belongs to; a plugin's context has it. */
export interface Patience {
  /** The deadline. */
  readonly signal: Signal;
  /** Time left until the deadline, in milliseconds. */
  remainingMs(): number;
  /** A line for whoever diagnoses the check. */
  log(line: string): void;
}

/** The facts at the end of {@link askWhile}, and how sure they are. */
export interface Confirmed<Facts> {
  readonly facts: Facts;
  /** For how long they were looked at again, in seconds; 0 for a single look. */
  readonly seconds: number;
  /** They are still in doubt, and the deadline left less time than would have settled it. */
  readonly isCutShort: boolean;
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
): Promise<Confirmed<Facts>> {
  const start = process.uptime();
  const allowed = Math.min(seconds, (remainingMs() - RESERVE_MS) / 1000);
  const until = start + allowed;
  let facts = first;
  let seen = 0;
  let doubt = inDoubt(facts);
  while (doubt && process.uptime() < until) {
    log("no worker seen, asking again");
    await sleep(Math.min(PAUSE_MS, (until - process.uptime()) * 1000));
    try {
      facts = await askAgain(facts);
    } catch (error) {
      // the deadline cut a look short that took longer than the others: what was seen before is still true
      if (signal.aborted) break;
      throw error;
    }
    seen = process.uptime() - start;
    doubt = inDoubt(facts);
  }
  return { facts, seconds: seen, isCutShort: doubt && (allowed < seconds || signal.aborted) };
}
