import type { ProcessUse, TitledProcess } from "monitoring-plugins-ts/linux";
import { isBusy, type SiteState } from "monitoring-plugins-ts/livestatus";

import type { Past } from "./facts.ts";

/** What is kept of a site. Times are seconds since boot: a clock that nobody sets. */
interface SiteMemory {
  /** It has not been seen ready since. */
  readonly down?: number | undefined;
  /** Its process has not been seen since. */
  readonly gone?: number | undefined;
  /** Heartbeats received, and when the state file had that number first. */
  readonly beats?: readonly [count: number, at: number] | undefined;
  /** When its channels were connected, as last seen. */
  readonly pool?: number | undefined;
  /** Resets within the last hour, as far as they were seen. */
  readonly resets?: readonly number[] | undefined;
  /** The process of a site that is down, and the fewest threads it was seen with. */
  readonly threads?: readonly [pid: number, fewest: number] | undefined;
}

/** What a check keeps between two runs. */
export interface Memory {
  /** Of which boot the times are. */
  readonly boot: string;
  /** When it was written. */
  readonly seen: number;
  readonly sites: ReadonlyMap<string, SiteMemory>;
  /** Peers of LMDs that are pending, and since when. */
  readonly pending: ReadonlyMap<string, number>;
}

/** What one run sees of a site. */
export interface Look {
  readonly id: string;
  /** Undefined: this run cannot tell. */
  readonly isDown: boolean | undefined;
  readonly process: (TitledProcess & ProcessUse) | "gone" | undefined;
  readonly masterAge: number | undefined;
  readonly state: SiteState | undefined;
  /** Seconds since that state was written. */
  readonly stateAge: number | undefined;
}

/** Sites or peers kept, and the longest name of one in bytes: the file stays below what is read of it. */
const MOST = 1000;
const LONGEST_ID = 256;

/** Resets kept of a site; more of them say nothing more. */
const MOST_RESETS = 20;

/** Seconds in which resets are counted. */
const HOUR = 3600;

/** After so many seconds without a run nobody knows whether something lasted. */
const GAP = 2 * HOUR;

/** The state file counts in whole seconds, twice: two times that are nearer are the same. */
const TOLERANCE = 3;

/** Reads what the file held. @returns undefined unless it is a memory of this version */
export function parseMemory(content: unknown): Memory | undefined {
  const { version, boot, seen, sites, pending } = (content ?? {}) as Record<string, unknown>;
  if (version !== 1 || typeof boot !== "string" || !isTime(seen)) return undefined;
  if (!isListOf(sites, isSiteMemory) || !isListOf(pending, isTime)) return undefined;
  return { boot, seen, sites: new Map(sites), pending: new Map(pending) };
}

/** What {@link parseMemory} reads. */
export const formatMemory = ({ boot, seen, sites, pending }: Memory) => ({
  version: 1,
  boot,
  seen,
  sites: [...sites],
  pending: [...pending],
});

/** How the memory calls a peer. */
export const peerId = (address: string, key: string) => `${address} ${key}`;

/** Whether there is anything in it. */
export const isEmpty = ({ sites, pending }: Memory) => sites.size === 0 && pending.size === 0;

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is (readonly [string, T])[] {
  return (
    Array.isArray(value) &&
    value.length <= MOST &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" && isItem(pair[1]))
  );
}

function isSiteMemory(value: unknown): value is SiteMemory {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { down, gone, beats, pool, resets, threads } = value as Record<string, unknown>;
  return (
    [down, gone, pool].every((time) => time === undefined || isTime(time)) &&
    [beats, threads].every((pair) => pair === undefined || isTimes(pair, 2)) &&
    (resets === undefined || isTimes(resets))
  );
}

const isTime = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isTimes = (value: unknown, length?: number) =>
  Array.isArray(value) &&
  value.every(isTime) &&
  value.length <= MOST_RESETS &&
  value.length === (length ?? value.length);

/**
 * What of an earlier memory still counts: nothing of another boot or, against all odds, of the future; and no state that
 * may have ended while nobody looked.
 */
export function stillKnown(memory: Memory | undefined, boot: string, time: number): Memory | undefined {
  if (memory === undefined || memory.boot !== boot || memory.seen > time) return undefined;
  if (time - memory.seen <= GAP) return memory;
  const sites = [...memory.sites].map(([id, { beats, pool, resets }]) => [id, { beats, pool, resets }] as const);
  return { ...memory, sites: new Map(sites), pending: new Map() };
}

/** Takes a run's look at a site into what is known of it. @returns what to keep, and what it tells */
export function remember(
  before: SiteMemory,
  look: Look,
  time: number,
): { readonly memory: SiteMemory; readonly past: Past } {
  const { isDown, process, state, stateAge = 0 } = look;
  const isReady = state?.state === "ready";
  const down = isDown === undefined ? before.down : isDown ? (before.down ?? time) : undefined;
  const gone = process === undefined ? before.gone : process === "gone" ? (before.gone ?? time) : undefined;
  const pooled = isReady ? rememberPool(before, look, time) : before;
  const beats = isReady
    ? rememberBeats(before, state, time - stateAge)
    : state === undefined
      ? before.beats
      : undefined;
  const resets = pooled.resets?.filter((at) => time - at <= HOUR);
  const threads = down === undefined ? undefined : fewestThreads(before, process);
  return {
    memory: { down, gone, beats, pool: pooled.pool, resets: resets?.length ? resets : undefined, threads },
    past: {
      downFor: age(down, time),
      goneFor: age(gone, time),
      beatlessFor: isReady && beats !== undefined ? Math.max(0, time - stateAge - beats[1]) : undefined,
      resets: resets?.length ?? 0,
      threadsGained:
        threads === undefined || typeof process !== "object" ? 0 : (process.threads ?? threads[1]) - threads[1],
    },
  };
}

const age = (since: number | undefined, time: number) => (since === undefined ? undefined : Math.max(0, time - since));

/** A reset is a pool that is newer than the one known before, unless it came with the start of its process. */
function rememberPool(
  { pool, resets = [] }: SiteMemory,
  { state, stateAge = 0, process, masterAge }: Look,
  time: number,
): Pick<SiteMemory, "pool" | "resets"> {
  const resetAge = state?.resetAge;
  // negative after the clock was set back
  if (resetAge === undefined || resetAge < 0) return { pool, resets };
  const built = time - stateAge - resetAge;
  if (pool !== undefined && built <= pool + TOLERANCE) return { pool, resets };
  const processAge = typeof process === "object" ? process.age : masterAge;
  const isStart = processAge === undefined ? pool === undefined : built < time - processAge + STARTING;
  return { pool: rounded(built), resets: isStart ? resets : [...resets, rounded(built)].slice(-MOST_RESETS) };
}

/** A process that starts has connected its channels within so many seconds. */
const STARTING = 10;

/** @param dumped when the state was written */
function rememberBeats(
  { beats }: SiteMemory,
  { heartbeats, resetAge, channels }: SiteState,
  dumped: number,
): SiteMemory["beats"] {
  // heartbeats take a free channel
  if (heartbeats === undefined || (channels.length > 0 && channels.every(isBusy))) return undefined;
  if (beats === undefined || beats[0] !== heartbeats || beats[1] > dumped) return [heartbeats, rounded(dumped)];
  // counted anew since then, and by chance as far
  const isReset = resetAge !== undefined && dumped - resetAge > beats[1];
  return isReset ? [heartbeats, rounded(dumped)] : beats;
}

function fewestThreads({ threads }: SiteMemory, process: Look["process"]): SiteMemory["threads"] {
  if (process === undefined) return threads;
  if (process === "gone" || process.threads === undefined) return undefined;
  return [process.pid, threads?.[0] === process.pid ? Math.min(threads[1], process.threads) : process.threads];
}

const rounded = (seconds: number) => Math.round(seconds * 10) / 10;

/** Keeps what is worth it, and not more than a file may hold. */
export function keep<T>(entries: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  return new Map(
    entries.filter(([id, value]) => isShort(id) && (typeof value !== "object" || isWorthIt(value))).slice(0, MOST),
  );
}

/** A character takes six bytes at most. */
const isShort = (id: string) => id.length * 6 <= LONGEST_ID || Buffer.byteLength(JSON.stringify(id)) <= LONGEST_ID;

const isWorthIt = (value: unknown) => Object.values(value as object).some((one) => one !== undefined);
