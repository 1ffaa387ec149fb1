import { Controller, DeadlineError, type Signal, type Status } from "monitoring-plugins-ts";

/** Sites begun at the same time: more would wait for this process, not for the site, and that would count as its time. */
const BEGUN_AT_ONCE = 16;

/** One that has not answered after so many milliseconds waits on while the next is begun. */
const BEGUN_MS = 25;

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

/** The seconds for a whole check, from its start, in which each of so many targets has its time. */
export function timeNeeded(targets: number, atOnce: number, secondsEach: number): number {
  const asking = Math.ceil(targets / atOnce) * secondsEach + (targets / BEGUN_AT_ONCE) * (BEGUN_MS / 1000);
  // a second for the start, and the longer share of what is kept for the answer
  return Math.ceil(
    1 + Math.max(asking / (1 - MOST_OF_THE_TIME), asking + (REPORT_MS + REPORT_MS_EACH * targets) / 1000),
  );
}

/** What was asked, and what came of it. */
export type Ask<T, R> = (target: T, signal: Signal) => Promise<R>;

export interface PoolLimits {
  /** By `process.uptime() * 1000`. */
  readonly endMs: number;
  /** Targets that are asked at the same time: as many as there are descriptors. */
  readonly atOnce: number;
  /** A target keeps its descriptor so long while others wait for one. */
  readonly patienceMs: number;
  /** One that has been asked for so long has had its time. */
  readonly fullMs: number;
  /** State of a target that has not answered in time. */
  readonly late: Status;
}

/** One answer. */
export interface Asked<R> {
  readonly result: R;
  /** It had to wait for a descriptor, and the time was over before it had its own: whatever it does, nothing speaks against it. */
  readonly isCut: boolean;
}

/**
 * Asks all targets at the same time, as far as descriptors go, until `endMs`. Where they do not, one that keeps others
 * waiting has its time and no more.
 *
 * @param ask settles soon after its signal aborts, and does not throw for a target's failure
 * @returns in the order of the targets
 */
export function askAll<T, R>(
  targets: readonly T[],
  ask: Ask<T, R>,
  limits: PoolLimits,
  deadline: Signal,
): Promise<readonly Asked<R>[]> {
  return new Pool(targets, ask, limits, deadline).run();
}

interface Running {
  readonly index: number;
  readonly startedMs: number;
  readonly abort: Controller;
  /** Others were asked before it, for want of descriptors. */
  readonly hasWaited: boolean;
  isNew: boolean;
}

class Pool<T, R> {
  readonly #targets: readonly T[];
  readonly #ask: Ask<T, R>;
  readonly #limits: PoolLimits;
  readonly #deadline: Signal;
  readonly #asked: Asked<R>[] = [];
  /** In the order in which they were begun. */
  readonly #running = new Set<Running>();
  /** Signals cost more than a quick answer, so one that was not needed is used again. */
  readonly #unused: Controller[] = [];
  #begun = 0;
  #new = 0;
  #wasFull = false;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #finish: (asked: readonly Asked<R>[]) => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(targets: readonly T[], ask: Ask<T, R>, limits: PoolLimits, deadline: Signal) {
    this.#targets = targets;
    this.#ask = ask;
    this.#limits = limits;
    this.#deadline = deadline;
  }

  async run(): Promise<readonly Asked<R>[]> {
    // one listener for all: Node takes more than ten for a leak
    this.#deadline.addEventListener("abort", this.#stopAll, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#finish = resolve;
        this.#fail = reject;
        this.#begin();
      });
    } finally {
      clearTimeout(this.#timer);
      this.#deadline.removeEventListener("abort", this.#stopAll);
    }
  }

  #begin(): void {
    const { atOnce } = this.#limits;
    while (this.#othersWait && this.#new < BEGUN_AT_ONCE && this.#running.size < atOnce) this.#start(this.#begun++);
    if (this.#othersWait && this.#running.size >= atOnce) this.#wasFull = true;
    if (this.#running.size === 0 && !this.#othersWait) this.#finish(this.#asked);
    else this.#setTimer(uptimeMs());
  }

  get #othersWait(): boolean {
    return this.#begun < this.#targets.length;
  }

  #start(index: number): void {
    const startedMs = uptimeMs();
    const abort = this.#unused.pop() ?? new Controller();
    const running = { index, startedMs, abort, hasWaited: this.#wasFull, isNew: true };
    this.#running.add(running);
    this.#new += 1;
    if (this.#deadline.aborted) abort.abort(this.#deadline.reason);
    // timers have no turn while connections fail at once
    if (startedMs >= this.#limits.endMs) abort.abort(new DeadlineError(this.#limits.late, 0));
    this.#ask(this.#targets[index] as T, abort.signal).then((result) => this.#settle(running, result), this.#fail);
  }

  #settle(running: Running, result: R): void {
    const { index, startedMs, abort, hasWaited } = running;
    const { endMs, fullMs } = this.#limits;
    const isStopped = abort.signal.aborted;
    const nowMs = uptimeMs();
    const hadLess = hasWaited || startedMs >= endMs || nowMs < endMs - 1;
    this.#asked[index] = { result, isCut: isStopped && hadLess && nowMs - startedMs < fullMs - 1 };
    if (!isStopped) this.#unused.push(abort);
    this.#running.delete(running);
    if (running.isNew) this.#new -= 1;
    this.#begin();
  }

  /** One timer for all. */
  #setTimer(nowMs: number): void {
    const { endMs } = this.#limits;
    const due = this.#othersWait ? Math.min(endMs, nowMs + BEGUN_MS) : endMs;
    if (nowMs >= endMs || (this.#timer !== undefined && this.#timerMs <= due)) return;
    clearTimeout(this.#timer);
    this.#timerMs = due;
    this.#timer = setTimeout(this.#wake, due - nowMs);
  }

  readonly #wake = (): void => {
    const nowMs = uptimeMs();
    const { endMs, patienceMs } = this.#limits;
    this.#timer = undefined;
    for (const running of this.#running) {
      const { startedMs, isNew } = running;
      // timers are exact to a millisecond
      if (isNew && nowMs >= startedMs + BEGUN_MS - 1) {
        running.isNew = false;
        this.#new -= 1;
      }
      const isOver = nowMs >= endMs - 1 || (this.#othersWait && this.#wasFull && nowMs >= startedMs + patienceMs - 1);
      if (isOver) this.#stop(running, nowMs);
    }
    if (nowMs < endMs - 1) this.#begin();
  };

  #stop({ abort, startedMs }: Running, nowMs: number): void {
    const seconds = Number(((nowMs - startedMs) / 1000).toFixed(1));
    abort.abort(new DeadlineError(this.#limits.late, seconds));
  }

  readonly #stopAll = (): void => {
    for (const { abort } of this.#running) abort.abort(this.#deadline.reason);
  };
}

const uptimeMs = () => process.uptime() * 1000;
