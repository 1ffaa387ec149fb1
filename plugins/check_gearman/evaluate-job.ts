import {
  type Detail,
  filterMetrics,
  type Metric,
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

import type { JobFacts, JobOrder } from "./job.ts";
import type { answer, measures } from "./quantities.ts";

/** Everything the user said about the answer to a job. */
export interface JobRules extends Pick<Values<typeof measures>, "time">, Values<typeof answer> {
  readonly expect: string | undefined;
  readonly perfdata: PerfdataAmount;
  readonly perfdataFilter: Pattern | undefined;
}

/** The verdict on a job that was sent to a queue. */
export function evaluateJob(facts: JobFacts, { queue, text }: JobOrder, rules: JobRules): Result {
  const name = displayName(queue);
  switch (facts.outcome) {
    case "no worker": {
      const why = facts.queueKnown ? `Queue ${name} has no worker` : `Queue ${name} not found, so it has no worker`;
      return verdict(Status.CRITICAL, `${why}: job not sent to ${facts.server}.`);
    }
    case "failed":
      return timed(verdict(Status.CRITICAL, `job failed: ${facts.why}`), facts.seconds, rules);
    case "not taken":
      return verdict(
        Status.CRITICAL,
        `no worker of queue ${name} took the background job in ${facts.seconds.toFixed(1)} s, job cancelled`,
      );
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
  readonly metrics: readonly Metric[];
  readonly lines: readonly string[];
}

/**
 * Reads an answer of the form `N:text|perfdata`, then further lines. Mod-Gearman's workers send 65,536 bytes: their text, a
 * NUL, and whatever the memory behind it held.
 */
function parseAnswer(data: Buffer, { workerPerfdata }: JobRules): Answer {
  const nul = data.indexOf(0);
  const whole = data.toString("utf8", 0, nul < 0 ? data.length : nul).trim();
  const [, prefix, output = whole] = /^(-?\d+|.):(.*)$/s.exec(whole) ?? [];
  const [first = "", ...lines] = output.split(/\r?\n/);
  const bar = first.indexOf("|");
  const known = prefix !== undefined && /^[0-3]$/.test(prefix);
  return {
    whole,
    status: known ? parseStatus(prefix) : undefined,
    strangeState: known ? undefined : prefix,
    text: cut((bar < 0 ? first : first.slice(0, bar)).trim()),
    metrics: bar < 0 ? [] : workerPerfdata(first.slice(bar + 1)),
    lines: lines.slice(0, MOST_LINES).map(cut),
  };
}

/** Of a text that somebody else sent, in characters and lines: enough for any plugin, and no flood. */
const LONGEST_LINE = 1000;
const MOST_LINES = 1000;

const cut = (line: string) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE - 3)}...` : line);

function judgeAnswer(answer: Answer, sent: string, rules: JobRules): Result {
  const { whole, status, strangeState, text, lines } = answer;
  const details: readonly Detail[] = lines.length === 0 ? [] : [{ verbosity: 0, lines }];
  const common = { metrics: relayed(answer.metrics, rules), parts: [], details };
  const own = strangeState !== undefined || whole === "" ? Status.UNKNOWN : (status ?? Status.OK);

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
