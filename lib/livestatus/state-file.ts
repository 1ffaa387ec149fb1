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

/** A line of the file begins at a line feed and nowhere else: texts of errors may hold other ends of lines. */
const REST = "[^\\S\\n]*(?=\\n|$)";
const field = (key: string) => new RegExp(`\\n {2}${key}:([^\\n]*)`);
/** A title and the lines below it, which are further in. */
const section = (title: string) => new RegExp(`\\n {2}${title}:[^\\S\\n]*((?:\\n(?! {2}\\S)[^\\n]*)*)`);

const TITLE = new RegExp(`\\nCurrent state:${REST}`);
// only at the very beginning of a line: the text of an error may begin with a bracket as well
const SITE = new RegExp(`\\n\\[(?!\\.{1,2}\\])([^\\]/\\0\\n]+)\\]${REST}`, "g");
const STATE = field("State");
const DUMPED = field("State dump time");
const RESET = field("Last reset");
const FAILED_CONNECT = field("Last failed connect");
const ERROR = field("Last failed error");
const CACHED = field("Cached responses");
const CHANNELS = section("Channels");
const CLIENTS = section("Clients");
const HEARTBEAT = section("Heartbeat");
// the text of a client may be anything; no part of the pattern can go over a line twice
const CHANNEL = new RegExp(
  `\\n[^\\S\\n]*(\\d+) - (\\S+)[^\\S\\n]+-[^\\S\\n]+client: [^\\n]*? - since: \\S+ \\S+ \\(([^()\\n]*)\\)${REST}`,
  "g",
);
const RECEIVED = new RegExp(`\\n[^\\S\\n]*heartbeats received: (\\d+)${REST}`);
const NEXT = new RegExp(`\\n[^\\S\\n]*next in (-?\\d+(?:\\.\\d+)?)s${REST}`);

/**
 * Reads the state file of liveproxyd. Nothing is fatal: unknown keys, states and blocks are passed over, and a file cut
 * anywhere gives what it says up to there. When a site is there twice, the last one counts.
 *
 * Patterns run over whole sites: going through half a megabyte line by line took a fifth of the time of a check of 500 sites.
 *
 * @param most sites read; what comes after them is left alone
 * @returns undefined when the text is no state file at all
 */
export function parseStateFile(text: string, most = Number.POSITIVE_INFINITY): readonly SiteState[] | undefined {
  const whole = `\n${text}`;
  const headers: RegExpExecArray[] = [];
  SITE.lastIndex = 0;
  for (let match = SITE.exec(whole); match !== null && headers.length < most; match = SITE.exec(whole)) {
    headers.push(match);
  }
  if (headers.length === 0 && !TITLE.test(whole)) return undefined;
  const sites = new Map<string, SiteState>();
  for (const [nth, { index, 0: line, 1: id = "" }] of headers.entries()) {
    sites.set(id, parseSite(id, whole.slice(index + line.length, headers[nth + 1]?.index)));
  }
  return [...sites.values()];
}

function parseSite(id: string, text: string): SiteState {
  const value = (pattern: RegExp) => pattern.exec(text)?.[1]?.trim() ?? "";
  const error = value(ERROR);
  const heartbeat = HEARTBEAT.exec(text)?.[1] ?? "";
  const clients = CLIENTS.exec(text)?.[1] ?? "";
  return {
    id,
    state: value(STATE),
    dumped: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(value(DUMPED))?.[0],
    resetAge: trailingAge(value(RESET)),
    failedConnectAge: trailingAge(value(FAILED_CONNECT)),
    lastError: error === "None" ? "" : error,
    cached: number(/^\d+$/.exec(value(CACHED))?.[0]),
    channels: parseChannels(CHANNELS.exec(text)?.[1] ?? ""),
    clients: clients === "" ? 0 : clients.split("\n").filter((line) => line.trim() !== "").length,
    heartbeats: number(RECEIVED.exec(heartbeat)?.[1]),
    nextHeartbeat: number(NEXT.exec(heartbeat)?.[1]),
  };
}

function parseChannels(text: string): readonly Channel[] {
  const channels: Channel[] = [];
  CHANNEL.lastIndex = 0;
  for (let match = CHANNEL.exec(text); match !== null; match = CHANNEL.exec(text)) {
    const [, number, state = "", age = ""] = match;
    channels.push({ number: Number(number), state, age: parseAge(age) });
  }
  return channels;
}

const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));

/** The age in brackets behind a time. */
const trailingAge = (value: string) =>
  value.endsWith(")") ? parseAge(value.slice(value.indexOf("(") + 1, -1)) : undefined;

/**
 * Reads an age as Python prints one, `H:MM:SS` with `N days, ` before it from one day on; negative after the clock was
 * set back.
 *
 * @returns seconds; undefined for anything else
 */
export function parseAge(text: string): number | undefined {
  // less than a day: by far most of them
  if (text.length === 7 && text[1] === ":" && text[4] === ":") {
    const seconds = Number(text[0]) * 3600 + Number(text.slice(2, 4)) * 60 + Number(text.slice(5));
    if (seconds >= 0 && /^[\d:]+$/.test(text)) return seconds;
  }
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
  if (text !== last.text || near !== last.near) last = { text, near, ms: parseLocalTime(text, near) };
  return last.ms;
}

/** The sites of a file are written in the same second, as a rule. */
let last: { readonly text: string; readonly near: number; readonly ms: number | undefined } = {
  text: "",
  near: 0,
  ms: undefined,
};

function parseLocalTime(text: string, near: number): number | undefined {
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
