import { Status } from "../plugin/status.ts";
import { printable } from "../plugin/text.ts";

/** What somebody else's check found, ready to be submitted to a monitoring core. */
export interface PassiveResult {
  /** Name of the object in the core. */
  readonly host: string;
  /** Undefined for a result of the host itself: its exit code 0 is UP then, any other DOWN. */
  readonly service?: string | undefined;
  readonly exitCode: Status;
  /** First line and long output, separated by line feeds; without perfdata, never empty. */
  readonly output: string;
  /** Items separated by blanks; empty for none. */
  readonly perfdata: string;
  /** When the check began, if that is known: seconds since 1970. */
  readonly started?: number | undefined;
  /** When the check ended: seconds since 1970, fractions allowed. */
  readonly time: number;
}

/** A result as somebody sent it: nothing of it is trusted. */
export interface RawResult {
  readonly host: unknown;
  /** Undefined or null for a result of the host. */
  readonly service?: unknown;
  /** A whole number, or one in digits. */
  readonly exitCode: unknown;
  readonly output: unknown;
  /** Undefined or null where it stands in the output, behind a bar. */
  readonly perfdata?: unknown;
  /** Undefined or null for now. */
  readonly time?: unknown;
  readonly started?: unknown;
}

/** Longest output and longest perfdata kept, in bytes: more helps nobody, and a core keeps it in memory. */
export const MAX_TEXT = 1024 * 1024;

/** Longest name of a host or service, in characters: what Icinga's and Nagios' databases take. */
const MAX_NAME = 255;

/** Longest text shown in an error. */
const SHOWN = 100;

/**
 * Checks what was sent, and makes a result of it.
 *
 * An exit code other than 0 to 3 is UNKNOWN, as to a core, and said in the output. A time that has not come yet is now: the
 * sender's clock is wrong, and the result would stand in the way of later ones. Control characters become `?`.
 *
 * @param now seconds since 1970
 * @throws Error naming the text that cannot be used
 */
export function toResult(raw: RawResult, now: number): PassiveResult {
  const { exitCode, note } = readExitCode(raw.exitCode);
  const whole = text("output", raw.output);
  const given = raw.perfdata === undefined || raw.perfdata === null ? undefined : text("perfdata", raw.perfdata);
  const { output, perfdata } = given === undefined ? splitOutput(whole) : { output: whole, perfdata: given };
  const started = readTime("started", raw.started, now);
  return {
    host: name("host", raw.host),
    service: raw.service === undefined || raw.service === null ? undefined : name("service", raw.service),
    exitCode,
    output: cut(note + (clean(output) || "(no output)")),
    perfdata: cutItems(clean(perfdata).replaceAll(/\s+/g, " "), MAX_TEXT),
    ...(started === undefined ? {} : { started }),
    time: readTime("time", raw.time, now) ?? now,
  };
}

/** An object as people call it: host, or host and service. */
export const objectName = ({ host, service }: Pick<PassiveResult, "host" | "service">) =>
  printable(service === undefined ? host : `${host} ${service}`, 2 * MAX_NAME + 1);

/** A text that no other object has: for tables. */
export const objectKey = ({ host, service }: Pick<PassiveResult, "host" | "service">) =>
  service === undefined ? host : `${host}\n${service}`;

function readExitCode(raw: unknown): { readonly exitCode: Status; readonly note: string } {
  const code = typeof raw === "string" && /^-?\d{1,9}$/.test(raw) ? Number(raw) : raw;
  if (typeof code !== "number" || !Number.isInteger(code))
    throw new Error(`exit code ${shown(raw)} is no whole number`);
  if (code >= 0 && code <= 3) return { exitCode: code as Status, note: "" };
  return { exitCode: Status.UNKNOWN, note: `(exit code ${code}) ` };
}

function readTime(what: string, raw: unknown, now: number): number | undefined {
  if (raw === undefined || raw === null) return undefined;
  const time = typeof raw === "string" && /^\d{1,12}(?:\.\d+)?$/.test(raw) ? Number(raw) : raw;
  if (typeof time !== "number" || !(time > 0)) throw new Error(`${what} ${shown(raw)} is no time: seconds since 1970`);
  return Math.min(time, now);
}

function name(what: string, raw: unknown): string {
  if (typeof raw !== "string") throw new Error(raw === undefined ? `no ${what}` : `${what} ${shown(raw)} is no text`);
  if (raw.trim() === "") throw new Error(`${what} is empty`);
  if (raw.length > MAX_NAME) throw new Error(`${what} ${shown(raw)} is longer than ${MAX_NAME} characters`);
  // a line feed would begin another command, and nobody sees the others
  if (CONTROL.test(raw) || /[\t\n]/.test(raw) || wellFormed(raw) !== raw) {
    throw new Error(`${what} ${shown(raw)} has characters that no name has`);
  }
  return raw;
}

function text(what: string, raw: unknown): string {
  if (typeof raw !== "string") throw new Error(raw === undefined ? `no ${what}` : `${what} ${shown(raw)} is no text`);
  return raw;
}

const shown = (raw: unknown) =>
  typeof raw === "object" && raw !== null
    ? `(${Array.isArray(raw) ? "a list" : "an object"})`
    : `'${printable(String(raw), SHOWN)}'`;

/** All but line feed and TAB. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
/** Half a character, as of a lone surrogate, would make Icinga 2 refuse the whole request. */
const wellFormed = (raw: string) => Buffer.from(raw).toString();

const CONTROLS = new RegExp(CONTROL, "g");

const clean = (raw: string) => wellFormed(raw).replaceAll("\r\n", "\n").replaceAll(CONTROLS, "?").trim();

/** A text no longer than {@link MAX_TEXT}, cut between lines where there is one in the last part of it. */
function cut(whole: string): string {
  const bytes = Buffer.byteLength(whole);
  if (bytes <= MAX_TEXT) return whole;
  const mark = `\n(cut: ${bytes} bytes)`;
  const kept = startOf(whole, MAX_TEXT - mark.length);
  const feed = kept.lastIndexOf("\n");
  return (feed > kept.length / 2 ? kept.slice(0, feed) : kept) + mark;
}

/** Perfdata of `maxBytes` at most, whole items only. */
export function cutItems(items: string, maxBytes: number): string {
  if (Buffer.byteLength(items) <= maxBytes) return items;
  const kept = startOf(items, maxBytes);
  return kept.slice(0, Math.max(0, kept.lastIndexOf(" ")));
}

/** The first `length` bytes, without half a character at their end. */
export function startOf(whole: string, length: number): string {
  return Buffer.from(whole)
    .toString("utf8", 0, length)
    .replace(/\ufffd+$/, "");
}

/** A bar begins perfdata where an item follows; any other is a part of the text, as of a table. */
const BAR = /\|(?=[^|]*=\s*(?:[-+]?\.?\d|U\b))/;

/**
 * Takes a plugin's output apart, as its guidelines say: text, bar, perfdata; long output up to the second bar, and what comes
 * then is perfdata, too.
 */
export function splitOutput(whole: string): Pick<PassiveResult, "output" | "perfdata"> {
  const feed = whole.indexOf("\n");
  const first = atBar(feed < 0 ? whole : whole.slice(0, feed));
  const rest = atBar(feed < 0 ? "" : whole.slice(feed + 1));
  return {
    output: `${first.text}\n${rest.text}`.trim(),
    perfdata: `${first.items} ${rest.items}`.replaceAll(/\s+/g, " ").trim(),
  };
}

function atBar(part: string): { readonly text: string; readonly items: string } {
  const bar = part.search(BAR);
  if (bar < 0) return { text: part, items: "" };
  return { text: part.slice(0, bar).trimEnd(), items: part.slice(bar + 1) };
}
