import {
  combine,
  type Detail,
  judge,
  type Metric,
  printable,
  type Range,
  type Result,
  Status,
  safeLabel,
  verdict,
} from "monitoring-plugins-ts";
import { displayName } from "monitoring-plugins-ts/gearman";

import type { ProbeFacts, QueueFacts, ResultFacts, ServerFacts, Stray, TripFacts } from "./facts.ts";

/** Everything the user said about the verdict. */
export interface Rules {
  /** Jobs sent to each queue. */
  readonly count: number;
  readonly expectCode: number;
  /** What the output must contain; undefined: the job's own token, or nothing for a command of the user's. */
  readonly expectText: string | undefined;
  /** Whether the job was to echo its token. */
  readonly echo: boolean;
  /** Seconds of the whole trip. */
  readonly time: Levels;
  /** Seconds until a worker took the job. */
  readonly wait: Levels;
  /** Sentences about the key, for the long output. */
  readonly warnings: readonly string[];
  /** What was sent, for `-vv`. */
  readonly order: readonly string[];
}

interface Levels {
  readonly warning: Range | undefined;
  readonly critical: Range | undefined;
}

/** Longest foreign text in a line, in characters. */
const LONGEST_SHOWN = 100;

/** The verdict on all jobs sent. */
export function evaluate({ servers, strays }: ProbeFacts, rules: Rules): Result {
  const several = { servers: servers.length > 1, queues: (servers[0]?.queues.length ?? 0) > 1 };
  const unclaimed = [...strays];
  const parts = servers.flatMap((server) => evaluateServer(server, unclaimed, several, rules));
  for (const text of new Set(unclaimed.map(strayText))) parts.push(verdict(Status.WARNING, text));
  const details: Detail[] = [
    { verbosity: 0, lines: rules.warnings.map((warning) => `warning: ${warning}`) },
    { verbosity: 2, lines: rules.order },
  ];
  return combine(okText(servers), parts, { details });
}

/** A timeout may be OK by the user's wish: no job came back from that server then. */
function okText(servers: readonly ServerFacts[]): string {
  const failures = servers.flatMap(({ server, failure }) => (failure ? [withServer(failure.message, server)] : []));
  const queues = servers.flatMap((facts) => (facts.failure === undefined ? facts.queues : []));
  const trips = queues.flatMap((queue) => queue.trips);
  if (trips.length === 0) return failures.join(", ");
  const slowest = seconds(Math.max(...trips.map(({ time }) => time)));
  const back =
    trips.length > 1
      ? `all ${trips.length} check jobs came back, the slowest in ${slowest}`
      : `check job of queue ${shown(queues[0]?.name ?? "")} came back in ${slowest}`;
  return [...failures, back].join(", ");
}

function evaluateServer(
  facts: ServerFacts,
  unclaimed: Stray[],
  several: { readonly servers: boolean; readonly queues: boolean },
  rules: Rules,
): Result[] {
  const { server, label, failure, queues } = facts;
  const prefix = several.servers ? `${server}: ` : "";
  const metricsOf = (queue: QueueFacts) =>
    metrics(queue, `${several.servers ? `${label}_` : ""}${several.queues ? `${safeLabel(queue.name)}_` : ""}`, rules);
  const detailsOf = (queue: QueueFacts): Detail => ({ verbosity: 1, lines: tripLines(queue, prefix) });
  if (failure !== undefined) {
    // said once, not for each queue
    const down = [verdict(failure.status, withServer(failure.message, server))];
    return [
      combine("", down, { metrics: queues.flatMap((queue) => [...metricsOf(queue)]), details: queues.map(detailsOf) }),
    ];
  }
  return queues.map((queue) => {
    const problems = judgeQueue(queue, server, prefix, unclaimed, rules);
    if (problems.length === 0) {
      const time = seconds(Math.max(...queue.trips.map((trip) => trip.time)));
      problems.push(verdict(Status.OK, `${prefix}check job of queue ${shown(queue.name)} came back in ${time}`));
    }
    return combine("", problems, { metrics: metricsOf(queue), details: [detailsOf(queue)] });
  });
}

/** A failure's text names its server already, unless it comes from the deadline itself. */
const withServer = (message: string, server: string) =>
  message.includes(server.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1")) ? message : `${server}: ${message}`;

/** What is wrong with the jobs of one queue; nothing when all came back as they should. */
function judgeQueue(queue: QueueFacts, server: string, prefix: string, unclaimed: Stray[], rules: Rules): Result[] {
  const { trips } = queue;
  const name = `${prefix}Queue ${shown(queue.name)}`;
  if (trips.length === 0) return [verdict(Status.CRITICAL, `${name} ${noWorkerText(queue)}`)];

  const problems: Result[] = [];
  const lost = trips.filter(({ results }) => results.length === 0);
  const [firstLost] = lost;
  if (firstLost !== undefined) {
    const share = trips.length > 1 ? `${lost.length} of ${trips.length} jobs lost: ` : "";
    const why = lost.map((trip) => lostText(trip, queue, claim(trip, server, unclaimed)));
    problems.push(verdict(Status.CRITICAL, `${name}: ${share}${[...new Set(why)].join(", ")}`));
  }
  const wrong = trips.flatMap((trip) => wrongText(trip, rules) ?? []);
  if (wrong.length > 0) {
    const share = trips.length > 1 ? `${wrong.length} of ${trips.length} results wrong: ` : "";
    problems.push(verdict(Status.CRITICAL, `${name}: ${share}${wrong[0]}`));
  }
  const twice = trips.filter(({ results }) => results.length > 1);
  if (twice.length > 0) {
    const share = trips.length > 1 ? `${twice.length} of ${trips.length} results` : "the result";
    const servers = new Set(twice.flatMap(({ results }) => results.map((result) => result.server)));
    const where = servers.size > 1 ? ` (over ${[...servers].join(" and ")})` : "";
    problems.push(verdict(Status.WARNING, `${name}: ${share} came twice${where}`));
  }
  const unended = trips.filter(({ stage, results }) => stage !== "ended" && results.length > 0);
  if (unended.length > 0) {
    problems.push(verdict(Status.WARNING, `${name}: the worker sent its result, but does not end the job`));
  }
  const failed = trips.find(({ refusal, results }) => refusal !== undefined && results.length > 0);
  if (failed?.refusal !== undefined) {
    problems.push(
      verdict(Status.WARNING, `${name}: the worker sent its result, yet failed the job: ${excerpt(failed.refusal)}`),
    );
  }
  problems.push(...judgeTimes(trips, name, rules));
  return problems;
}

function noWorkerText({ counts, confirmedSeconds }: QueueFacts): string {
  const known = counts === undefined ? "not found, so it has no worker" : "has no worker";
  const since = confirmedSeconds >= 0.1 ? ` for ${confirmedSeconds.toFixed(1)} s` : "";
  const waiting = counts !== undefined && counts.waiting > 0 ? `, ${counted(counts.waiting, "job")} waiting` : "";
  return `${known}${since}${waiting}: no job sent`;
}

/** The unreadable result that seems to belong to a job: one that came over the same server, if there is a choice. */
function claim({ stage }: TripFacts, server: string, unclaimed: Stray[]): Stray | undefined {
  if (stage !== "ended") return undefined;
  const same = unclaimed.findIndex((stray) => stray.server === server);
  return unclaimed.splice(Math.max(same, 0), 1)[0];
}

/** On which leg a job was lost; of several reasons the likeliest first. */
function lostText(trip: TripFacts, { counts }: QueueFacts, stray: Stray | undefined): string {
  if (trip.refusal !== undefined) return `job failed: ${excerpt(trip.refusal)}`;
  if (stray !== undefined) return strayText(stray);
  const time = seconds(trip.time);
  switch (trip.stage) {
    case "unconfirmed":
      return `the job server did not take the job in ${time}`;
    case "waiting": {
      const worker = counts === undefined || counts.worker === 0 ? "no worker left" : counted(counts.worker, "worker");
      const waiting = counts === undefined ? "" : `, ${counted(counts.waiting, "job")} waiting`;
      if (trip.deaths === 0) return `job not fetched in ${time}, ${worker}${waiting}`;
      const times = trip.deaths === 1 ? "" : ` ${trip.deaths} times`;
      return `worker died${times} with the job, which nobody fetched again in ${time}, ${worker}${waiting}`;
    }
    case "fetched": {
      const since = Number.isFinite(trip.wait) ? ` for ${seconds(trip.time - trip.wait)}` : "";
      const again = trip.deaths === 0 ? "" : ", another one died with it";
      return `job fetched, no result${since}: worker stuck, too slow or cut off${again}`;
    }
    case "ended":
      return "job fetched and ended, no result: the worker has another key, or sends results to another server";
  }
}

function strayText({ kind, server }: Stray): string {
  switch (kind) {
    case "unreadable":
      return `a result came over ${server} that cannot be decrypted: the key differs on the way back`;
    case "clear":
      return `a result came over ${server} without encryption`;
    case "foreign":
      return `a result came over ${server} that is not ours`;
  }
}

/** What is wrong with a job's result; of one that came twice, with either. */
function wrongText({ token, results }: TripFacts, rules: Rules): string | undefined {
  for (const result of results) {
    const text = wrongResultText(result, token, rules);
    if (text !== undefined) return text;
  }
  return undefined;
}

function wrongResultText(
  { code, output }: ResultFacts,
  token: string,
  { expectCode, expectText, echo }: Rules,
): string | undefined {
  const said = `'${excerpt(output)}'`;
  if (code !== expectCode) return `return code ${codeText(code)} instead of ${expectCode}: ${said}`;
  const expected = echo ? token : expectText;
  if (expected === undefined || output.includes(expected)) return undefined;
  return `the output lacks ${echo ? "our token" : `'${printable(expected, LONGEST_SHOWN)}'`}: ${said}`;
}

const codeText = (code: number) => (Number.isNaN(code) ? "missing" : `${code}`);

function judgeTimes(trips: readonly TripFacts[], name: string, { time, wait }: Rules): Result[] {
  const problems: Result[] = [];
  const slowest = worstOf(
    trips.filter(({ results }) => results.length > 0),
    (trip) => judge(trip.time, time.warning, time.critical),
    (trip) => trip.time,
  );
  if (slowest !== undefined) {
    const { trip, status } = slowest;
    const legs = Number.isFinite(trip.run)
      ? ` (wait ${seconds(trip.wait)}, run ${seconds(trip.run)}, return ${seconds(trip.return)})`
      : "";
    problems.push(verdict(status, `${name}: result took ${seconds(trip.time)}${legs}`));
  }
  const longest = worstOf(
    trips.filter((trip) => Number.isFinite(trip.wait)),
    (trip) => judge(trip.wait, wait.warning, wait.critical),
    (trip) => trip.wait,
  );
  if (longest !== undefined) {
    problems.push(verdict(longest.status, `${name}: job waited ${seconds(longest.trip.wait)} for a worker`));
  }
  return problems;
}

/** The job that alerts most, and of equal ones the one with the greatest value. */
function worstOf(
  trips: readonly TripFacts[],
  judgeTrip: (trip: TripFacts) => Status,
  measured: (trip: TripFacts) => number,
): { readonly trip: TripFacts; readonly status: Status } | undefined {
  const alerting = trips
    .map((trip) => ({ trip, status: judgeTrip(trip) }))
    .filter(({ status }) => status !== Status.OK);
  alerting.sort((a, b) => b.status - a.status || measured(b.trip) - measured(a.trip));
  return alerting[0];
}

/** Of several jobs the slowest counts. What nobody knows, such as the time of a job that was lost, is left out. */
function* metrics({ trips }: QueueFacts, prefix: string, { count, time, wait }: Rules): Iterable<Metric> {
  const back = trips.filter(({ results }) => results.length > 0);
  const slowest = (measured: (trip: TripFacts) => number) => {
    const known = back.map(measured).filter(Number.isFinite);
    return known.length === 0 ? Number.NaN : Number(Math.max(...known).toFixed(6));
  };
  const metric = (what: string, measured: (trip: TripFacts) => number, levels?: Levels): Metric => ({
    label: `${prefix}${what}`,
    value: slowest(measured),
    uom: "s",
    ...levels,
    min: 0,
  });
  yield metric("time", (trip) => trip.time, time);
  yield metric("wait", (trip) => trip.wait, wait);
  yield metric("run", (trip) => trip.run);
  yield metric("return", (trip) => trip.return);
  yield { label: `${prefix}results`, value: back.length, min: 0, max: count };
  yield { label: `${prefix}lost`, value: count - back.length, min: 0, max: count };
}

function* tripLines({ name, trips }: QueueFacts, prefix: string): Iterable<string> {
  for (const { time, wait, run, return: back, results } of trips) {
    for (const { source, server, code, output } of results) {
      const legs = Number.isFinite(run) ? `, wait ${seconds(wait)}, run ${seconds(run)}, return ${seconds(back)}` : "";
      yield `${prefix}queue ${shown(name)}: answer of ${source === "" ? "a nameless worker" : excerpt(source)} over ${server} in ${seconds(time)}${legs}, code ${codeText(code)}: '${excerpt(output)}'`;
    }
  }
}

const seconds = (value: number) => `${value.toFixed(3)} s`;

const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

/** The first line of foreign text, fit for a sentence: `;` becomes `:` in Nagios anyway. */
function excerpt(text: ResultFacts["output"]): string {
  const [first = ""] = text.split("\n", 1);
  return printable(first.replaceAll(";", ","), LONGEST_SHOWN);
}

const shown = (name: string) => printable(displayName(name).replaceAll(";", ","), LONGEST_SHOWN);
