import { DAY, ENOUGH_SAMPLES, inWindow, LONGEST_GAP } from "./trend.ts";

/** What is kept of a process at one run: seconds since boot, descriptors, resident bytes, connected workers. */
export type Sample = readonly [time: number, fds: number, rss: number | null, workers: number | null];

/** The samples of one process, oldest first. */
interface Series {
  readonly pid: number;
  /** With the pid, what makes it this process and no later one. */
  readonly startTicks: number;
  readonly samples: readonly Sample[];
}

/** The state file. */
export interface History {
  readonly version: 1;
  /** Of which boot the times are; times and ticks of another mean nothing. */
  readonly boot: string;
  readonly series: readonly Series[];
}

/** What there is to remember of one process. */
export interface Observation {
  readonly pid: number;
  readonly startTicks: number;
  /** Undefined: not known this time, which makes no new sample and forgets none. */
  readonly fds: number | undefined;
  readonly rss: number | undefined;
  readonly workers: number | undefined;
}

/** Samples in a state file, of all processes together. */
export const MOST_SAMPLES = 500;

/** Processes remembered; with more, each would have too few samples to tell anything. */
const MOST_SERIES = 20;

/** Reads what a state file held. @returns undefined unless it is a history of this version */
export function parseHistory(content: unknown): History | undefined {
  const { version, boot, series } = (content ?? {}) as Record<string, unknown>;
  if (version !== 1 || typeof boot !== "string" || !Array.isArray(series)) return undefined;
  if (!series.every(isSeries)) return undefined;
  // more than any run of ours writes would only cost time
  const samples = series.reduce((sum, one) => sum + one.samples.length, 0);
  return samples > MOST_SAMPLES ? undefined : { version, boot, series };
}

function isSeries(value: unknown): value is Series {
  const { pid, startTicks, samples } = (value ?? {}) as Record<string, unknown>;
  return isCount(pid) && isCount(startTicks) && Array.isArray(samples) && samples.every(isSample);
}

function isSample(value: unknown): value is Sample {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [time, fds, rss, workers] = value as unknown[];
  return isCount(time) && isCount(fds) && (rss === null || isCount(rss)) && (workers === null || isCount(workers));
}

const isCount = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;

/** When the observations were made. */
export interface Moment {
  readonly boot: string;
  /** Seconds since boot. */
  readonly time: number;
}

/**
 * Adds a run to the history. What belongs to processes that are gone, to another boot, to a time before the window or,
 * against all odds, to the future, is forgotten.
 *
 * @param window in seconds
 */
export function remember(
  history: History | undefined,
  observations: readonly Observation[],
  { boot, time }: Moment,
  window: number,
): History {
  const known = history?.boot === boot ? history.series : [];
  const kept = observations
    .toSorted((a, b) => (b.fds ?? 0) - (a.fds ?? 0) || a.startTicks - b.startTicks || a.pid - b.pid)
    .slice(0, MOST_SERIES);
  const most = Math.floor(MOST_SAMPLES / kept.length);
  const series = kept.flatMap(({ pid, startTicks, fds, rss, workers }) => {
    const before = known.find((one) => one.pid === pid && one.startTicks === startTicks)?.samples ?? [];
    const samples = before.filter(([at]) => at < time && at >= time - keptFor(window)).toSorted(([a], [b]) => a - b);
    if (fds !== undefined) samples.push([Math.round(time * 100) / 100, fds, rss ?? null, workers ?? null]);
    return samples.length === 0 ? [] : [{ pid, startTicks, samples: fitted(samples, window, most) }];
  });
  return { version: 1, boot, series };
}

/** Seconds: the window, the same one a day before, and a sample before that. Seldom checks need several windows. */
const keptFor = (window: number) => Math.max(window + DAY + LONGEST_GAP, ENOUGH_SAMPLES * window);

/** Samples kept for the rhythm of the day, which changes more slowly than what a short window has to see. */
const MOST_OF_DAY = 100;

function fitted(samples: readonly Sample[], window: number, most: number): readonly Sample[] {
  if (window >= DAY) return thin(samples, most);
  const recent = inWindow(samples, window);
  const earlier = thin(samples.slice(0, samples.length - recent.length), Math.min(MOST_OF_DAY, Math.floor(most * 0.4)));
  return [...earlier, ...thin(recent, most - earlier.length)];
}

/** Leaves out those samples whose neighbours are closest, so that few still cover the whole window. */
function thin(samples: readonly Sample[], most: number): readonly Sample[] {
  const left = [...samples];
  while (left.length > most) {
    let closest = 1;
    let gap = Number.POSITIVE_INFINITY;
    for (let at = 1; at < left.length - 1; at++) {
      const around = (left[at + 1]?.[0] ?? 0) - (left[at - 1]?.[0] ?? 0);
      if (around < gap) [gap, closest] = [around, at];
    }
    left.splice(closest, 1);
  }
  return left;
}
