import { Status, sleep } from "monitoring-plugins-ts";

import type { Ledger } from "./ledger.ts";
import type { Relay } from "./relay.ts";
import { Consumer, type Ending, type Source, type StompOptions, sourceName } from "./stomp.ts";

/** Pauses after all brokers were tried: the first, and the longest. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** A connection that lasted so long was a good one: the next pause is the first again. */
const GOOD_MS = 10_000;

/** Longest wait for the broker to take the last acknowledgements. */
const GOODBYE_MS = 5000;

export interface Run {
  /** Brokers, the one to be preferred first. */
  readonly sources: readonly Source[];
  readonly options: StompOptions;
  readonly relay: Relay;
  readonly ledger: Ledger;
  /** Aborted: takes nothing more, and ends when what is under way is settled. */
  readonly stop: AbortSignal;
  readonly log: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Relays until it is stopped, or until every broker has refused. @returns the exit code */
export async function relayUntilStopped(run: Run): Promise<Status> {
  const { sources, relay, ledger, stop, log } = run;
  let isFirst = true;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const refusals: string[] = [];
    for (const source of sources) {
      const { ending, good, wasOpen } = await relayFrom(source, run, isFirst);
      if (wasOpen) isFirst = false;
      if (stop.aborted) return Status.OK;
      const text = `${sourceName(source)}: ${ending.text}`;
      if (ending.kind === "refused" || ending.kind === "missing") refusals.push(text);
      log(text);
      ledger.sourceFailure = text;
      if (good) pause = FIRST_PAUSE_MS;
    }
    if (refusals.length === sources.length) {
      log("every broker has refused: nothing can be relayed");
      await relay.drain();
      return Status.CRITICAL;
    }
    await sleep(pause * (0.5 + Math.random() / 2), stop);
    if (stop.aborted) return Status.OK;
  }
}

/** @param isFirst no connection has brought any message yet */
async function relayFrom(
  source: Source,
  { options, relay, ledger, stop, log, now }: Run,
  isFirst: boolean,
): Promise<{ ending: Ending; good: boolean; wasOpen: boolean }> {
  let since = Number.POSITIVE_INFINITY;
  const consumer = new Consumer(source, options, {
    subscribed: () => {
      since = now();
      ledger.connected(sourceName(source));
      log(`takes results from ${sourceName(source)}`);
    },
    // a broker that was killed does not say that it has delivered a message before
    delivered: (delivery) => relay.take(isFirst ? delivery : { ...delivery, isAgain: true }),
  });
  const end = () => {
    relay.drain().then(() => {
      consumer.close();
      // a broker that hangs does not hold up the end
      setTimeout(() => consumer.abandon(), GOODBYE_MS).unref();
    });
  };
  stop.addEventListener("abort", end);
  if (stop.aborted) end();
  try {
    const ending = await Promise.race([consumer.run(), relay.failed]);
    return { ending, good: now() - since > GOOD_MS, wasOpen: since < Number.POSITIVE_INFINITY };
  } finally {
    stop.removeEventListener("abort", end);
    ledger.connected(undefined);
  }
}
