/** What a series of samples says about the way things go. */
export interface Trend {
  /** In the window. */
  readonly samples: number;
  /** From the first to the last of them, in seconds. */
  readonly span: number;
  /** From the first sample of all to the last, in seconds. */
  readonly age: number;
  /** Change an hour as the window has it; undefined while there are too few samples to tell. */
  readonly slope: number | undefined;
  /** Change an hour less what the same hours of the day before had too; undefined until the window is full. */
  readonly perHour: number | undefined;
}

/** A value at a time, in seconds. */
export type Point = readonly [time: number, value: number];

export const DAY = 86_400;

/** Samples before there is a slope, spread over this part of the window at least. */
export const ENOUGH_SAMPLES = 5;
const ENOUGH_OF_WINDOW = 1 / 4;

/** Points compared pairwise: 1,770 pairs, sorted in a fraction of a millisecond. */
const MOST_POINTS = 60;

/** Seconds between two samples beyond which nothing is said of the time between them. */
export const LONGEST_GAP = 3 * 3600;

/**
 * The trend of a series, by the median of the slopes of all its pairs (Theil and Sen's): a spike, or several, do not move
 * it, as long as fewer than three in ten samples are odd.
 *
 * @param points in the order of time, also those before the window
 * @param window in seconds
 */
export function trendOf(points: readonly Point[], window: number): Trend {
  const recent = inWindow(points, window);
  const [samples, span, age] = [recent.length, spanOf(recent), spanOf(points)];
  const isEnough = samples >= ENOUGH_SAMPLES && span >= window * ENOUGH_OF_WINDOW;
  const slope = isEnough ? steadySlope(recent) * 3600 : undefined;
  const perHour = slope === undefined || age < window ? undefined : beyondRhythm(points, recent, slope, window);
  return { samples, span, age, slope, perHour };
}

const spanOf = (points: readonly Point[]) => (points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0);

/** The samples of the window; where a check runs so seldom that it has too few, the last ones of several windows. */
export function inWindow<P extends readonly [time: number, ...rest: unknown[]]>(
  points: readonly P[],
  window: number,
): readonly P[] {
  const now = points.at(-1)?.[0] ?? 0;
  const recent = points.filter(([time]) => time >= now - window);
  if (recent.length >= ENOUGH_SAMPLES) return recent;
  return points.slice(-ENOUGH_SAMPLES).filter(([time]) => time >= now - ENOUGH_SAMPLES * window);
}

/** A step, or a rise that has ended, is over in the later half: what goes on is in both. */
function steadySlope(points: readonly Point[]): number {
  const middle = (points.at(-1)?.[0] ?? 0) - spanOf(points) / 2;
  const later = points.filter(([time]) => time >= middle);
  const whole = medianSlope(thin(points));
  return later.length < 3 ? whole : calmer(whole, medianSlope(thin(later)));
}

/** The one closer to 0, which lies between them when they go in different directions. */
const calmer = (a: number, b: number) => (a * b <= 0 ? 0 : Math.abs(a) < Math.abs(b) ? a : b);

/**
 * Growth an hour that is no rhythm of the day: what goes beyond the growth of the same hours a day before, which tells a
 * new leak, or what is left from day to day, which tells an old one.
 */
function beyondRhythm(
  points: readonly Point[],
  recent: readonly Point[],
  slope: number,
  window: number,
): number | undefined {
  const slopes: number[] = [];
  const beyond: Point[] = [];
  for (const [time, value] of thin(recent)) {
    for (let day = DAY; day <= Math.max(window, DAY); day += DAY) {
      const before = levelAt(points, time - day);
      if (before === undefined) continue;
      slopes.push((value - before) / day);
      if (day === DAY) beyond.push([time, value - before]);
    }
  }
  const knowsYesterday = beyond.length >= ENOUGH_SAMPLES && spanOf(beyond) >= window / 2;
  // on the first day a window of less than one has nothing to be compared with
  const news = knowsYesterday ? calmer(slope, steadySlope(beyond) * 3600) : window < DAY ? slope : undefined;
  const days = slopes.length >= ENOUGH_SAMPLES ? median(slopes) * 3600 : undefined;
  if (news === undefined && days === undefined) return spanOf(points) >= window + DAY ? slope : undefined;
  return Math.max(news ?? Number.NEGATIVE_INFINITY, days ?? Number.NEGATIVE_INFINITY);
}

/** The value at a time between two samples that are not too far apart; single odd ones do not count. */
function levelAt(points: readonly Point[], time: number): number | undefined {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.[0] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  const [earlier, later] = [points[low - 1]?.[0], points[low]?.[0]];
  if (later === time) return smooth(points, low);
  if (earlier === undefined || later === undefined || later - earlier > LONGEST_GAP) return undefined;
  const was = smooth(points, low - 1);
  return was + ((smooth(points, low) - was) * (time - earlier)) / (later - earlier);
}

/** The median of a value and its neighbours. */
function smooth(points: readonly Point[], at: number): number {
  const [[, value] = [0, 0], before, after] = [points[at], points[at - 1]?.[1], points[at + 1]?.[1]];
  if (before === undefined || after === undefined) return value;
  return Math.max(Math.min(before, value), Math.min(Math.max(before, value), after));
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
