/** What a series of samples says about the way things go. */
export interface Trend {
  readonly samples: number;
  /** From the first to the last of them, in seconds. */
  readonly span: number;
  /** Change an hour; undefined while there are too few samples to tell. */
  readonly perHour: number | undefined;
}

/** A value at a time, in seconds. */
export type Point = readonly [time: number, value: number];

/** Samples before growth is judged, spread over this part of the window at least. */
export const ENOUGH_SAMPLES = 5;
export const ENOUGH_OF_WINDOW = 1 / 4;

/** Points compared pairwise: 4,950 pairs, sorted in well below a millisecond. */
const MOST_POINTS = 100;

/**
 * The trend of a series, by the median of the slopes of all its pairs (Theil and Sen's): a spike, or several, do not move
 * it, as long as fewer than three in ten samples are odd.
 *
 * @param points in the order of time
 * @param window in seconds
 */
export function trendOf(points: readonly Point[], window: number): Trend {
  const first = points[0]?.[0] ?? 0;
  const span = (points.at(-1)?.[0] ?? first) - first;
  const enough = points.length >= ENOUGH_SAMPLES && span >= window * ENOUGH_OF_WINDOW;
  return { samples: points.length, span, perHour: enough ? medianSlope(thin(points)) * 3600 : undefined };
}

function medianSlope(points: readonly Point[]): number {
  const slopes: number[] = [];
  points.forEach(([time, value], index) => {
    for (const [earlier, before] of points.slice(0, index)) {
      if (time > earlier) slopes.push((value - before) / (time - earlier));
    }
  });
  return median(slopes);
}

/** Neighbours become one point, their medians, when there are too many to compare each with each. */
function thin(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size === 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, at) => {
    const group = points.slice(at * size, (at + 1) * size);
    return [median(group.map(([time]) => time)), median(group.map(([, value]) => value))] as const;
  });
}

/** 0 for none. */
function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
