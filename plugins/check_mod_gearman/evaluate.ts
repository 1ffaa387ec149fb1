import {
  combine,
  type Detail,
  judge,
  type Metric,
  type Range,
  type Result,
  Status,
  safeLabel,
  verdict,
} from "monitoring-plugins-ts";

import type { ProbeFacts, QueueFacts, ServerFacts, Stray, TripFacts } from "./facts.ts";
import {
  codeText,
  type Expectation,
  excerpt,
  lostText,
  noWorkerText,
  seconds,
  shown,
  strayText,
  withServer,
  wrongText,
} from "./words.ts";

/** Everything the user said about the verdict. */
export interface Rules extends Expectation {
  /** Jobs sent to each queue. */
  readonly count: number;
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

/** The unreadable result that seems to belong to a job: one that came over the same server, if there is a choice. */
function claim({ stage }: TripFacts, server: string, unclaimed: Stray[]): Stray | undefined {
  if (stage !== "ended") return undefined;
  const same = unclaimed.findIndex((stray) => stray.server === server);
  return unclaimed.splice(Math.max(same, 0), 1)[0];
}

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
