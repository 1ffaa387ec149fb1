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

/** Points compared pairwise: 1,770 pairs, sorted in a fraction of a millisecond. */
const MOST_POINTS = 60;

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
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2);
  let length = 0;
  for (const [later, [time, value]] of points.entries()) {
    for (let earlier = 0; earlier < later; earlier++) {
      const [before, was] = points[earlier] as Point;
      if (time > before) slopes[length++] = (value - was) / (time - before);
    }
  }
  return median(slopes.subarray(0, length));
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
function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
