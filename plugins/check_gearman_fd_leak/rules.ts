import type { Asked, Range } from "monitoring-plugins-ts";

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
  /** Restarts in the window. */
  readonly restarts: Levels;
  /** How many must run, of each name. */
  readonly processes: Range;
  /** Seconds. */
  readonly window: number;
  /** Descriptors whose kind is read at most. */
  readonly kinds: number;
  /** What was typed of all this, and the state for what cannot be judged. */
  readonly asked: Asked;
}

/** Whether there is a threshold at all. */
export const isSet = ({ warning, critical }: Levels) => warning !== undefined || critical !== undefined;

/** With a limit per worker, only what the workers do not explain counts. */
const trendOf = ({ trend }: ProcessFacts, { perWorker }: Rules) =>
  isSet(perWorker) ? (trend?.unexplained ?? trend?.fds) : trend?.fds;

const toTenth = (value: number | undefined) => (value === undefined ? undefined : Math.round(value * 10) / 10);

/** Growth in descriptors an hour, to a tenth; undefined while it is not judged. */
export const growthOf = (process: ProcessFacts, rules: Rules) => toTenth(trendOf(process, rules)?.perHour);

/** The same for the time left, which is judged as soon as there is a slope: it may be too short to wait for a full window. */
function soonGrowthOf(process: ProcessFacts, rules: Rules): number | undefined {
  const trend = trendOf(process, rules);
  return toTenth(trend?.perHour ?? trend?.slope);
}

/** Seconds until the limit; undefined when it does not come closer, by one descriptor an hour at least. */
export function etaOf(process: ProcessFacts, rules: Rules): number | undefined {
  const perHour = soonGrowthOf(process, rules);
  const { fds, limit } = process;
  if (perHour === undefined || perHour < 1 || fds === undefined || limit === undefined) return undefined;
  return Math.max(0, Math.round(((limit - fds) / perHour) * 3600));
}
