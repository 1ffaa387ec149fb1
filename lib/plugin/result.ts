import { formatMetric, type Metric } from "./metric.ts";
import type { Threshold } from "./range.ts";
import { Series } from "./series.ts";
import { Status, statusName, urgency, worst } from "./status.ts";
import { headline, printable } from "./text.ts";

/** One node of the answer. A leaf is given its state, a parent derives it: nobody assigns to it later. */
export interface Result {
  readonly status: Status;
  /** What the first line says behind the state. */
  readonly text: string;
  /** In the order of printing; read once, so that a hundred thousand of them need never exist at the same time. */
  readonly metrics: Iterable<Metric>;
  readonly parts: readonly Result[];
  /** Further lines, made only when they are shown. */
  readonly details?: readonly Detail[];
  /** `text` is another program's whole first line: name and state are not put before it. */
  readonly verbatim?: boolean;
}

/** Lines of the long output. */
export interface Detail {
  /** Shown from this many `-v` on. */
  readonly verbosity: 0 | 1 | 2 | 3;
  readonly lines: Iterable<string>;
}

/** Problems named in the first line; it is read on pagers and lists, so the others go into the long output. */
const MOST_NAMED = 3;

/** A leaf without a number behind it. */
export const verdict = (status: Status, text: string): Result => ({ status, text, metrics: [], parts: [] });

/** A leaf of numbers that nobody judges here: perfdata, and nothing to say. */
export const figures = (metrics: Iterable<Metric>): Result => ({ status: Status.OK, text: "", metrics, parts: [] });

/** The state of a value: critical before warning, OK when neither alerts. */
export function judge(value: number, warning?: Threshold, critical?: Threshold): Status {
  return critical?.alerts(value) ? Status.CRITICAL : warning?.alerts(value) ? Status.WARNING : Status.OK;
}

/** A leaf judged by the very thresholds its perfdata prints, so alert and graph cannot disagree. */
export function measure(text: string, metric: Metric): Result {
  return { status: judge(metric.value, metric.warning, metric.critical), text, metrics: [metric], parts: [] };
}

/**
 * A parent: as bad as its worst part. Its text names the problems, worst first, three at most and then their number, or
 * is `okText` when there are none.
 *
 * @param parts at least one: nothing checked is UNKNOWN
 * @param own what the parent adds itself: perfdata that comes before that of the parts, details that come after theirs
 */
export function combine(
  okText: string,
  parts: readonly Result[],
  own: { readonly metrics?: Iterable<Metric>; readonly details?: readonly Detail[] } = {},
): Result {
  const problems = byUrgency(parts.flatMap(leaves).filter(isProblem));
  const named = problems.slice(0, MOST_NAMED).map(({ text }) => text);
  const more = problems.length - named.length;
  if (more > 0) named.push(`And ${more} more.`);
  const problemText = named.length === 1 ? named.join() : named.map(sentence).join(" ");
  return {
    status: worst(parts.map(({ status }) => status)),
    text: problems.length === 0 ? okText : problemText,
    metrics: own.metrics ?? [],
    parts,
    ...(own.details && { details: own.details }),
  };
}

/**
 * The whole answer: first line, perfdata, long output, one line feed at the end; see {@link emitReport}.
 *
 * @param name of the plugin, in front of the state
 */
export function report(name: string, result: Result, verbosity: number): string {
  let text = "";
  emitReport(name, result, verbosity, (piece) => {
    text += piece;
  });
  return text;
}

/**
 * Hands out the answer in pieces, of which none needs to be kept: a server may have 100,000 queues.
 *
 * Problems that the first line has no room for are always listed, parts that are fine from `-v` on. Perfdata whose label
 * holds `::` comes last, because Icinga 2 puts the part before it in front of every label that follows.
 */
export function emitReport(name: string, result: Result, verbosity: number, emit: (piece: string) => void): void {
  const text = headline(result.text);
  emit(result.verbatim ? text : `${name} ${statusName(result.status)} - ${text}`);

  const nodes = withParts(result);
  const scoped: string[] = [];
  let separator = " | ";
  for (const { metrics } of nodes) {
    for (const metric of metrics instanceof Series ? metrics.printed() : metrics) {
      const item = typeof metric === "string" ? metric : formatMetric(metric);
      if (item === "") continue;
      if (typeof metric !== "string" && metric.label.includes("::")) {
        scoped.push(item);
      } else {
        emit(separator + item);
        separator = " ";
      }
    }
  }
  if (scoped.length > 0) emit(separator + scoped.join(" "));
  emit("\n");

  const parts = result.parts.flatMap(leaves);
  // the first line names problems in this very order, and one's text may be a part of another's
  let unread = result.text;
  for (const part of byUrgency(parts.filter(isProblem))) {
    if (verbosity === 0 && unread.startsWith(part.text)) unread = unread.slice(part.text.length).replace(/^\.? /, "");
    else emit(`${line(part)}\n`);
  }
  if (verbosity > 0) for (const part of parts) if (!isProblem(part) && part.text !== "") emit(`${line(part)}\n`);
  // what a parent adds comes after its parts
  for (const { details = [] } of [...nodes.slice(1), result]) {
    for (const detail of details) {
      if (verbosity >= detail.verbosity) for (const text of detail.lines) emit(`${printable(text)}\n`);
    }
  }
}

const isProblem = ({ status }: Result) => status !== Status.OK;

const line = ({ status, text }: Result) => `${statusName(status)} - ${printable(text)}`;

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** Worst first; equally bad ones keep their order. */
const byUrgency = (results: readonly Result[]) => results.toSorted((a, b) => urgency(b.status) - urgency(a.status));

/** The parts that were judged, not derived. */
function leaves(result: Result): readonly Result[] {
  return result.parts.length === 0 ? [result] : result.parts.flatMap(leaves);
}

/** A result and everything below it, parents first. */
function withParts(result: Result): readonly Result[] {
  return [result, ...result.parts.flatMap(withParts)];
}
