import { DeadlineError, Status } from "monitoring-plugins-ts";

/** Sites asked at the same time. */
const PLACES = 16;

/** A slow site keeps its place at least so long, in milliseconds, while others wait for one. */
const LEAST_PATIENCE_MS = 250;

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
  const serve = async () => {
    for (let turn = waiting.pop() ?? again.shift(); turn !== undefined; turn = waiting.pop() ?? again.shift()) {
      const { index, target, isSecond } = turn;
      // what was found out the first time stays when there is no time for a second
      if (isSecond && uptimeMs() >= endMs) return;
      const limit = new Limit(deadline, endMs, patience(), () => waiting.length + again.length > 0);
      const result = await ask(target, limit.signal);
      limit.clear();
      results[index] = result;
      if (limit.gaveWay && isSlow(result) && !isSecond) again.push({ index, target, isSecond: true });
    }
  };
  await Promise.all(Array.from({ length: Math.min(PLACES, targets.length) }, serve));
  return results;
}

/** The time one target may take: until the end, or until its patience is over and somebody else waits. */
class Limit {
  gaveWay = false;
  readonly #abort = new AbortController();
  readonly #deadline: AbortSignal;
  readonly #timers: NodeJS.Timeout[];

  constructor(deadline: AbortSignal, endMs: number, patienceMs: number, othersWait: () => boolean) {
    this.#deadline = deadline;
    const started = uptimeMs();
    const stop = () => {
      const seconds = Number(((uptimeMs() - started) / 1000).toFixed(1));
      this.#abort.abort(new DeadlineError(Status.CRITICAL, seconds));
    };
    const yieldPlace = () => {
      if (!othersWait()) return;
      this.gaveWay = true;
      stop();
    };
    const left = Math.max(0, endMs - started);
    this.#timers = [setTimeout(stop, left)];
    if (patienceMs < left) this.#timers.push(setTimeout(yieldPlace, patienceMs));
    deadline.addEventListener("abort", this.#stop, { once: true });
    if (deadline.aborted) this.#stop();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#deadline.removeEventListener("abort", this.#stop);
  }

  readonly #stop = () => this.#abort.abort(this.#deadline.reason);
}

const uptimeMs = () => process.uptime() * 1000;
