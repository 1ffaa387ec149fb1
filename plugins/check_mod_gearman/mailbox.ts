import type { Job } from "monitoring-plugins-ts/gearman";
import {
  type Cipher,
  decodeBase64,
  isResultText,
  parseResult,
  probeQueueEnd,
  probeQueueName,
} from "monitoring-plugins-ts/mod-gearman";

import type { Stray } from "./facts.ts";
import type { Trip } from "./trip.ts";

/** How long a queue's name outlives its run: clocks of monitoring hosts may differ. */
const SLACK_SECONDS = 10;

/** The private queue results come back to, on all servers, and the jobs they belong to. */
export class Mailbox {
  readonly queue: string;
  readonly trips: Trip[] = [];
  readonly strays: Stray[] = [];
  /** Servers, as `host:port`, over which a copy of each result may come, or the only result. */
  readonly copiesFrom = new Set<string>();
  readonly #cipher: Cipher;

  constructor(queue: string, cipher: Cipher) {
    this.queue = queue;
    this.#cipher = cipher;
  }

  /** Takes a job from the queue, and gives it to the trip it is the result of. */
  take(job: Job, server: string): void {
    job.complete();
    // left by a run that was killed
    if (job.queue !== this.queue) return;
    const text = this.#cipher.open(job.payload);
    const result = text === undefined ? undefined : parseResult(text);
    const trip = this.trips.find(({ token }) => token === result?.serviceDescription);
    if (result !== undefined && trip !== undefined) {
      trip.result(result, server);
    } else {
      // with our key, or without one where there is none, it makes sense: so it is not the key that is wrong
      const isReadable = text !== undefined && isResultText(text);
      const kind = isReadable ? "foreign" : isClear(job.payload) ? "clear" : "unreadable";
      this.strays.push({ server, kind });
    }
    this.review();
  }

  /** A job that is done and whose result seems to be among those nobody can read has nothing more to wait for. */
  review(): void {
    const lacking = this.trips.filter((trip) => trip.lacksResult);
    if (lacking.length <= this.strays.length) for (const trip of lacking) trip.settle();
  }
}

function isClear(payload: Buffer): boolean {
  return isResultText(decodeBase64(payload)?.toString("latin1") ?? "");
}

/** A queue's name, unlike any other run's, that tells when the run is over for certain. */
export function mailboxName(random: string, now: number, remainingMs: number): string {
  return probeQueueName("check_mod_gearman", random, Math.ceil((now + remainingMs) / 1000) + SLACK_SECONDS);
}

/** Whether a queue belonged to a run that is over, however it ended. */
export function isAbandoned({ name, worker }: { readonly name: string; readonly worker: number }, now: number) {
  const end = probeQueueEnd(name);
  return end !== undefined && worker === 0 && end * 1000 < now;
}
