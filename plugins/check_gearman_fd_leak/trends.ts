import type { Trends } from "./facts.ts";
import type { History, Sample } from "./history.ts";
import { type Point, type Trend, trendOf } from "./trend.ts";

/**
 * Descriptors of gearmand that one worker accounts for: its connection, and as many again where it returns results by a
 * connection of its own, as Mod-Gearman's do.
 */
const PER_WORKER = [1, 2] as const;

/** The trends of a process; undefined when it has no history. */
export function trendsOf(
  history: History | undefined,
  { pid, startTicks }: { readonly pid: number; readonly startTicks: number },
  window: number,
): Trends | undefined {
  const series = history?.series.find((one) => one.pid === pid && one.startTicks === startTicks);
  if (series === undefined) return undefined;
  const trend = (value: (sample: Sample) => number | null): Trend => {
    const points = series.samples.flatMap((sample): Point[] => {
      const known = value(sample);
      return known === null ? [] : [[sample[0], known]];
    });
    return trendOf(points, window);
  };
  return {
    fds: trend(([, fds]) => fds),
    unexplained: series.samples.some(([, , , workers]) => workers !== null) ? unexplained(trend) : undefined,
    rss: trend(([, , rss]) => rss),
  };
}

/** More workers or fewer, with one descriptor each or with two: whichever explains more of the growth. */
function unexplained(trend: (value: (sample: Sample) => number | null) => Trend): Trend {
  const [one, two] = PER_WORKER.map((each) =>
    trend(([, fds, , workers]) => (workers === null ? null : fds - each * workers)),
  ) as [Trend, Trend];
  const growth = ({ perHour, slope }: Trend) => perHour ?? slope ?? 0;
  return growth(one) > growth(two) ? two : one;
}
