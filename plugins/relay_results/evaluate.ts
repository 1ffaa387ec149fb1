import { combine, formatDuration, type Result, Status, type Values, verdict } from "monitoring-plugins-ts";

import type { Snapshot } from "./ledger.ts";
import type { quantities } from "./quantities.ts";

/** Written every 5 s: after so many milliseconds nobody writes any more. */
const OLD_MS = 30_000;

/**
 * The verdict on what a relay tells of itself.
 *
 * @param isRunning whether its process is there
 * @param now milliseconds since 1970
 */
export function evaluate(
  status: Snapshot,
  { isRunning, now }: { readonly isRunning: boolean; readonly now: number },
  gauges: Values<typeof quantities>,
): Result {
  const age = now - status.written;
  if (!isRunning) return verdict(Status.UNKNOWN, `the relay (process ${status.pid}) is not running`);
  if (age > OLD_MS) {
    return verdict(Status.UNKNOWN, `the relay (process ${status.pid}) has written nothing for ${ago(age)}: it hangs`);
  }
  if (age < -OLD_MS) {
    const what = `has written nothing since the clock was set back by ${ago(-age)}: it hangs`;
    return verdict(Status.UNKNOWN, `the relay (process ${status.pid}) ${what}`);
  }
  const { source, sourceSince, sourceFailure, target, away, lastMinute, oldest, underWay } = status;
  const why = away === undefined ? "" : ` (${target}: ${away})`;
  const parts = [
    gauges.rate.measure(lastMinute),
    gauges.oldest.measure(oldest === undefined ? 0 : seconds(now - oldest), { say: (text) => text + why }),
    gauges.undelivered.measure(status.undeliveredLastHour),
    gauges.kept.measure(status.keptLastHour),
    gauges.poison.measure(status.poisonLastHour),
    gauges.silence.measure(seconds(now - (status.lastDelivery ?? status.started))),
    gauges.disconnected.measure(source === undefined ? seconds(now - sourceSince) : 0, {
      say: (text) => (sourceFailure === undefined ? text : `${text} (${sourceFailure})`),
    }),
  ];
  const from = source ?? "no broker";
  return combine(`${lastMinute} results in the last minute from ${from} to ${target}, ${underWay} under way`, parts);
}

const seconds = (ms: number) => Math.max(0, Math.round(ms / 1000));
const ago = (ms: number) => formatDuration(ms / 1000);
