import {
  type CheckError,
  combine,
  counted,
  type Detail,
  figures,
  filterMetrics,
  type Metric,
  type Result,
  Series,
  Status,
  safeLabel,
  verdict,
  type WrittenPattern,
} from "monitoring-plugins-ts";
import { displayName, type QueueStatus, type ServerStatus, wireName } from "monitoring-plugins-ts/gearman";

import {
  type Confirmation,
  gaugeOf,
  isWithoutQueues,
  judgeAbsent,
  judgeMissing,
  judgeQueue,
  leftoverQueues,
  missingQueues,
  type Rules,
  selectQueues,
  shown,
  sinceWhen,
  unlessDoubtful,
} from "./evaluate-queue.ts";

/** What one job server answered, or why it did not. */
export interface ServerFacts {
  /** `host:port`, as in the texts. */
  readonly server: string;
  /** The server's part of a perfdata label. */
  readonly label: string;
  readonly answer: ServerStatus | CheckError;
  readonly confirmation: Confirmation;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
}

const failed = (answer: ServerFacts["answer"]): answer is CheckError => answer instanceof Error;

/** A server that answered, and what the rules are about there. */
interface Selected extends ServerFacts {
  readonly answer: ServerStatus;
  readonly queues: readonly QueueStatus[];
  /** Sums over these queues. */
  readonly totals: { readonly waiting: number; readonly running: number; readonly worker: number };
}

function select(fact: ServerFacts & { readonly answer: ServerStatus }, { selection }: Rules): Selected {
  const queues = selectQueues(fact.answer.queues, selection);
  const totals = { waiting: 0, running: 0, worker: 0 };
  for (const { waiting, running, worker } of queues) {
    totals.waiting += waiting;
    totals.running += running;
    totals.worker += worker;
  }
  return { ...fact, queues, totals };
}

/** The verdict on the queues of one or more job servers. */
export function evaluate(facts: readonly ServerFacts[], rules: Rules): Result {
  const several = facts.length > 1;
  const judgeFailures = !rules.servers.isJudged;
  const servers: Selected[] = [];

  const parts: Result[] = [];
  const answered = facts.filter(({ answer }) => !failed(answer)).length;
  for (const fact of facts) {
    const { server, label, answer } = fact;
    if (!failed(answer)) {
      const one = select({ ...fact, answer }, rules);
      servers.push(one);
      parts.push(
        evaluateServer(one, rules, { prefix: several ? `${server}: ` : "", label: several ? label : undefined }),
      );
    } else if (judgeFailures || answered === 0) parts.push(verdict(answer.status, withServer(answer.message, server)));
  }
  const count = countServers(facts.length, answered, rules);
  if (count !== undefined) parts.push(count);
  // one by one: spread as arguments, the queues of a large server are more than the stack holds
  if (several && rules.uneven !== Status.OK) for (const part of findUneven(servers, rules)) parts.push(part);

  // those that are no problem: only their number is judged, or -t says that a timeout is OK
  const unjudged = facts.flatMap(({ server, answer }) =>
    failed(answer) && (answer.status === Status.OK || (!judgeFailures && answered > 0))
      ? [withServer(answer.message, server)]
      : [],
  );
  const details: Detail[] = [{ verbosity: 2, lines: configurationLines(facts.length, answered, rules) }];
  if (answered === 0) return combine(unjudged.join(" "), parts, { details });
  details.unshift({ verbosity: 0, lines: unjudged.map((text) => `no answer: ${text}`) });
  return combine(okText(servers, facts.length, rules), parts, { details });
}

/** A failure's text names its server already, unless it comes from the deadline itself. */
const withServer = (message: string, server: string) =>
  message.includes(hostOf(server)) ? message : `${server}: ${message}`;

const hostOf = (server: string) => server.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");

interface Prefixes {
  /** In front of a text. */
  readonly prefix: string;
  /** The server's part of a label. */
  readonly label: string | undefined;
}

function evaluateServer(
  { server, answer, queues, totals, confirmation, nowSeconds }: Selected,
  rules: Rules,
  { prefix, label }: Prefixes,
): Result {
  const { selection } = rules;
  const parts: Result[] = [];
  for (const queue of queues) {
    const problem = judgeQueue(queue, rules, prefix, confirmation);
    if (problem !== undefined) parts.push(problem);
  }
  const since = sinceWhen(confirmation);
  for (const name of missingQueues(answer, rules)) {
    const status = unlessDoubtful(judgeMissing(rules, name), confirmation);
    parts.push(verdict(status, `${prefix}Queue ${shown(name)} not found${since}`));
  }

  const filtered = selection.include.length > 0 || selection.exclude.length > 0;
  const leftOut = answer.queues.length - queues.length;
  if (isWithoutQueues(answer, rules)) {
    const status = unlessDoubtful(judgeAbsent(rules, rules.worker), confirmation);
    parts.push(verdict(status, `${server} has no queue${since}: no worker has come since it was started`));
  } else if (filtered && queues.length === 0) {
    parts.push(
      verdict(Status.UNKNOWN, `${prefix}no queue left to check: the filters leave out all ${answer.queues.length}`),
    );
  }
  parts.push(...judgeAnswer(answer, prefix));
  const once = answer.duplicates.length === 0 ? queues : listedOnce(queues);
  parts.push(figures(filterMetrics(queueMetrics(once, rules, label), rules.perfdataFilter)));
  parts.push(
    ...measureServer(answer, queues.length, totals, rules, { prefix, label }).map((part) => selected(part, rules)),
  );
  // a probe's private queue is selected by its name only
  const leftovers = leftOut === 0 ? [] : leftoverQueues(answer, rules, nowSeconds);
  if (leftovers.length > 0) parts.push(selected(measureLeftovers(leftovers, rules, { prefix, label }), rules));

  const details: Detail[] = [
    { verbosity: 1, lines: queueLines(queues, rules, prefix, confirmation) },
    { verbosity: 1, lines: needlessLines(queues, rules, prefix) },
    {
      verbosity: 2,
      lines: [
        `${prefix}queues: ${answer.queues.length} listed, ${queues.length} selected, ${leftOut} left out; answered in ${answer.seconds.toFixed(3)} s`,
      ],
    },
  ];
  if (filtered)
    details.unshift({
      verbosity: 0,
      lines: [`${prefix}${leftOut} of ${answer.queues.length} queues left out by the filters`],
    });
  // a server without a single queue is a fresh one; its being up is what was checked
  if (parts.every(({ text }) => text === ""))
    parts.push(verdict(Status.OK, `${prefix}${counted(queues.length, "queue")} within thresholds`));
  return combine("", parts, { details });
}

/** What is wrong with the answer itself. A name may hold line feeds and forge lines, so nothing odd is ignored. */
function judgeAnswer({ oddCount, oddLines, duplicates }: ServerStatus, prefix: string): Result[] {
  const parts: Result[] = [];
  if (oddCount > 0) {
    const lines = oddCount === 1 ? "a line that is" : `${oddCount} lines that are`;
    parts.push(verdict(Status.UNKNOWN, `${prefix}the answer has ${lines} no queue: '${shown(oddLines[0] ?? "")}'`));
  }
  const [twice] = duplicates;
  if (twice !== undefined)
    parts.push(verdict(Status.UNKNOWN, `${prefix}the answer lists queue '${shown(twice)}' twice`));
  return parts;
}

/** What the server as a whole is judged by. */
function measureServer(
  { seconds }: ServerStatus,
  queues: number,
  totals: Selected["totals"],
  rules: Rules,
  { prefix, label }: Prefixes,
): Result[] {
  const { total, time } = rules;
  const names = { server: label };
  const parts: Result[] = [];
  // a queue's label always ends in "_" and a word, so these words alone are nobody's
  if (rules.perfdata === "totals" || total.isJudged) {
    parts.push(
      total.measure(totals.waiting, {
        names,
        say: quietly((text) => `${prefix}${text} in ${counted(queues, "queue")}.`),
      }),
      figures([
        rules.totalRunning.metric(totals.running, names),
        rules.totalWorker.metric(totals.worker, names),
        rules.queues.metric(queues, names),
      ]),
    );
  }
  if (time.isJudged) parts.push(time.measure(seconds, { names, say: quietly((text) => `${prefix}${text}.`) }));
  return parts;
}

/** Names in the text about queues that were left behind; each is long. */
const MOST_NAMED = 2;

/** Private queues of probes: their names say who made them, and they are of no use to anything. */
function measureLeftovers(leftovers: readonly QueueStatus[], rules: Rules, { prefix, label }: Prefixes): Result {
  const named = leftovers.slice(0, MOST_NAMED).map(({ name }) => shown(name));
  const more = leftovers.length - named.length;
  const names = `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const jobs = counted(
    leftovers.reduce((sum, { waiting }) => sum + waiting, 0),
    "job",
  );
  const say = quietly(
    (text) => `${prefix}${text} by probes, with ${jobs}: ${names}. Drop them by gearadmin --drop-function NAME`,
  );
  return rules.leftovers.measure(leftovers.length, { names: { server: label }, say });
}

/** Of what is fine nothing is said. */
const quietly = (say: (text: string) => string) => (text: string, status: Status) =>
  status === Status.OK ? "" : say(text);

/** With that part of its perfdata that the user wants. */
const selected = (
  result: Result,
  { perfdata, perfdataFilter }: Pick<Rules, "perfdata" | "perfdataFilter">,
): Result => ({
  ...result,
  metrics: perfdata === "none" ? [] : filterMetrics(result.metrics, perfdataFilter),
});

function countServers(asked: number, answered: number, rules: Rules): Result | undefined {
  if (asked === 1 && !rules.servers.isJudged) return undefined;
  const say = () => `${answered} of ${asked} job servers answered`;
  return selected(rules.servers.measure(answered, { max: asked, say }), rules);
}

/** Queues that have workers on one server and none on another: jobs put there by the second one's clients wait. */
function findUneven(selected: readonly Selected[], rules: Rules): Result[] {
  const servers = selected.map(({ server, queues }) => ({
    server,
    workers: new Map(queues.map(({ name, worker }) => [name, worker])),
  }));
  const names = new Set(servers.flatMap(({ workers }) => [...workers.keys()]));
  const parts: Result[] = [];
  for (const name of [...names].sort()) {
    const having = servers.find(({ workers }) => (workers.get(name) ?? 0) > 0);
    const lacking = servers.find(({ workers }) => (workers.get(name) ?? 0) === 0);
    if (having !== undefined && lacking !== undefined) {
      parts.push(
        verdict(rules.uneven, `Queue ${shown(name)} has workers on ${having.server} but none on ${lacking.server}.`),
      );
    }
  }
  return parts;
}

function queueMetrics(queues: Iterable<QueueStatus>, rules: Rules, server: string | undefined): Iterable<Metric> {
  if (rules.perfdata !== "all") return [];
  return new Series(queues, { common: { server }, open: "queue", of: ({ name }) => safeLabel(name) }, [
    { gauge: columnOf(rules.waiting), value: ({ waiting }) => waiting },
    { gauge: columnOf(rules.running), value: ({ running }) => running },
    { gauge: columnOf(rules.worker), value: ({ worker }) => worker },
  ]);
}

/** By the thresholds of each queue, where there are such. */
const columnOf = (gauge: Rules["waiting"]) =>
  gauge.named.length === 0 ? gauge : ({ name }: QueueStatus) => gaugeOf(gauge, name);

/** A queue that is listed twice is a fault of the answer, and two items of one label would be another: the fuller one is printed. */
function* listedOnce(queues: readonly QueueStatus[]): Iterable<QueueStatus> {
  let held: QueueStatus | undefined;
  for (let at = 0; at < queues.length; at++) {
    const listed = queues[at] as QueueStatus;
    const queue = held?.name === listed.name && held.waiting > listed.waiting ? held : listed;
    held = queue;
    if (queues[at + 1]?.name !== queue.name) yield queue;
  }
}

function* queueLines(
  queues: readonly QueueStatus[],
  rules: Rules,
  prefix: string,
  confirmation: Confirmation,
): Iterable<string> {
  for (const queue of queues) {
    if (judgeQueue(queue, rules, prefix, confirmation) !== undefined) continue;
    const { waiting, running, worker } = queue;
    yield `OK - ${prefix}Queue ${shown(queue.name)} has ${counted(waiting, "waiting job")}, ${running} running, ${worker} worker.`;
  }
}

/** As they were written, each once. */
const textsOf = (named: readonly WrittenPattern[]) => new Set(named.map(({ text }) => text));

/** Names in thresholds that no selected queue has: they may be mistyped. */
function* needlessLines(queues: readonly QueueStatus[], rules: Rules, prefix: string): Iterable<string> {
  const named = [rules.waiting, rules.running, rules.worker].flatMap((gauge) => gauge.named);
  if (named.length === 0) return;
  const names = queues.map(({ name }) => displayName(name));
  const unused = named.filter((one) => !names.some((name) => name === one.text || one(name)));
  for (const text of textsOf(unused)) {
    yield `${prefix}no selected queue is named ${shown(wireName(text))}: its thresholds judge nothing`;
  }
}

function* configurationLines(asked: number, answered: number, rules: Rules): Iterable<string> {
  type Counted = Rules["waiting" | "running" | "worker" | "total" | "leftovers"];
  const count = (what: string, { warning, critical }: Counted) =>
    `${what}: WARNING ${warning?.words ?? "off"}, CRITICAL ${critical?.words ?? "off"}`;
  const each = (what: string, gauge: Counted) => [
    count(`${what} of a queue`, gauge),
    ...Array.from(textsOf(gauge.named), (text) => count(`${what} of queue ${shown(wireName(text))}`, gauge.for(text))),
  ];
  const range = (what: string, { warning, critical }: Rules["servers" | "time"]) =>
    `${what}: WARNING ${warning === undefined ? "off" : `by range ${warning}`}, CRITICAL ${critical === undefined ? "off" : `by range ${critical}`}`;
  yield `job servers: ${asked} asked, ${answered} answered`;
  yield* each("waiting jobs", rules.waiting);
  yield* each("running jobs", rules.running);
  yield* each("workers", rules.worker);
  yield count("waiting jobs in all queues", rules.total);
  yield count("queues that probes left behind", rules.leftovers);
  yield range("job servers that answer", rules.servers);
  yield range("seconds to answer", rules.time);
}

function okText(servers: readonly Selected[], asked: number, { selection }: Rules): string {
  let running = 0;
  let waiting = 0;
  let leftOut = 0;
  const versions = new Set<string>();
  for (const { answer, queues, totals } of servers) {
    running += totals.running;
    waiting += totals.waiting;
    leftOut += answer.queues.length - queues.length;
    if (answer.version !== "") versions.add(shown(answer.version));
  }
  const all = servers.length === asked ? `${asked}` : `${servers.length} of ${asked}`;
  const who = asked > 1 ? `${all} job servers, ` : "";
  const filtered =
    selection.include.length + selection.exclude.length > 0 ? ` ${counted(leftOut, "queue")} left out.` : "";
  const version = versions.size === 0 ? "" : ` Version: ${[...versions].sort().join(", ")}`;
  return `${who}${counted(running, "job")} running and ${counted(waiting, "job")} waiting.${filtered}${version}`;
}
