/** One connection that liveproxyd holds to a site. */
export interface Channel {
  /** Its number; the file descriptor, as far as is known. */
  readonly number: number;
  /** `ready`, `busy`, `heartbeat`, or what a later version calls it. */
  readonly state: string;
  /** Seconds in that state when the file was written. */
  readonly age: number | undefined;
}

/** What liveproxyd writes of one site. Ages are those printed, in seconds before {@link SiteState.dumped}. */
export interface SiteState {
  readonly id: string;
  /** `ready`, `starting`, or what a later version calls it; empty when the file does not say. */
  readonly state: string;
  /** When this site's part was written: local time of the proxy's host, `YYYY-MM-DD HH:MM:SS`. */
  readonly dumped: string | undefined;
  /** Since the pool of channels was built anew. */
  readonly resetAge: number | undefined;
  /** Since the last attempt to connect that failed; undefined: never. */
  readonly failedConnectAge: number | undefined;
  /** Empty: none. */
  readonly lastError: string;
  /** Answers in the proxy's cache. */
  readonly cached: number | undefined;
  readonly channels: readonly Channel[];
  /** Clients being served or waiting: the lines below `Clients:`. */
  readonly clients: number;
  /** Heartbeats answered since the last reset. */
  readonly heartbeats: number | undefined;
  /** Seconds until the next heartbeat; negative when it is overdue. */
  readonly nextHeartbeat: number | undefined;
}

/** The channel states in which no client waits for an answer. */
const UNUSED = ["ready", "heartbeat"];

/** Whether a client uses the channel. A state that is not known counts as use. */
export const isBusy = ({ state }: Channel) => !UNUSED.includes(state);

const SITE = /^\[([^\]/\0]+)\]\s*$/;
const CHANNEL = /^\s*(\d+) - (\S+)\s+-\s+client: .*? - since: \S+ \S+ \((.*)\)$/;

const FIELD = /^ {2}\S/;
const RECEIVED = /^\s*heartbeats received: (\d+)\s*$/;
const NEXT = /^\s*next in (-?\d+(?:\.\d+)?)s\s*$/;

type Block = "" | "channels" | "clients" | "heartbeat" | "other";

interface Draft {
  id: string;
  fields: Map<string, string>;
  channels: Channel[];
  clients: number;
  heartbeats: number | undefined;
  nextHeartbeat: number | undefined;
}

/**
 * Reads the state file of liveproxyd. Nothing is fatal: unknown keys, states and blocks are passed over, and a file cut
 * anywhere gives what it says up to there. When a site is there twice, the last one counts.
 *
 * @returns undefined when the text is no state file at all
 */
export function parseStateFile(text: string): readonly SiteState[] | undefined {
  const sites = new Map<string, SiteState>();
  let isStateFile = false;
  let draft: Draft | undefined;
  let block: Block = "";
  const flush = () => {
    if (draft !== undefined) sites.set(draft.id, finish(draft));
  };
  for (const line of text.split("\n")) {
    // only at the very beginning of a line: the text of an error may begin with a bracket as well
    const id = line.startsWith("[") ? SITE.exec(line)?.[1] : undefined;
    if (id !== undefined && id !== "." && id !== "..") {
      flush();
      draft = { id, fields: new Map(), channels: [], clients: 0, heartbeats: undefined, nextHeartbeat: undefined };
      block = "";
    } else if (draft === undefined) {
      isStateFile ||= line.trimEnd() === "Current state:";
    } else if (FIELD.test(line)) {
      block = readField(draft, line);
    } else if (line.trim() !== "") {
      readBlockLine(draft, block, line);
    }
  }
  flush();
  return isStateFile || sites.size > 0 ? [...sites.values()] : undefined;
}

/** Splits at the first colon, as values hold colons, too. */
function readField(draft: Draft, line: string): Block {
  const colon = line.indexOf(":");
  const key = line.slice(2, Math.max(colon, 2)).toLowerCase();
  const value = line.slice(colon + 1).trim();
  if (colon < 0) return "other";
  if (value !== "") {
    draft.fields.set(key, value);
    return "other";
  }
  return key === "channels" || key === "clients" || key === "heartbeat" ? key : "other";
}

function readBlockLine(draft: Draft, block: Block, line: string): void {
  if (block === "channels") {
    const [, number, state, since] = CHANNEL.exec(line.trimEnd()) ?? [];
    if (state !== undefined) draft.channels.push({ number: Number(number), state, age: parseAge(since ?? "") });
  } else if (block === "clients") {
    draft.clients += 1;
  } else if (block === "heartbeat") {
    const received = RECEIVED.exec(line)?.[1];
    if (received !== undefined) draft.heartbeats = Number(received);
    const next = NEXT.exec(line)?.[1];
    if (next !== undefined) draft.nextHeartbeat = Number(next);
  }
}

function finish({ id, fields, channels, clients, heartbeats, nextHeartbeat }: Draft): SiteState {
  const error = fields.get("last failed error") ?? "";
  const cached = fields.get("cached responses") ?? "";
  return {
    id,
    state: fields.get("state") ?? "",
    dumped: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(fields.get("state dump time") ?? "")?.[0],
    resetAge: fieldAge(fields.get("last reset")),
    failedConnectAge: fieldAge(fields.get("last failed connect")),
    lastError: error === "None" ? "" : error,
    cached: /^\d+$/.test(cached) ? Number(cached) : undefined,
    channels,
    clients,
    heartbeats,
    nextHeartbeat,
  };
}

const fieldAge = (value: string | undefined) => parseAge(/\((.*)\)$/.exec(value ?? "")?.[1] ?? "");

/**
 * Reads an age as Python prints one, `H:MM:SS` with `N days, ` before it from one day on; negative after the clock was
 * set back.
 *
 * @returns seconds; undefined for anything else
 */
export function parseAge(text: string): number | undefined {
  const match = /^(?:(-?\d+) days?, )?(\d{1,2}):(\d\d):(\d\d)(?:\.\d+)?$/.exec(text);
  if (match === null) return undefined;
  const [, days = "0", hours, minutes, seconds] = match;
  return Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

const HOUR_MS = 3_600_000;

/**
 * When a local time was, in milliseconds since 1970. In the hour that a change of the clocks repeats, it is the one
 * nearer to `near`.
 *
 * @param near milliseconds since 1970, such as the time the file was changed
 * @returns undefined for a text that is no time
 */
export function localTimeMs(text: string, near: number): number | undefined {
  const parsed = new Date(text.replace(" ", "T")).getTime();
  if (Number.isNaN(parsed)) return undefined;
  // no other reading of the text can be nearer
  if (Math.abs(parsed - near) <= HOUR_MS / 2) return parsed;
  const repeated = [parsed - HOUR_MS, parsed + HOUR_MS].filter((other) => sameLocalTime(other, parsed));
  return [parsed, ...repeated].reduce((best, other) => (Math.abs(other - near) < Math.abs(best - near) ? other : best));
}

function sameLocalTime(a: number, b: number): boolean {
  const fields = (time: number) => {
    const date = new Date(time);
    return [date.getDate(), date.getHours(), date.getMinutes()].join();
  };
  return fields(a) === fields(b);
}
