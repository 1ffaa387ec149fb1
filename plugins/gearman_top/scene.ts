import { printable, Status } from "monitoring-plugins-ts";
import { oddLines } from "./batch.ts";
import { type Counts, failureOf, isIdle, statusOf } from "./table.ts";
import { type Line, type Span, type Style, wrap } from "./terminal/index.ts";
import type { ServerFacts } from "./watch.ts";

/** What the screen shows besides what the operator has chosen. */
export interface Scene {
  readonly servers: readonly ServerFacts[];
  /** Size of the screen. */
  readonly columns: number;
  readonly rows: number;
  /** Milliseconds since 1970, for people. */
  readonly time: number;
  /** Seconds on the clock of `Sample.at`. */
  readonly now: number;
  /** Seconds between two looks. */
  readonly interval: number;
  readonly colour: boolean;
}

/** A part of the screen whose rows scroll. */
export interface Body {
  readonly lines: readonly Line[];
  /** Rows of queues that fit: how far a page is. */
  readonly page: number;
  /** The first row and the first server shown: what was asked for, unless there are fewer. */
  readonly top: number;
  readonly left: number;
  /** Rows there are, of the longest table. */
  readonly length: number;
  /** Servers that have room. */
  readonly shown: number;
}

/** A server is given so long before the screen says that it is waited for, in seconds. */
const PATIENCE = 2;

/** Red and yellow; without colours an alert still looks different. */
function stylesOf(status: Status, colour: boolean): readonly Style[] {
  if (status === Status.OK) return [];
  if (status === Status.WARNING) return colour ? ["yellow"] : ["bold"];
  return colour ? ["bold", "red"] : ["bold", "inverse"];
}

/** As a queue's row looks: dim when nothing happens there. */
export function rowStyles(counts: Counts, colour: boolean): readonly Style[] {
  return counts.status === Status.OK && isIdle(counts) ? ["dim"] : stylesOf(counts.status, colour);
}

/** What is wrong with a server, in lines of at most `columns`. */
export function troubles(
  facts: ServerFacts,
  { now, interval, colour }: Scene,
  columns: number,
  prefix = "",
): readonly Line[] {
  const failure = failureOf(facts);
  const status = statusOf(facts);
  const waited = facts.askedAt === undefined ? 0 : now - facts.askedAt;
  const spans: Span[] = [];
  if (failure !== undefined) spans.push({ text: printable(failure.message), styles: stylesOf(failure.status, colour) });
  const warn = (text: string) => spans.push({ text, styles: stylesOf(Status.WARNING, colour) });
  if (waited > Math.max(PATIENCE, interval)) warn(`no answer for ${Math.floor(waited)} s`);
  const odd = status === undefined ? "" : oddLines(status);
  if (odd !== "") warn(odd);
  return spans.flatMap(({ text, styles }) =>
    wrap(prefix + text, columns - 1).map((part) => [{ text: ` ${part}`, styles }]),
  );
}
