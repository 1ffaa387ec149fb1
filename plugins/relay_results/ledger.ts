/** How a message left: its result was taken, or kept to be delivered later, it came again after that, it has no result, nobody takes it, or the connection went with it. */
export type Settlement = "delivered" | "kept" | "again" | "poison" | "undelivered" | "gone";

/** What a relay tells of itself; times in milliseconds since 1970, undefined for what never was. */
export interface Snapshot {
  readonly pid: number;
  readonly started: number;
  readonly written: number;
  /** The broker that messages come from, if there is one, and since when there is, or is not. */
  readonly source?: string | undefined;
  readonly sourceSince: number;
  /** How the last try to get a connection, or the last connection, ended. */
  readonly sourceFailure?: string | undefined;
  readonly target: string;
  /** Why the target takes nothing. */
  readonly away?: string | undefined;
  /** Since it was started. */
  readonly totals: Readonly<Record<Settlement, number>>;
  /** Delivered in the last minute. */
  readonly lastMinute: number;
  /** In the last hour. */
  readonly poisonLastHour: number;
  readonly undeliveredLastHour: number;
  readonly keptLastHour: number;
  readonly underWay: number;
  /** When the oldest message under way had come. */
  readonly oldest?: number | undefined;
  readonly lastDelivery?: number | undefined;
}

const MINUTE_MS = 60_000;

/** Counts what happened in a length of time that ends now. */
class Window {
  readonly #length: number;
  readonly #width: number;
  readonly #counts = new Map<number, number>();

  /** @param length in milliseconds, counted to a sixtieth of it */
  constructor(length: number) {
    this.#length = length;
    this.#width = length / 60;
  }

  add(now: number): void {
    const slot = Math.floor(now / this.#width);
    this.#counts.set(slot, (this.#counts.get(slot) ?? 0) + 1);
  }

  count(now: number): number {
    let sum = 0;
    for (const [slot, count] of this.#counts) {
      if ((slot + 1) * this.#width <= now - this.#length) this.#counts.delete(slot);
      else sum += count;
    }
    return sum;
  }
}

/** Keeps count of messages. */
export class Ledger {
  readonly #target: string;
  readonly #now: () => number;
  readonly #started: number;
  /** When each message under way had come; the oldest is the first. */
  readonly #underWay = new Map<object, number>();
  readonly #totals: Record<Settlement, number> = {
    delivered: 0,
    kept: 0,
    again: 0,
    poison: 0,
    undelivered: 0,
    gone: 0,
  };
  readonly #minute = new Window(MINUTE_MS);
  readonly #poison = new Window(60 * MINUTE_MS);
  readonly #undelivered = new Window(60 * MINUTE_MS);
  readonly #kept = new Window(60 * MINUTE_MS);
  #source: string | undefined;
  #sourceSince: number;
  #lastDelivery: number | undefined;
  /** See {@link Snapshot.sourceFailure}. */
  sourceFailure: string | undefined;
  /** Why the target takes nothing. */
  away: string | undefined;

  constructor(target: string, now: () => number) {
    this.#target = target;
    this.#now = now;
    this.#started = now();
    this.#sourceSince = this.#started;
  }

  /** @param source undefined when there is none any more */
  connected(source: string | undefined): void {
    if (source === this.#source) return;
    this.#source = source;
    this.#sourceSince = this.#now();
  }

  taken(message: object): void {
    this.#underWay.set(message, this.#now());
  }

  settled(message: object, how: Settlement): void {
    const now = this.#now();
    this.#underWay.delete(message);
    this.#totals[how]++;
    if (how === "poison") this.#poison.add(now);
    if (how === "undelivered") this.#undelivered.add(now);
    if (how === "kept") this.#kept.add(now);
    if (how !== "delivered") return;
    this.#minute.add(now);
    this.#lastDelivery = now;
  }

  snapshot(): Snapshot {
    const now = this.#now();
    const [oldest] = this.#underWay.values();
    return {
      pid: process.pid,
      started: this.#started,
      written: now,
      source: this.#source,
      sourceSince: this.#sourceSince,
      sourceFailure: this.sourceFailure,
      target: this.#target,
      away: this.away,
      totals: this.#totals,
      lastMinute: this.#minute.count(now),
      poisonLastHour: this.#poison.count(now),
      undeliveredLastHour: this.#undelivered.count(now),
      keptLastHour: this.#kept.count(now),
      underWay: this.#underWay.size,
      oldest,
      lastDelivery: this.#lastDelivery,
    };
  }
}
