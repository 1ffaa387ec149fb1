import type { Range } from "monitoring-plugins-ts";

import type { ProcessFacts } from "./facts.ts";
import type { Levels, LevelThreshold } from "./threshold.ts";

/** Everything the user said about the figures. */
export interface Rules {
  readonly fds: Levels<LevelThreshold>;
  readonly sockets: Levels;
  readonly closeWait: Levels;
  /** Descriptors an hour. */
  readonly growth: Levels;
  /** Seconds until the limit. */
  readonly eta: Levels;
  readonly perWorker: Levels;
  /** Bytes. */
  readonly rss: Levels;
  /** Bytes an hour. */
  readonly rssGrowth: Levels;
  /** How many must run, of each name. */
  readonly processes: Range;
  /** Seconds. */
  readonly window: number;
}

/** Whether there is a threshold at all. */
export const isSet = ({ warning, critical }: Levels) => warning !== undefined || critical !== undefined;

/**
 * Growth in descriptors an hour, to a tenth; undefined while it is not known. With a limit per worker, only what the
 * workers do not explain counts.
 */
export function growthOf({ trend }: ProcessFacts, { perWorker }: Rules): number | undefined {
  const chosen = isSet(perWorker) ? (trend?.unexplained ?? trend?.fds) : trend?.fds;
  return chosen?.perHour === undefined ? undefined : Math.round(chosen.perHour * 10) / 10;
}

/** Seconds until the limit; undefined when it does not come closer. */
export function etaOf(process: ProcessFacts, rules: Rules): number | undefined {
  const perHour = growthOf(process, rules);
  const { fds, limit } = process;
  if (perHour === undefined || perHour <= 0 || fds === undefined || limit === undefined) return undefined;
  return Math.max(0, Math.round(((limit - fds) / perHour) * 3600));
}
