import { formatMetric, type Metric } from "./metric.ts";
import type { Threshold } from "./range.ts";
import { Status, statusName, urgency, worst } from "./status.ts";
import { printable } from "./text.ts";

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
 * The whole answer: first line, perfdata, long output, one line feed at the end.
 *
 * Problems that the first line has no room for are always listed, parts that are fine from `-v` on. Perfdata whose label
 * holds `::` comes last, because Icinga 2 puts the part before it in front of every label that follows.
 */
export function report(name: string, result: Result, verbosity: number): string {
  const text = printable(result.text);
  const first = result.verbatim ? text : `${name} ${statusName(result.status)} - ${text}`;

  const perfdata: string[] = [];
  const scoped: string[] = [];
  for (const metric of metricsOf(result)) {
    const item = formatMetric(metric);
    if (item !== "") (metric.label.includes("::") ? scoped : perfdata).push(item);
  }
  for (const item of scoped) perfdata.push(item);

  const lines = [perfdata.length === 0 ? first : `${first} | ${perfdata.join(" ")}`];
  const parts = result.parts.flatMap(leaves);
  for (const part of byUrgency(parts.filter(isProblem))) {
    if (verbosity > 0 || !result.text.includes(part.text)) lines.push(line(part));
  }
  if (verbosity > 0) for (const part of parts) if (!isProblem(part)) lines.push(line(part));
  for (const detail of detailsOf(result)) {
    if (verbosity >= detail.verbosity) for (const text of detail.lines) lines.push(printable(text));
  }
  return `${lines.join("\n")}\n`;
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

function* metricsOf(result: Result): Iterable<Metric> {
  yield* result.metrics;
  for (const part of result.parts) yield* metricsOf(part);
}

function* detailsOf(result: Result): Iterable<Detail> {
  for (const part of result.parts) yield* detailsOf(part);
  yield* result.details ?? [];
}
