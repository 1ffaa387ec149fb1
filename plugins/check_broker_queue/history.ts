import type { Course, Queue, Told } from "./facts.ts";

/** Seconds between two looks that are compared, at least: statistics of a broker are seconds old. */
const SHORTEST = 60;

/** What happened longer ago says nothing of now. */
const LONGEST = 86_400;

/** A broker tells its uptime late, and clocks differ. */
const LATE = 15;
const DRIFT = 0.01;

/** Queues that are remembered, and characters in all their names: the file stays below 16 MB, with 10,000 queues at half a one. */
const MOST_QUEUES = 20_000;
const MOST_CHARACTERS = 2_000_000;

/** Of a queue at one look, one column each. */
const COLUMNS = ["messages", "published", "delivered", "acknowledged"] as const;
type Columns = Readonly<Record<(typeof COLUMNS)[number], readonly (number | null)[]>>;

/** One look. */
interface Sample extends Columns {
  /** By the uptime of this machine, in seconds. */
  readonly time: number;
  readonly peer: string;
  readonly uptimes: readonly (readonly [node: string, seconds: number])[];
  readonly unroutable: number | null;
}

/** What is kept between runs: columns, since a broker may have 10,000 queues. */
export interface History {
  readonly version: 1;
  /** Of this machine. */
  readonly boot: string;
  /** Of the queues, in the order of all columns. */
  readonly names: readonly string[];
  /** The newest that is old enough to be compared, and one that is not yet. */
  readonly samples: readonly Sample[];
  /** Since when consumers of a queue have acknowledged nothing: its place among the names, and the time. */
  readonly stalled: readonly (readonly [queue: number, since: number])[];
}

/** @returns undefined for what is no history of this check */
export function parseHistory(content: unknown): History | undefined {
  if (!isRecord(content)) return undefined;
  const { version, boot, names, samples, stalled } = content;
  if (version !== 1 || typeof boot !== "string" || !isListOf(names, isText)) return undefined;
  if (!isListOf(samples, (one) => isSample(one, names.length)) || !isListOf(stalled, isEntryOf(isNumber))) {
    return undefined;
  }
  return content as unknown as History;
}

type Is = (value: unknown) => boolean;
const isText = (value: unknown): value is string => typeof value === "string";
const isNumber: Is = (value) => typeof value === "number" && Number.isFinite(value);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
const isListOf = (value: unknown, is: Is): value is readonly unknown[] => Array.isArray(value) && value.every(is);
const isEntryOf = (isKey: Is) => (value: unknown) =>
  Array.isArray(value) && value.length === 2 && isKey(value[0]) && isNumber(value[1]);
const isCount: Is = (value) => value === null || (Number.isSafeInteger(value) && (value as number) >= 0);

function isSample(value: unknown, length: number): boolean {
  if (!isRecord(value)) return false;
  const { time, peer, uptimes, unroutable } = value;
  return (
    isNumber(time) &&
    isText(peer) &&
    isListOf(uptimes, isEntryOf(isText)) &&
    isCount(unroutable) &&
    COLUMNS.every((key) => isListOf(value[key], isCount) && (value[key] as readonly unknown[]).length === length)
  );
}

/** What earlier looks and this one say together. */
export interface Learned {
  readonly history: History;
  /** In the order of the queues. */
  readonly courses: readonly Course[];
  /** Messages an hour that no queue took. */
  readonly unroutable: number | undefined;
  /** Queues that are too many to be remembered. */
  readonly forgotten: number;
}

/**
 * Takes a look into the history.
 *
 * @param now of this machine: which boot it is, and its uptime in seconds
 */
export function learn(
  known: History | undefined,
  told: Omit<Told, "queues">,
  queues: readonly Queue[],
  now: { readonly boot: string; readonly time: number },
): Learned {
  const alive = known?.boot === now.boot ? known.samples.filter((sample) => isSameLife(sample, told, now.time)) : [];
  const base = alive.findLast(({ time }) => now.time - time >= SHORTEST);
  const remembered = fitting(queues);
  const names = remembered.map(({ name }) => name);
  const before = known?.names ?? [];
  const isSame = before.length === names.length && names.every((name, index) => before[index] === name);
  const place = isSame ? (index: number) => index : placesIn(before, names);
  const since = new Map(alive.length === 0 ? [] : known?.stalled);
  const seconds = base === undefined ? Number.NaN : now.time - base.time;

  const stalled: (readonly [number, number])[] = [];
  const courses = queues.map((queue, index): Course => {
    const at = index < names.length ? place(index) : undefined;
    if (at === undefined) return {};
    const begin = since.get(at);
    if (base === undefined) {
      if (begin !== undefined) stalled.push([index, begin]);
      return {};
    }
    const held = messagesIn(queue);
    const change = changeOf(queue, held, base, at);
    const grewFrom = (base.messages[at] ?? 0) > 0 ? base.time : now.time;
    const stands = standsSince(queue.consumers, held, change, begin, grewFrom);
    if (stands !== undefined) stalled.push([index, stands]);
    const isKnown = change.messages !== undefined && change.acknowledged !== undefined;
    return courseOf(held, change, seconds, isKnown ? longEnough(now.time - (stands ?? now.time)) : undefined);
  });

  const newest = alive.at(-1);
  const isDue = newest === undefined || now.time - newest.time >= SHORTEST;
  const kept = isDue ? alive.slice(-1) : alive;
  const moved = isSame ? kept : kept.map((sample) => reordered(sample, names, place));
  const samples = isDue ? [...moved, sampleOf(told, remembered, now.time)] : moved;
  return {
    history: { version: 1, boot: now.boot, names, samples, stalled },
    courses,
    unroutable: anHour(more(told.unroutable, base?.unroutable), seconds),
    forgotten: queues.length - remembered.length,
  };
}

/** The broker has not been started anew since, whose counters begin with it. */
function isSameLife({ time, peer, uptimes }: Sample, told: Omit<Told, "queues">, now: number): boolean {
  const seconds = now - time;
  if (seconds < 0 || seconds > LONGEST || uptimes.length !== told.uptimes.size) return false;
  if (uptimes.length === 0) return peer === told.peer;
  return uptimes.every(([node, before]) => {
    const uptime = told.uptimes.get(node);
    return uptime !== undefined && Math.abs(uptime - before - seconds) <= LATE + DRIFT * seconds;
  });
}

/** As many of the queues as a file has room for. */
function fitting(queues: readonly Queue[]): readonly Queue[] {
  let characters = 0;
  const end = queues.findIndex(({ name }, index) => {
    characters += name.length;
    return index >= MOST_QUEUES || characters > MOST_CHARACTERS;
  });
  return end < 0 ? queues : queues.slice(0, end);
}

/** Where a queue stood among the names of the run before. */
function placesIn(before: readonly string[], names: readonly string[]): (index: number) => number | undefined {
  const places = new Map(before.map((name, index) => [name, index]));
  return (index) => places.get(names[index] ?? "");
}

function sampleOf({ peer, uptimes, unroutable }: Omit<Told, "queues">, queues: readonly Queue[], time: number): Sample {
  return {
    time,
    peer,
    uptimes: [...uptimes],
    unroutable: unroutable ?? null,
    messages: queues.map((queue) => messagesIn(queue) ?? null),
    published: queues.map(({ published = null }) => published),
    delivered: queues.map(({ delivered = null }) => delivered),
    acknowledged: queues.map(({ acknowledged = null }) => acknowledged),
  };
}

function reordered(sample: Sample, names: readonly string[], place: (index: number) => number | undefined): Sample {
  const column = (key: keyof Columns) => names.map((_, index) => sample[key][place(index) ?? -1] ?? null);
  return {
    ...sample,
    messages: column("messages"),
    published: column("published"),
    delivered: column("delivered"),
    acknowledged: column("acknowledged"),
  };
}

const messagesIn = ({ ready, unacknowledged }: Queue) =>
  ready === undefined || unacknowledged === undefined ? undefined : ready + unacknowledged;

/** What is counted of a queue, as it changed. */
type Change = Readonly<Record<keyof Columns, number | undefined>>;

const NOTHING: Change = { messages: undefined, published: undefined, delivered: undefined, acknowledged: undefined };

/** What came since then. Counters that are smaller began anew, with a queue of the same name: of these nothing is known. */
function changeOf(queue: Queue, held: number | undefined, base: Columns, at: number): Change {
  const published = more(queue.published, base.published[at]);
  const delivered = more(queue.delivered, base.delivered[at]);
  const acknowledged = more(queue.acknowledged, base.acknowledged[at]);
  if ((published ?? 0) < 0 || (delivered ?? 0) < 0 || (acknowledged ?? 0) < 0) return NOTHING;
  return { messages: more(held, base.messages[at]), published, delivered, acknowledged };
}

const more = (now: number | undefined, before: number | null | undefined) =>
  now === undefined || before === undefined || before === null ? undefined : now - before;

const anHour = (change: number | undefined, seconds: number) =>
  change === undefined || change < 0 ? undefined : Math.round((change * 3600) / seconds);

function courseOf(
  held: number | undefined,
  change: Change,
  seconds: number,
  stalledSeconds: number | undefined,
): Course {
  const { messages, published, delivered, acknowledged } = change;
  return {
    growth: messages === undefined ? undefined : Math.round((messages * 3600) / seconds),
    publish: anHour(published, seconds),
    deliver: anHour(delivered, seconds),
    ack: anHour(acknowledged, seconds),
    drainSeconds: drain(held, change, seconds),
    stalledSeconds,
  };
}

/**
 * Seconds until a queue is empty, at the speed at which it became shorter. One of which all messages are new since then is as good as
 * empty, however many there are: it takes as long as its consumers need for these. Any other that does not become shorter never is.
 */
function drain(held: number | undefined, { messages, acknowledged }: Change, seconds: number): number | undefined {
  if (held === undefined || messages === undefined) return undefined;
  if (held === 0) return 0;
  if (acknowledged !== undefined && acknowledged >= held) return Math.round((held * seconds) / acknowledged);
  return messages < 0 ? Math.round((held * seconds) / -messages) : Number.POSITIVE_INFINITY;
}

/** What has just come into an empty queue is no sign of anything. */
const longEnough = (seconds: number) => (seconds < SHORTEST ? 0 : Math.round(seconds));

/**
 * Since when the consumers of a queue acknowledge nothing; undefined while they do, or nobody waits for it.
 *
 * @param held the messages in it
 * @param since known from earlier runs
 * @param grewFrom when there were messages for the first time, if there were none before
 */
function standsSince(
  consumers: number | undefined,
  held: number | undefined,
  { messages, acknowledged }: Change,
  since: number | undefined,
  grewFrom: number,
): number | undefined {
  // not told this time
  if (held === undefined || consumers === undefined) return since;
  if (held === 0 || consumers === 0 || acknowledged === undefined || acknowledged > 0) return undefined;
  return since ?? (messages !== undefined && messages > 0 ? grewFrom : undefined);
}
