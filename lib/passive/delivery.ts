import { inOrder } from "./in-order.ts";
import type { Outcome } from "./outcome.ts";
import type { Queue, Queued } from "./queue.ts";
import type { PassiveResult } from "./result.ts";
import type { Target } from "./target.ts";

/** Told of each result that has left the queue; undefined is a file that was none. */
type Report = (result: PassiveResult | undefined, outcome: Outcome) => void;

/** What is in the queue. */
export interface Left {
  /** For this target. */
  readonly count: number;
  /** For targets of other names. */
  readonly others: number;
}

/** A target, with a queue for what it does not take now. */
export interface Delivery extends Target {
  /**
   * Delivers what the queue has, the oldest first, until the target does not take it, and drops what is too old or too much.
   * Another process may be at it; then nothing is done.
   *
   * @throws Error of the file system
   */
  drain(signal: AbortSignal, report: Report): Promise<Left>;
}

/**
 * Delivers what the queue has now and every so many seconds, for a program that goes on: a result waits behind older ones of its object
 * until they are delivered.
 *
 * @param failed told when the queue cannot be read
 * @returns ends it; resolves when nothing of it is under way
 */
export function keepDraining(
  delivery: Delivery,
  seconds: number,
  report: Report,
  failed: (error: Error) => void,
): () => Promise<void> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const drain = async (): Promise<void> => {
    await delivery.drain(abort.signal, report).catch(failed);
    if (!abort.signal.aborted) timer = setTimeout(again, seconds * 1000);
  };
  let draining = drain();
  function again() {
    draining = drain();
  }
  return async () => {
    clearTimeout(timer);
    abort.abort();
    await draining;
  };
}

/** Bounds of a queue. */
export interface QueueLimits {
  /** Results. */
  readonly most: number;
  /** Seconds in the queue. */
  readonly age: number;
}

/** So many results of the queue are under way at once: more than a target takes. */
const AT_ONCE = 64;

/** So long a target that was not reached is not tried again: each try may last as long as it waits for an answer. */
const PAUSE_MS = 5000;

/** A target without a queue. */
export function withoutQueue(target: Target): Delivery {
  return { ...target, drain: async () => ({ count: 0, others: 0 }) };
}

/** A target that keeps what is not taken now. */
export function withQueue(target: Target, queue: Queue, limits: QueueLimits): Delivery {
  const kept = new Kept(target, queue, limits);
  return {
    name: target.name,
    submit: inOrder((result, signal, redelivered) => kept.submit(result, signal, redelivered), AT_ONCE),
    drain: (signal, report) => kept.drain(signal, report),
    close: () => target.close(),
  };
}

const objectsOf = (queued: readonly Queued[]) => new Set(queued.map(({ object }) => object));

class Kept {
  readonly #target: Target;
  readonly #queue: Queue;
  readonly #limits: QueueLimits;
  /** Objects with a result in the queue, as it was last seen. */
  #objects: Promise<Set<string>> | undefined;
  /** Delivered, and still in the queue, since they could not be removed. */
  readonly #delivered = new Set<string>();
  /** The target was not reached, and is not tried until then. */
  #pause: { readonly until: number; readonly text: string } | undefined;

  constructor(target: Target, queue: Queue, limits: QueueLimits) {
    this.#target = target;
    this.#queue = queue;
    this.#limits = limits;
  }

  async submit(result: PassiveResult, signal: AbortSignal, redelivered?: boolean): Promise<Outcome> {
    this.#objects ??= this.#queue.list().then(({ queued }) => objectsOf(queued));
    // a newer one that came first would be undone by the older one
    if ((await this.#objects).has(this.#queue.objectOf(result))) return this.#keep(result, "an older one is there");
    const paused = this.#paused();
    if (paused !== undefined) return this.#keep(result, paused);
    const outcome = await this.#target.submit(result, signal, redelivered);
    if (outcome.again === undefined) return outcome;
    this.#note(outcome);
    return this.#keep(result, outcome.text);
  }

  async #keep(result: PassiveResult, why: string): Promise<Outcome> {
    const { folder } = this.#queue;
    try {
      await this.#queue.put(result);
      (await this.#objects)?.add(this.#queue.objectOf(result));
      return { kind: "kept", text: `in ${folder}: ${why}` };
    } catch (error) {
      return { kind: "lost", text: `cannot be kept in ${folder}: ${(error as Error).message}; ${why}`, again: true };
    }
  }

  /** Of an object that is inactive others know nothing. */
  #note({ kind, text }: Outcome): void {
    if (kind !== "inactive") this.#pause = { until: performance.now() + PAUSE_MS, text };
  }

  #paused(): string | undefined {
    return this.#pause !== undefined && performance.now() < this.#pause.until ? this.#pause.text : undefined;
  }

  async drain(signal: AbortSignal, report: Report): Promise<Left> {
    for (;;) {
      const { queued, others } = await this.#queue.list();
      this.#objects = Promise.resolve(objectsOf(queued));
      const left = { count: queued.length, others };
      if (queued.length === 0 || signal.aborted) return left;
      const lock = await this.#queue.lock();
      if (lock === undefined) return left;
      let isAll: boolean;
      try {
        // as it is now that nobody else takes any
        const all = (await this.#queue.list()).queued;
        isAll = await this.#deliver(await this.#drop(all, report), signal, report);
      } finally {
        await lock.release();
      }
      // else look again: another process may have put one there, and seen that we are at it
      if (!isAll) {
        const rest = await this.#queue.list();
        this.#objects = Promise.resolve(objectsOf(rest.queued));
        return { count: rest.queued.length, others: rest.others };
      }
    }
  }

  /** Drops what is beyond the limits. @returns the rest */
  async #drop(all: readonly Queued[], report: Report): Promise<readonly Queued[]> {
    const { most, age } = this.#limits;
    const oldest = Date.now() - age * 1000;
    const excess = Math.max(0, all.length - most);
    const rest: Queued[] = [];
    for (const [at, one] of all.entries()) {
      const why = at < excess ? `it had more than ${most}` : one.since < oldest ? `older than ${age} s` : undefined;
      if (why === undefined || this.#delivered.has(one.file)) rest.push(one);
      else {
        const result = await this.#read(one, report);
        await this.#queue.remove(one);
        if (result !== undefined) report(result, { kind: "lost", text: `dropped from the queue: ${why}` });
      }
    }
    return rest;
  }

  /** @returns false when some of them have to wait for another time */
  async #deliver(all: readonly Queued[], signal: AbortSignal, report: Report): Promise<boolean> {
    /** Of each object one, or they would overtake each other. */
    const underWay = new Map<string, Promise<void>>();
    const waiting = new Set<string>();
    let failure: Error | undefined;
    for (const one of all) {
      await underWay.get(one.object);
      while (underWay.size >= AT_ONCE) await Promise.race(underWay.values());
      if (this.#paused() !== undefined || signal.aborted || failure !== undefined) break;
      if (waiting.has(one.object)) continue;
      const delivery = this.#deliverOne(one, signal, report)
        .then((isGone) => {
          if (!isGone) waiting.add(one.object);
        })
        .catch((error) => {
          // what else is under way comes to its end first: as long as it does nobody else may deliver
          failure ??= error as Error;
        })
        .then(() => void underWay.delete(one.object));
      underWay.set(one.object, delivery);
    }
    await Promise.all(underWay.values());
    if (failure !== undefined) throw failure;
    return this.#paused() === undefined && waiting.size === 0 && !signal.aborted;
  }

  /** @returns false when it has to wait for another time */
  async #deliverOne(one: Queued, signal: AbortSignal, report: Report): Promise<boolean> {
    if (!this.#delivered.has(one.file)) {
      const result = await this.#read(one, report);
      if (result === undefined) return true;
      const outcome = await this.#target.submit(result, signal, true);
      if (outcome.again !== undefined) {
        this.#note(outcome);
        return false;
      }
      this.#delivered.add(one.file);
      report(result, { ...outcome, text: `${outcome.text} (from the queue)` });
    }
    await this.#queue.remove(one);
    this.#delivered.delete(one.file);
    return true;
  }

  /** @returns undefined for a file that is gone, or no result: that is put out of the way */
  async #read(one: Queued, report: Report): Promise<PassiveResult | undefined> {
    try {
      return await this.#queue.read(one);
    } catch (error) {
      await this.#queue.setAside(one);
      report(undefined, { kind: "lost", text: (error as Error).message });
      return undefined;
    }
  }
}
