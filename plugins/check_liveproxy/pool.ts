import { DeadlineError, Status } from "monitoring-plugins-ts";

/** Sites asked at the same time. */
const PLACES = 16;

/** A slow site keeps its place at least so long, in milliseconds, while others wait for one. */
const LEAST_PATIENCE_MS = 250;

/**
 * What judging and printing may take, in milliseconds: of 500 sites with all perfdata a tenth of it on an idle machine. For
 * all, and for each site; where little time is left, so much of it at most.
 */
const REPORT_MS = 200;
const REPORT_MS_EACH = 1;
const MOST_OF_THE_TIME = 0.3;

/**
 * When asking must end so that the answer is there in time.
 *
 * @param remainingMs until the deadline
 * @param targets number of them
 * @returns milliseconds from now
 */
export function timeToAsk(remainingMs: number, targets: number): number {
  return remainingMs - Math.min(REPORT_MS + REPORT_MS_EACH * targets, MOST_OF_THE_TIME * remainingMs);
}

/** What was asked, and what came of it. */
export type Ask<T, R> = (target: T, signal: AbortSignal) => Promise<R>;

interface Turn<T> {
  readonly index: number;
  readonly target: T;
  readonly isSecond: boolean;
}

/**
 * Asks all targets, sixteen at a time, until `endMs`. Those that hang cannot keep the others from being asked: one that is
 * slow while others wait gives its place away, and is asked once more after them.
 *
 * @param ask settles soon after its signal aborts, and does not throw for a target's failure
 * @param endMs by `process.uptime() * 1000`
 * @param isSlow whether a result is only that the time was over
 */
export async function askAll<T, R>(
  targets: readonly T[],
  ask: Ask<T, R>,
  isSlow: (result: R) => boolean,
  endMs: number,
  deadline: AbortSignal,
): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting: Turn<T>[] = targets.map((target, index) => ({ index, target, isSecond: false })).reverse();
  const again: Turn<T>[] = [];

  const patience = () => {
    const rounds = Math.ceil((waiting.length + again.length) / PLACES) + 1;
    return Math.max(LEAST_PATIENCE_MS, (endMs - uptimeMs()) / rounds);
  };
  const othersWait = () => waiting.length + again.length > 0;
  const limits: Limit[] = [];
  const serve = async () => {
    const limit = new Limit(endMs, othersWait);
    limits.push(limit);
    for (let turn = waiting.pop() ?? again.shift(); turn !== undefined; turn = waiting.pop() ?? again.shift()) {
      const { index, target, isSecond } = turn;
      // what was found out the first time stays when there is no time for a second
      if (isSecond && uptimeMs() >= endMs) break;
      const signal = limit.start(patience());
      if (deadline.aborted) limit.stop(deadline.reason);
      const result = await ask(target, signal);
      results[index] = result;
      if (limit.gaveWay && isSlow(result) && !isSecond) again.push({ index, target, isSecond: true });
    }
    limit.clear();
  };
  // one listener for all places: Node takes more than ten for a leak
  const stopAll = () => {
    for (const limit of limits) limit.stop(deadline.reason);
  };
  deadline.addEventListener("abort", stopAll, { once: true });
  const served: Promise<void>[] = [];
  for (let place = Math.min(PLACES, targets.length); place > 0; place--) served.push(serve());
  await Promise.all(served);
  deadline.removeEventListener("abort", stopAll);
  return results;
}

/**
 * The time one target may take: until the end, or until its patience is over and somebody else waits. A place has one for
 * all its targets, since signals and timers cost more than a quick answer.
 */
class Limit {
  /** The target that was started last has had its place taken away. */
  gaveWay = false;
  #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires; when it fires too early, because it was set for a target before, it is set anew. */
  #timerMs = Number.POSITIVE_INFINITY;
  #started = 0;
  #patienceEndMs = 0;
  readonly #endMs: number;
  readonly #othersWait: () => boolean;

  constructor(endMs: number, othersWait: () => boolean) {
    this.#endMs = endMs;
    this.#othersWait = othersWait;
  }

  /** Begins to count for the next target. */
  start(patienceMs: number): AbortSignal {
    if (this.#abort.signal.aborted) this.#abort = new AbortController();
    this.gaveWay = false;
    this.#started = uptimeMs();
    this.#patienceEndMs = this.#started + patienceMs;
    // timers have no turn while connections fail at once
    if (this.#started >= this.#endMs) this.stop(new DeadlineError(Status.CRITICAL, 0));
    else if (this.#dueMs() < this.#timerMs) this.#setTimer(this.#started);
    return this.#abort.signal;
  }

  stop(reason: unknown): void {
    this.#abort.abort(reason);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #dueMs(): number {
    return Math.min(this.#patienceEndMs, this.#endMs);
  }

  #setTimer(nowMs: number): void {
    clearTimeout(this.#timer);
    this.#timerMs = this.#dueMs();
    this.#timer = setTimeout(this.#wake, Math.max(0, this.#timerMs - nowMs));
  }

  readonly #wake = (): void => {
    const nowMs = uptimeMs();
    this.#timerMs = Number.POSITIVE_INFINITY;
    // timers are exact to a millisecond
    const isOver = nowMs >= this.#endMs - 1;
    const isPatient = nowMs < this.#patienceEndMs - 1;
    // whom nobody waits for may take all the time there is
    if (!isPatient && !this.#othersWait()) this.#patienceEndMs = this.#endMs;
    if (!isOver && this.#patienceEndMs - 1 > nowMs) {
      this.#setTimer(nowMs);
    } else {
      this.gaveWay = !isOver;
      const seconds = Number(((nowMs - this.#started) / 1000).toFixed(1));
      this.stop(new DeadlineError(Status.CRITICAL, seconds));
    }
  };
}

const uptimeMs = () => process.uptime() * 1000;
