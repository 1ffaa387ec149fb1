import { DAY, ENOUGH_SAMPLES, inWindow, LONGEST_GAP } from "./trend.ts";

/** What is kept of a process at one run: seconds since boot, descriptors, resident bytes, connected workers. */
export type Sample = readonly [time: number, fds: number, rss: number | null, workers: number | null];

/** The samples of one process, oldest first. */
interface Series {
  readonly pid: number;
  /** With the pid, what makes it this process and no later one. */
  readonly startTicks: number;
  readonly samples: readonly Sample[];
  /** Of the job server: the fewest descriptors it had beside its connections. */
  readonly idle?: number | undefined;
}

/** The state file. */
export interface History {
  readonly version: 1;
  /** Of which boot the times are; times and ticks of another mean nothing. */
  readonly boot: string;
  readonly series: readonly Series[];
  /** By the name of the processes. */
  readonly lives: Readonly<Record<string, Lives>>;
  /** Since when, in seconds since 1970, and in how many runs growth could not be judged; undefined when it could. */
  readonly unjudged?: { readonly since: number; readonly runs: number } | undefined;
}

/** Starts and ends of processes of one name. */
interface Lives {
  /** Those that ran at the last run: `pid:start`. */
  readonly running: readonly string[];
  /** Ended, and no other has taken the place yet. */
  readonly ended: number;
  /** When others took the place of those that had ended, in seconds since boot. */
  readonly restarts: readonly number[];
}

/** What there is to remember of one process. */
export interface Observation {
  readonly pid: number;
  readonly startTicks: number;
  /** Another one that is observed started it. */
  readonly isChild: boolean;
  /** Undefined: not known this time, which makes no new sample and forgets none. */
  readonly fds: number | undefined;
  readonly rss: number | undefined;
  readonly workers: number | undefined;
  /** Of the job server: descriptors that are no connection it knows of. */
  readonly idle: number | undefined;
}

/** Samples in a state file, of all processes together. */
export const MOST_SAMPLES = 500;

/** Processes remembered; with more, each would have too few samples to tell anything. */
const MOST_SERIES = 20;

/** Reads what a state file held. @returns undefined unless it is a history of this version */
export function parseHistory(content: unknown): History | undefined {
  const { version, boot, series, lives, unjudged } = (content ?? {}) as Record<string, unknown>;
  if (version !== 1 || typeof boot !== "string" || !Array.isArray(series)) return undefined;
  if (!series.every(isSeries)) return undefined;
  // more than any run of ours writes would only cost time
  const samples = series.reduce((sum, one) => sum + one.samples.length, 0);
  if (samples > MOST_SAMPLES) return undefined;
  return {
    version,
    boot,
    series,
    lives: isLives(lives) ? lives : {},
    unjudged: isSpell(unjudged) ? unjudged : undefined,
  };
}

function isLives(value: unknown): value is History["lives"] {
  return Object.values(value ?? { none: undefined }).every((one: unknown) => {
    const { running, ended, restarts } = (one ?? {}) as Record<string, unknown>;
    if (!Array.isArray(running) || !isCount(ended) || !Array.isArray(restarts)) return false;
    return running.every((name) => typeof name === "string") && restarts.every(isCount);
  });
}

function isSpell(value: unknown): value is NonNullable<History["unjudged"]> {
  const { since, runs } = (value ?? {}) as Record<string, unknown>;
  return isCount(since) && isCount(runs);
}

function isSeries(value: unknown): value is Series {
  const { pid, startTicks, samples, idle } = (value ?? {}) as Record<string, unknown>;
  return (
    (idle === undefined || isCount(idle)) &&
    isCount(pid) &&
    isCount(startTicks) &&
    Array.isArray(samples) &&
    samples.every(isSample)
  );
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
  /** Seconds since 1970, which goes on from boot to boot. */
  readonly now: number;
}

/** Processes of one name. */
export interface ObservedName {
  readonly name: string;
  readonly processes: readonly Observation[];
}

/**
 * Adds a run to the history. What belongs to processes that are gone, to another boot, to a time before the window or,
 * against all odds, to the future, is forgotten.
 *
 * @param window in seconds
 */
export function remember(
  history: History | undefined,
  names: readonly ObservedName[],
  { boot, time, now }: Moment,
  window: number,
): History {
  const sameBoot = history?.boot === boot ? history : undefined;
  const known = sameBoot?.series ?? [];
  const kept = names
    .flatMap(({ processes }) => processes)
    .toSorted((a, b) => (b.fds ?? 0) - (a.fds ?? 0) || a.startTicks - b.startTicks || a.pid - b.pid)
    .slice(0, MOST_SERIES);
  const most = Math.floor(MOST_SAMPLES / kept.length);
  const series = kept.flatMap(({ pid, startTicks, fds, rss, workers, idle }) => {
    const before = known.find(isOf({ pid, startTicks }));
    const fewest = Math.min(before?.idle ?? Number.POSITIVE_INFINITY, idle ?? Number.POSITIVE_INFINITY);
    const samples = (before?.samples ?? [])
      .filter(([at]) => at < time && at >= time - keptFor(window))
      .toSorted(([a], [b]) => a - b);
    if (fds !== undefined) samples.push([Math.round(time * 100) / 100, fds, rss ?? null, workers ?? null]);
    return samples.length === 0
      ? []
      : [
          {
            pid,
            startTicks,
            samples: fitted(samples, window, most),
            ...(Number.isFinite(fewest) ? { idle: fewest } : {}),
          },
        ];
  });
  const lives = Object.fromEntries(
    names.map(({ name, processes }) => [name, livesOf(sameBoot?.lives[name], processes, time, window)]),
  );
  const isJudged = names.every(
    ({ processes }) => processes.length === 0 || processes.some((one) => isFull(series.find(isOf(one)), time, window)),
  );
  const { since = now, runs = 0 } = history?.unjudged ?? {};
  const longer = isJudged ? undefined : { since: Math.min(since, now), runs: runs + 1 };
  // without a process there is nothing to judge, and nothing new
  const unjudged = kept.length === 0 ? history?.unjudged : longer;
  return { version: 1, boot, series, lives, unjudged };
}

/** Finds what is of a process. */
export const isOf =
  ({ pid, startTicks }: Pick<Series, "pid" | "startTicks">) =>
  (one: Pick<Series, "pid" | "startTicks">) =>
    one.pid === pid && one.startTicks === startTicks;

const isFull = (series: Series | undefined, time: number, window: number) =>
  series !== undefined && series.samples.length >= ENOUGH_SAMPLES && time - (series.samples[0]?.[0] ?? time) >= window;

/** Restarts remembered, and processes of a name that are looked at for them. */
const MOST_LIVES = 100;

function livesOf(before: Lives | undefined, processes: readonly Observation[], time: number, window: number): Lives {
  const running = processes
    .filter(({ isChild }) => !isChild)
    .map(({ pid, startTicks }) => `${pid}:${startTicks}`)
    .slice(0, MOST_LIVES);
  const came = before === undefined ? 0 : running.filter((one) => !before.running.includes(one)).length;
  const went = before === undefined ? 0 : before.running.filter((one) => !running.includes(one)).length;
  const ended = Math.min(MOST_LIVES, (before?.ended ?? 0) + went);
  const replaced = Math.min(ended, came);
  const restarts = [...(before?.restarts ?? []), ...Array.from({ length: replaced }, () => Math.round(time))];
  return {
    running,
    ended: ended - replaced,
    restarts: restarts.filter((at) => at >= time - window && at <= time).slice(-MOST_LIVES),
  };
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
