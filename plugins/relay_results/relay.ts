import { createHash } from "node:crypto";

import { formatDuration, printable, sleep } from "monitoring-plugins-ts";
import { type Outcome, objectName, type PassiveResult, type Target } from "monitoring-plugins-ts/passive";

import type { DeadLetters } from "./dead-letters.ts";
import type { Ledger } from "./ledger.ts";
import { type Reading, readMessage } from "./message.ts";
import { Poison } from "./poison.ts";
import type { Delivery } from "./stomp.ts";

/** Pauses before a result is submitted again: the first, and the longest. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** So long an object may be inactive; a target that is away may be so for ever, since the broker keeps the messages. */
const INACTIVE_MS = 600_000;

/** Results remembered, to know one that comes again: more than can be under way. */
const MOST_REMEMBERED = 20_000;

export interface Setting {
  readonly reading: Reading;
  readonly target: Target;
  readonly ledger: Ledger;
  /** Undefined leaves what cannot be delivered to the broker. */
  readonly deadLetters: DeadLetters | undefined;
  /** One line about what happens. */
  readonly log: (line: string) => void;
  /** One line about a result, for those who ask for all. */
  readonly detail: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Submits what comes, and settles each message by what became of it. */
export class Relay {
  readonly #setting: Setting;
  readonly #stop = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  /** The last submission to each object: an older result must not come after a newer one. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #delivered = new Set<string>();
  /** Messages are read one after the other, in their order. */
  #reading: Promise<void> = Promise.resolve();
  #away: { readonly since: number; readonly text: string } | undefined;
  /** Rejects because of a bug. */
  readonly failed: Promise<never>;
  #fail: (error: unknown) => void = () => {};

  constructor(setting: Setting) {
    this.#setting = setting;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
  }

  /** Takes a message; nothing is taken any more once it was told to {@link drain}: the broker keeps it. */
  take(delivery: Delivery): void {
    if (this.#stop.signal.aborted) return;
    this.#setting.ledger.taken(delivery);
    const read = this.#reading.then(() => this.#read(delivery));
    const done = read.then((result) => result && this.#inOrder(result, delivery)).catch(this.#fail);
    this.#reading = read.then(
      () => {},
      () => {},
    );
    this.#underWay.add(done);
    done.finally(() => this.#underWay.delete(done));
  }

  /** Waits for what is being submitted; what waits to be submitted again is left to the broker. */
  async drain(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#underWay);
  }

  async #read(delivery: Delivery): Promise<PassiveResult | undefined> {
    if (delivery.cutFrom !== undefined) {
      this.#bury(delivery, "poison", `a message of ${delivery.cutFrom} bytes, more than are taken`);
      return undefined;
    }
    try {
      return await readMessage(delivery.body, this.#setting.reading, this.#setting.now() / 1000);
    } catch (error) {
      if (!(error instanceof Poison)) throw error;
      this.#bury(delivery, "poison", error.message);
      return undefined;
    }
  }

  #inOrder(result: PassiveResult, delivery: Delivery): Promise<void> {
    const name = objectName(result);
    const submit = () => this.#submit(result, delivery);
    const done = this.#last.get(name)?.then(submit) ?? submit();
    this.#last.set(name, done);
    return done.finally(() => {
      if (this.#last.get(name) === done) this.#last.delete(name);
    });
  }

  async #submit(result: PassiveResult, delivery: Delivery): Promise<void> {
    const { detail, ledger } = this.#setting;
    const key = keyOf(result);
    const name = `${objectName(result)} of ${new Date(result.time * 1000).toISOString()}`;
    if (delivery.isAgain && this.#delivered.has(key)) {
      detail(`${name}: came again, was delivered before`);
      delivery.ack();
      ledger.settled(delivery, "again");
      return;
    }
    // a clock that is set is no reason to give up
    const begin = performance.now();
    const isGone = () => this.#stop.signal.aborted || delivery.isGone();
    for (let pause = FIRST_PAUSE_MS; !isGone(); pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const outcome = await this.#setting.target.submit(result, new AbortController().signal);
      this.#notice(outcome);
      if (
        outcome.kind === "processed" ||
        outcome.kind === "accepted" ||
        outcome.kind === "older" ||
        outcome.kind === "kept"
      ) {
        this.#remember(key);
        detail(`${name}: ${outcome.kind}: ${printable(outcome.text)}`);
        delivery.ack();
        ledger.settled(delivery, outcome.kind === "kept" ? "kept" : "delivered");
        return;
      }
      if (!outcome.again || (outcome.kind === "inactive" && performance.now() - begin > INACTIVE_MS)) {
        this.#bury(delivery, "undelivered", `${name}: ${outcome.kind}: ${printable(outcome.text)}`);
        return;
      }
      detail(`${name}: ${outcome.kind}, is tried again: ${printable(outcome.text)}`);
      // not all at once
      await sleep(pause * (0.5 + Math.random() / 2), this.#stop.signal);
    }
    // the broker brings it again
    ledger.settled(delivery, "gone");
  }

  /** Says once that a target takes nothing, and once that it does again. */
  #notice({ kind, text, again }: Outcome): void {
    const { target, ledger, log, now } = this.#setting;
    const isAway = again === true && kind !== "inactive";
    if (isAway && this.#away?.text !== text) {
      log(`${target.name} takes no results: ${printable(text)}`);
      this.#away = { since: this.#away?.since ?? now(), text };
      ledger.away = text;
    } else if (!isAway && this.#away !== undefined) {
      log(`${target.name} takes results again, after ${formatDuration((now() - this.#away.since) / 1000)}`);
      this.#away = undefined;
      ledger.away = undefined;
    }
  }

  /** Puts a message where somebody can look at it: into the folder, else where the broker's rules say. */
  #bury(delivery: Delivery, how: "poison" | "undelivered", reason: string): void {
    const { deadLetters, ledger, log, now } = this.#setting;
    ledger.settled(delivery, how);
    log(`not delivered: ${printable(reason)}`);
    try {
      deadLetters?.keep(delivery.body, printable(reason), now());
    } catch (error) {
      log(`not kept, left to the broker: ${printable((error as Error).message)}`);
      delivery.reject();
      return;
    }
    if (deadLetters === undefined) delivery.reject();
    else delivery.ack();
  }

  #remember(key: string): void {
    this.#delivered.add(key);
    if (this.#delivered.size <= MOST_REMEMBERED) return;
    for (const oldest of this.#delivered) {
      this.#delivered.delete(oldest);
      return;
    }
  }
}

/** Host, service and time, and what it says: two results of one second are two. */
function keyOf({ host, service, exitCode, output, perfdata, time }: PassiveResult): string {
  const text = JSON.stringify([host, service, exitCode, output, perfdata, time]);
  return createHash("sha256").update(text).digest("base64");
}
