import {
  type Detail,
  filterMetrics,
  formatDecimal,
  type Metric,
  measure,
  type ParsedPerfdata,
  type Pattern,
  type PerfdataAmount,
  parseStatus,
  type Result,
  Status,
  statusName,
  type Values,
  verdict,
  worst,
} from "monitoring-plugins-ts";
import { displayName } from "monitoring-plugins-ts/gearman";
import { sinceWhen, unlessDoubtful } from "./evaluate-queue.ts";
import type { LabelRange } from "./options.ts";
import type { JobFacts, JobOrder } from "./probe-job.ts";
import type { answer, measures } from "./quantities.ts";

/** Everything the user said about the answer to a job. */
export interface JobRules extends Pick<Values<typeof measures>, "time">, Values<typeof answer> {
  readonly expect: string | undefined;
  /** Thresholds on values of the answer. */
  readonly replyWarning: readonly LabelRange[];
  readonly replyCritical: readonly LabelRange[];
  readonly perfdata: PerfdataAmount;
  readonly perfdataFilter: Pattern | undefined;
}

/** The verdict on a job that was sent to a queue. */
export function evaluateJob(facts: JobFacts, { queue, text }: JobOrder, rules: JobRules): Result {
  const name = displayName(queue);
  switch (facts.outcome) {
    case "no worker": {
      const { confirmation, queueKnown, servers } = facts;
      const since = sinceWhen(confirmation);
      const why = queueKnown
        ? `Queue ${name} has no worker${since}`
        : `Queue ${name} not found${since}, so it has no worker`;
      return verdict(unlessDoubtful(Status.CRITICAL, confirmation), `${why}: job not sent to ${servers.join(", ")}.`);
    }
    case "failed":
      return timed(verdict(Status.CRITICAL, `job failed: ${facts.why}`), facts.seconds, rules);
    case "not taken":
      return verdict(
        facts.late,
        `no worker of queue ${name} took the background job in ${facts.seconds.toFixed(1)} s, job cancelled`,
      );
    case "held back": {
      const { jobs, seconds, server } = facts;
      const wait = jobs === 1 ? "one of an earlier check waits" : `${jobs} of earlier checks wait`;
      const why = `busy or hung, the workers of queue ${name} on ${server}`;
      return verdict(facts.late, `job not sent in ${seconds.toFixed(1)} s, since ${wait}: ${why}`);
    }
    case "taken":
      return timed(verdict(Status.OK, "sending background job succeeded"), facts.seconds, rules);
    case "answered":
      return timed(judgeAnswer(parseAnswer(facts.data, rules), text, rules), facts.seconds, rules);
  }
}

/** A worker's answer, taken apart. */
interface Answer {
  /** Everything it said, up to the first NUL. */
  readonly whole: string;
  /** The state it gives itself by `N:`; `undefined` when it gives none. */
  readonly status: Status | undefined;
  /** What stands in front of the colon when that is no state: `9` of `9:text`. */
  readonly strangeState: string | undefined;
  readonly text: string;
  readonly perfdata: ParsedPerfdata;
  readonly lines: readonly string[];
}

/**
 * Reads an answer of the form `N:text|perfdata`, then further lines, of which the last ones may be perfdata as well. The state
 * is a single character, as to Mod-Gearman: `12:30 up 5 days` has none. Mod-Gearman's workers send 65,536 bytes: their text,
 * a NUL, and whatever the memory behind it held.
 */
function parseAnswer(data: Buffer, { workerPerfdata }: JobRules): Answer {
  const nul = data.indexOf(0);
  const whole = data.toString("utf8", 0, nul < 0 ? data.length : nul).trim();
  const [, prefix, output = whole] = /^(-\d+|.):(.*)$/s.exec(whole) ?? [];
  const [first = "", ...further] = output.split(/\r?\n/);
  const [text, perfdata] = splitAtBar(first);
  const { lines, perfdata: more } = splitLines(further);
  const known = prefix !== undefined && /^[0-3]$/.test(prefix);
  return {
    whole,
    status: known ? parseStatus(prefix) : undefined,
    strangeState: known ? undefined : prefix,
    text: cut(text.trim()),
    perfdata: workerPerfdata([perfdata, ...more].join(" ")),
    lines: lines.slice(0, MOST_LINES).map(cut),
  };
}

/** The guidelines' form: behind a second bar, somewhere in the further lines, everything is perfdata. */
function splitLines(further: readonly string[]): { lines: readonly string[]; perfdata: readonly string[] } {
  const at = further.findIndex((line) => line.includes("|"));
  if (at < 0) return { lines: further, perfdata: [] };
  const [text, perfdata] = splitAtBar(further[at] ?? "");
  const lines = [...further.slice(0, at), text.trimEnd()];
  return {
    lines: lines.slice(0, lines.findLastIndex((line) => line.trim() !== "") + 1),
    perfdata: [perfdata, ...further.slice(at + 1)],
  };
}

function splitAtBar(line: string): readonly [text: string, perfdata: string] {
  const bar = line.indexOf("|");
  return bar < 0 ? [line, ""] : [line.slice(0, bar), line.slice(bar + 1)];
}

/** Of a text that somebody else sent, in characters and lines: enough for any plugin, and no flood. */
const LONGEST_LINE = 1000;
const MOST_LINES = 1000;

const cut = (line: string) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE - 3)}...` : line);

function judgeAnswer(answer: Answer, sent: string, rules: JobRules): Result {
  const { whole, status, strangeState, text, lines } = answer;
  const { dropped } = answer.perfdata;
  const metrics = withThresholds(answer.perfdata.metrics, rules);
  const details: readonly Detail[] = [
    { verbosity: 0, lines },
    { verbosity: 1, lines: dropped.map((item) => `left out of the answer's perfdata: ${cut(item)}`) },
  ];
  const common = { metrics: relayed(metrics, rules), parts: [], details };
  const own = strangeState !== undefined || whole === "" ? Status.UNKNOWN : (status ?? Status.OK);
  const problems = judgeValues(metrics, rules);
  if (problems.length > 0) {
    const why = problems.map((problem) => problem.text).join(", ");
    const said = text === "" ? "" : `: ${text}`;
    return { status: worst([own, ...problems.map((problem) => problem.status)]), text: `${why}${said}`, ...common };
  }

  if (rules.expect !== undefined) {
    if (whole.includes(rules.expect)) {
      return { status: own, text: `send worker '${sent}' response: '${text}'`, ...common };
    }
    const mismatch = `send worker: '${sent}' response: '${text}', expected '${rules.expect}'`;
    return { status: worst([own, Status.CRITICAL]), text: mismatch, ...common };
  }
  if (whole === "") return { status: own, text: `the worker's answer to '${sent}' is empty`, ...common };
  if (strangeState !== undefined) {
    return {
      status: own,
      text: `the worker answered with state '${strangeState}', which is none of 0 to 3: '${text}'`,
      ...common,
    };
  }
  if (text === "") return { status: own, text: `the worker answered ${statusName(own)} without a text`, ...common };
  if (status === undefined) return { status: own, text, ...common };
  return { status: own, text, verbatim: true, ...common };
}

/** Where the user gave a threshold for a value, the user's are printed with it, and not those it came with. */
function withThresholds(metrics: readonly Metric[], { replyWarning, replyCritical }: JobRules): readonly Metric[] {
  const [warnings, criticals] = [rangesByLabel(replyWarning), rangesByLabel(replyCritical)];
  return metrics.map((metric) => {
    const [warning, critical] = [warnings.get(metric.label), criticals.get(metric.label)];
    return warning === undefined && critical === undefined ? metric : { ...metric, warning, critical };
  });
}

/** Of several ranges for one label the last counts. */
const rangesByLabel = (ranges: readonly LabelRange[]) => new Map(ranges.map(({ label, range }) => [label, range]));

/** What is wrong with the values that have thresholds of the user's; one that is missing is UNKNOWN. */
function judgeValues(metrics: readonly Metric[], { replyWarning, replyCritical }: JobRules): readonly Result[] {
  const labels = new Set([...replyCritical, ...replyWarning].map(({ label }) => label));
  return Array.from(labels, (label) => {
    const metric = metrics.find((one) => one.label === label);
    if (metric === undefined) return verdict(Status.UNKNOWN, `no '${label}' in the answer's perfdata`);
    return measure(`${label} is ${formatDecimal(metric.value)}${metric.uom ?? ""}`, metric);
  }).filter(({ status }) => status !== Status.OK);
}

/** Each label once: two items of one label would be a fault of our answer. */
function relayed(metrics: readonly Metric[], { perfdata, perfdataFilter }: JobRules): Iterable<Metric> {
  if (perfdata === "none") return [];
  const first = new Map<string, Metric>();
  for (const metric of metrics) if (!first.has(metric.label)) first.set(metric.label, metric);
  const distinct = [...first.values()];
  const chosen = perfdata === "all" ? distinct : distinct.filter(({ label }) => !label.includes("::"));
  return filterMetrics(chosen, perfdataFilter);
}

/** Adds how long the worker took, and the state that this alone deserves. */
function timed(result: Result, seconds: number, { time, perfdata }: JobRules): Result {
  if (!time.isJudged) return result;
  const late = time.measure(seconds);
  const isLate = late.status !== Status.OK;
  return {
    ...result,
    status: worst([late.status, result.status]),
    text: isLate ? `${late.text}: ${result.text}` : result.text,
    verbatim: result.verbatim === true && !isLate,
    metrics: perfdata === "none" ? result.metrics : [...result.metrics, ...late.metrics],
  };
}
