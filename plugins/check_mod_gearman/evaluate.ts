import {
  combine,
  counted,
  type Detail,
  figures,
  type Result,
  Status,
  safeLabel,
  type Values,
  verdict,
  worst,
} from "monitoring-plugins-ts";

import type { ProbeFacts, QueueFacts, ResultServerFacts, ServerFacts, Stray, TripFacts } from "./facts.ts";
import type { quantities } from "./quantities.ts";
import {
  codeText,
  type Expectation,
  excerpt,
  lostText,
  seconds,
  shown,
  strayText,
  unsentText,
  withServer,
  wrongText,
} from "./words.ts";

/** Everything the user said about the verdict. */
export interface Rules extends Expectation, Values<typeof quantities> {
  /** Jobs sent to each queue. */
  readonly count: number;
  /** State of a job whose time is over. */
  readonly late: Status;
  /** Sentences about the key, for the long output. */
  readonly warnings: readonly string[];
  /** What was sent, for `-vv`. */
  readonly order: readonly string[];
}

/** The verdict on all jobs sent. */
export function evaluate({ servers, resultServers, strays }: ProbeFacts, rules: Rules): Result {
  const several = { servers: servers.length > 1, queues: (servers[0]?.queues.length ?? 0) > 1 };
  const unclaimed = [...strays];
  const copies = new Set(resultServers.filter(({ isExpected }) => isExpected).map(({ server }) => server));
  const parts = servers.flatMap((server) => evaluateServer(server, { unclaimed, copies }, several, rules));
  const unheard = resultServers.filter(({ failure }) => failure !== undefined);
  for (const facts of unheard) if (facts.isExpected) parts.push(verdict(Status.WARNING, unheardText(facts)));
  for (const text of new Set(unclaimed.map(strayText))) parts.push(verdict(Status.WARNING, text));
  const details: Detail[] = [
    { verbosity: 0, lines: rules.warnings.map((warning) => `warning: ${warning}`) },
    // of several ways back one may be down: a worker takes another
    { verbosity: 1, lines: unheard.filter(({ isExpected }) => !isExpected).map(unheardText) },
    { verbosity: 2, lines: rules.order },
  ];
  return combine(okText(servers), parts, { details });
}

/** Where results come back from. */
interface WayBack {
  /** Results that belong to no job; what seems to belong to one is taken out. */
  readonly unclaimed: Stray[];
  /** Servers over which copies are expected. */
  readonly copies: ReadonlySet<string>;
}

const unheardText = ({ server, failure }: ResultServerFacts) =>
  `result server: ${withServer(failure?.message ?? "", server)}: results sent there are not seen, and stay there`;

/** A timeout may be OK by the user's wish: no job came back from that server then. */
function okText(servers: readonly ServerFacts[]): string {
  const failures = servers.flatMap(({ server, failure }) => (failure ? [withServer(failure.message, server)] : []));
  const queues = servers.flatMap((facts) => (facts.failure === undefined ? facts.queues : []));
  const trips = queues.flatMap((queue) => queue.trips);
  if (trips.length === 0) return failures.join(", ");
  const returned = trips.filter(({ results }) => results.length > 0);
  if (returned.length < trips.length) {
    return [...failures, `${returned.length} of ${counted(trips.length, "check job")} came back in time`].join(", ");
  }
  const slowest = seconds(Math.max(...trips.map(({ time }) => time)));
  const back =
    trips.length > 1
      ? `all ${trips.length} check jobs came back, the slowest in ${slowest}`
      : `check job of queue ${shown(queues[0]?.name ?? "")} came back in ${slowest}`;
  return [...failures, back].join(", ");
}

function evaluateServer(
  { server, label, failure, queues }: ServerFacts,
  wayBack: WayBack,
  several: { readonly servers: boolean; readonly queues: boolean },
  rules: Rules,
): Result[] {
  const prefix = several.servers ? `${server}: ` : "";
  const parts = queues.map((queue) => {
    // a failure of the server is said once, not for each queue
    const problems = failure === undefined ? judgeQueue(queue, server, prefix, wayBack, rules) : [];
    const names = {
      server: several.servers ? label : undefined,
      queue: several.queues ? safeLabel(queue.name) : undefined,
    };
    const details: Detail[] = [{ verbosity: 1, lines: tripLines(queue, prefix) }];
    return combine("", [...problems, ...measureJobs(queue, queueName(queue, prefix), names, rules)], { details });
  });
  return failure === undefined ? parts : [verdict(failure.status, withServer(failure.message, server)), ...parts];
}

/** Nothing is wrong with it but that the time was over. */
function isLate({ refusal, deaths, stage }: TripFacts, { counts }: QueueFacts): boolean {
  if (refusal !== undefined || deaths > 0 || stage === "ended") return false;
  return stage !== "waiting" || (counts?.worker ?? 0) > 0;
}

const queueName = (queue: QueueFacts, prefix: string) => `${prefix}Queue ${shown(queue.name)}`;

/** What is wrong with the jobs of one queue; nothing when all came back as they should. */
function judgeQueue(queue: QueueFacts, server: string, prefix: string, wayBack: WayBack, rules: Rules): Result[] {
  const { trips } = queue;
  const name = queueName(queue, prefix);
  if (trips.length === 0) {
    // a healthy worker that restarts has none for some seconds
    const isUnconfirmed = queue.unconfirmedOf !== undefined && (queue.counts?.worker ?? 0) === 0;
    return [verdict(isUnconfirmed ? Status.UNKNOWN : Status.CRITICAL, `${name}${unsentText(queue)}`)];
  }

  const problems: Result[] = [];
  const lost = trips.filter(({ results }) => results.length === 0);
  const [firstLost] = lost;
  if (firstLost !== undefined) {
    const share = trips.length > 1 ? `${lost.length} of ${trips.length} jobs lost: ` : "";
    const states: Status[] = [];
    const why = lost.map((trip) => {
      const stray = claim(trip, server, wayBack.unclaimed);
      states.push(stray === undefined && isLate(trip, queue) ? rules.late : Status.CRITICAL);
      return lostText(trip, queue, { stray, heard: wayBack.copies.size > 0 });
    });
    problems.push(verdict(worst(states), `${name}: ${share}${[...new Set(why)].join(", ")}`));
  }
  const wrong = trips.flatMap((trip) => wrongText(trip, rules) ?? []);
  if (wrong.length > 0) {
    const share = trips.length > 1 ? `${wrong.length} of ${trips.length} results wrong: ` : "";
    problems.push(verdict(Status.CRITICAL, `${name}: ${share}${wrong[0]}`));
  }
  const twice = trips.filter((trip) => cameTwice(trip, wayBack.copies));
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
  return problems;
}

/** Whether a result came more than once, other than as a copy over a server for these. */
function cameTwice({ results }: TripFacts, copies: ReadonlySet<string>): boolean {
  const servers = new Set(results.map(({ server }) => server));
  const others = [...servers].filter((server) => !copies.has(server));
  return results.length > servers.size || others.length > 1;
}

/** The unreadable result that seems to belong to a job: one that came over the same server, if there is a choice. */
function claim({ stage }: TripFacts, server: string, unclaimed: Stray[]): Stray | undefined {
  if (stage !== "ended") return undefined;
  const same = unclaimed.findIndex((stray) => stray.server === server);
  return unclaimed.splice(Math.max(same, 0), 1)[0];
}

/** The numbers. What nobody knows, such as the time of a job that was lost, is left out. */
function measureJobs(
  { trips }: QueueFacts,
  name: string,
  names: { readonly server: string | undefined; readonly queue: string | undefined },
  { time, wait, run, back, results, lost, count }: Rules,
): Result[] {
  const returned = trips.filter((trip) => trip.results.length > 0);
  const slowest = time.worst(returned, (trip) => trip.time);
  const longest = wait.worst(trips, (trip) => trip.wait);
  const say = (text: string) => `${name}: ${text}`;
  return [
    ...(slowest ? [time.measure(slowest.value, { names, say: (text) => say(text + legs(slowest.row)) })] : []),
    ...(longest ? [wait.measure(longest.value, { names, say })] : []),
    figures([
      run.metric(run.worst(returned, (trip) => trip.run)?.value ?? Number.NaN, names),
      back.metric(back.worst(returned, (trip) => trip.return)?.value ?? Number.NaN, names),
      results.metric(returned.length, names, count),
      lost.metric(count - returned.length, names, count),
    ]),
  ];
}

const legs = (trip: TripFacts) =>
  Number.isFinite(trip.run)
    ? ` (wait ${seconds(trip.wait)}, run ${seconds(trip.run)}, return ${seconds(trip.return)})`
    : "";

function* tripLines({ name, trips }: QueueFacts, prefix: string): Iterable<string> {
  for (const { time, wait, run, return: back, results } of trips) {
    for (const { source, server, code, output } of results) {
      const legs = Number.isFinite(run) ? `, wait ${seconds(wait)}, run ${seconds(run)}, return ${seconds(back)}` : "";
      yield `${prefix}queue ${shown(name)}: answer of ${source === "" ? "a nameless worker" : excerpt(source)} over ${server} in ${seconds(time)}${legs}, code ${codeText(code)}: '${excerpt(output)}'`;
    }
  }
}
