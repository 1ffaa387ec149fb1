import {
  type Asked,
  combine,
  type Detail,
  figures,
  isSelected,
  type Metric,
  printable,
  type Result,
  Status,
  safeLabel,
  unjudged,
  type Values,
  verdict,
  type WrittenPattern,
} from "monitoring-plugins-ts";

import type { Course, Facts, Queue, Use } from "./facts.ts";
import type { quantities } from "./quantities.ts";

/** What the user said about queues. */
export interface Rules extends Values<typeof quantities> {
  readonly queue: readonly string[];
  readonly include: readonly WrittenPattern[];
  readonly exclude: readonly WrittenPattern[];
  readonly missing: Status;
  /** The thresholds of consumers were given, and so are for queues without messages as well. */
  readonly consumersAlways: boolean;
  /** A file with a password that other users can read. */
  readonly readable: string | undefined;
  readonly asked: Asked;
}

/** The verdict on the queues of a broker. */
export function evaluate(facts: Facts, rules: Rules): Result {
  const selected = facts.queues.filter(selector(rules));
  const problem = facts.historyProblem === undefined ? [] : [facts.historyProblem.text];
  const details: Detail[] = [
    { verbosity: 0, lines: [...facts.refused.map(({ message }) => `no answer: ${message}`), ...problem] },
    { verbosity: 1, lines: remarks(facts, rules) },
  ];
  return combine(
    summary(selected),
    [
      ...judgeAlarms(facts),
      ...judgeSelection(facts, selected, rules),
      ...judgeQueues(selected, facts, rules),
      figures(metrics(selected, facts, rules)),
      ...judgeBroker(facts, rules),
      ...judgeUnknown(facts, selected, rules),
    ],
    { details },
  );
}

/** Whether the verdict on a queue may be another in a moment: no consumer, or no counts yet. */
export function suspects(rules: Rules): (queue: Queue) => boolean {
  const isChosen = selector(rules);
  return (queue) =>
    isChosen(queue) &&
    outage(queue) === undefined &&
    (queue.ready === undefined ||
      queue.consumers === undefined ||
      consumersOf(queue, rules).judge(queue.consumers) !== Status.OK);
}

/** Whether a queue is checked. */
export function selector({ queue, include, exclude }: Rules): (queue: Queue) => boolean {
  const names = queue.length === 0 ? undefined : new Set(queue);
  return ({ name }) => (names === undefined || names.has(name)) && isSelected(name, include, exclude);
}

function judgeAlarms({ alarms = [] }: Facts): readonly Result[] {
  return alarms.map(({ node, resource }) => {
    const blocks = resource === "file_descriptor_limit" ? "" : ": publishers are blocked";
    return verdict(Status.CRITICAL, `${shown(resource)} alarm on ${shown(node)}${blocks}`);
  });
}

/** Queues that should be there, and a selection that leaves nothing. */
function judgeSelection({ queues, place }: Facts, selected: readonly Queue[], rules: Rules): readonly Result[] {
  const present = new Set(queues.map(({ name }) => name));
  const parts = [...new Set(rules.queue)]
    .filter((name) => !present.has(name))
    .map((name) => verdict(rules.missing, `Queue ${shown(name)} not found in ${place}`));
  if (parts.length > 0 || selected.length > 0) return parts;
  const why =
    queues.length === 0 ? `${place} has no queue` : `the filters leave out all ${queues.length} queues of ${place}`;
  return [verdict(Status.UNKNOWN, `no queue left to check: ${why}`)];
}

/** Those with problems, and of equals the fullest first. */
function judgeQueues(queues: readonly Queue[], { courses, countless }: Facts, rules: Rules): readonly Result[] {
  const fullest = queues.toSorted((a, b) => (b.ready ?? 0) - (a.ready ?? 0));
  return fullest.flatMap((queue) => [...problems(queue, courses.get(queue.name) ?? {}, rules, countless)]);
}

function* problems(queue: Queue, course: Course, rules: Rules, countless: string): Iterable<Result> {
  const name = `Queue ${shown(queue.name)}`;
  const down = outage(queue);
  if (down !== undefined) return yield verdict(Status.CRITICAL, `${name} ${down}`);
  const { ready, unacknowledged, consumers } = queue;
  const messages = plural((ready ?? 0) + (unacknowledged ?? 0), "message");
  const judged = consumersOf(queue, rules);
  if (consumers !== undefined && judged.judge(consumers) !== Status.OK) {
    const hold = holds(queue) ? ` and holds ${messages}` : "";
    yield verdict(judged.judge(consumers), `${name} ${judged.text(consumers)}${hold}`);
  }
  const stalled = course.stalledSeconds ?? Number.NaN;
  if (rules.stalled.judge(stalled) !== Status.OK) {
    const by = `by its ${plural(consumers ?? 0, "consumer")}, and it holds ${messages}`;
    yield verdict(rules.stalled.judge(stalled), `${name}: ${rules.stalled.text(stalled)} ${by}`);
  }
  for (const { gauge, value } of measured(rules)) {
    const it = value(queue, course);
    if (gauge.judge(it) !== Status.OK) yield verdict(gauge.judge(it), `${name} ${gauge.text(it)}`);
  }
  if (course.drainSeconds === Number.POSITIVE_INFINITY) {
    const status = rules.drain.judge(Number.MAX_SAFE_INTEGER);
    if (status !== Status.OK) yield verdict(status, `${name} will never be empty at this rate`);
  }
  if (ready === undefined || consumers === undefined || unacknowledged === undefined) {
    yield verdict(Status.UNKNOWN, `${name} has no counts: ${countless}`);
  }
}

/** What is judged by nothing but its number, in the order of printing; NaN is not known. */
const measured = (rules: Rules) => {
  const { ready, unacknowledged, oldest, growth, drain, publish, deliver, ack } = rules;
  const known = (value: number | undefined) => value ?? Number.NaN;
  return [
    { gauge: ready, value: (queue: Queue, _: Course) => known(queue.ready) },
    { gauge: unacknowledged, value: (queue: Queue) => known(queue.unacknowledged) },
    { gauge: oldest, value: (queue: Queue) => known(queue.oldestSeconds) },
    { gauge: growth, value: (_: Queue, course: Course) => known(course.growth) },
    { gauge: drain, value: (_: Queue, course: Course) => known(course.drainSeconds) },
    { gauge: publish, value: (_: Queue, course: Course) => known(course.publish) },
    { gauge: deliver, value: (_: Queue, course: Course) => known(course.deliver) },
    { gauge: ack, value: (_: Queue, course: Course) => known(course.ack) },
  ];
};

const holds = ({ ready = 0, unacknowledged = 0 }: Queue) => ready + unacknowledged > 0;

const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Why a queue takes or gives no messages, whatever its counts are. */
function outage({ state, node, members, online }: Queue): string | undefined {
  if (members !== undefined && online !== undefined && online.length * 2 <= members.length) {
    const those = online.length === 0 ? "none" : online.map(shown).join(", ");
    return `has no majority: ${online.length} of ${members.length} members online (${those} of ${members.map(shown).join(", ")})`;
  }
  if (state === "down") return `is down since its node ${shown(node ?? "?")} is down`;
  if (state === "paused") return "is paused: its consumers get nothing";
  if (state === "crashed" || state === "stopped" || state === "minority") return `is ${state}`;
  return undefined;
}

/** Of an empty queue the default says nothing: a consumer may come with the first message. Nor of one of dead letters. */
const consumersOf = (queue: Queue, { consumers, consumersAlways }: Rules) =>
  consumersAlways || (holds(queue) && !queue.holdsDeadLetters) ? consumers : consumers.by(undefined, undefined);

function* metrics(queues: readonly Queue[], { courses }: Facts, rules: Rules): Iterable<Metric> {
  const [ready, unacknowledged, ...others] = measured(rules);
  for (const queue of queues) {
    const names = { queue: safeLabel(Buffer.from(queue.name).toString("latin1")) };
    const course = courses.get(queue.name) ?? {};
    const isOut = outage(queue) !== undefined;
    const item = ({ gauge, value }: ReturnType<typeof measured>[number]) =>
      (isOut ? gauge.by(undefined, undefined) : gauge).metric(value(queue, course), names);
    if (ready !== undefined) yield item(ready);
    if (unacknowledged !== undefined) yield item(unacknowledged);
    const judged = isOut ? rules.consumers.by(undefined, undefined) : consumersOf(queue, rules);
    yield judged.metric(queue.consumers ?? Number.NaN, names);
    for (const other of others) yield item(other);
    yield (isOut ? rules.stalled.by(undefined, undefined) : rules.stalled).metric(
      course.stalledSeconds ?? Number.NaN,
      names,
    );
  }
}

/** What the broker tells of itself; what it does not, where that was to be judged. */
function judgeBroker({ memory, store, deadLetters, unroutableRate, withheld }: Facts, rules: Rules): readonly Result[] {
  const use = (told: Use | undefined, name: "memory" | "store") => {
    if (told === undefined) {
      return unjudged([`${name}Warning`, `${name}Critical`], withheld ?? "the broker does not tell it", rules.asked);
    }
    const on = told.node === undefined ? "" : ` on ${shown(told.node)}`;
    return [rules[name].measure(told.percent, { say: (text) => `${text}${on}` })];
  };
  return [
    ...(deadLetters === undefined
      ? unjudged(["deadLettersWarning", "deadLettersCritical"], "no queue of dead letters is known", rules.asked)
      : [rules.deadLetters.measure(deadLetters)]),
    ...use(memory, "memory"),
    ...use(store, "store"),
    ...(unroutableRate === undefined ? [] : [rules.unroutable.measure(unroutableRate)]),
  ];
}

/** Thresholds that were given for what cannot be known; what is not known yet, at the first run, is no problem. */
function* judgeUnknown(
  { unroutable, historyProblem }: Facts,
  queues: readonly Queue[],
  { asked }: Rules,
): Iterable<Result> {
  const levels = (...keys: readonly string[]) => keys.flatMap((key) => [`${key}Warning`, `${key}Critical`]);
  const untimed = queues.find((queue) => holds(queue) && queue.oldestSeconds === undefined);
  if (untimed !== undefined) {
    yield* unjudged(levels("oldest"), `the messages of queue ${shown(untimed.name)} have no time that is told`, asked);
  }
  const untold = (
    [
      ["publish", "published"],
      ["deliver", "delivered"],
      ["ack", "acknowledged"],
    ] as const
  ).flatMap(([key, count]) => (queues.some((queue) => holds(queue) && queue[count] === undefined) ? [key] : []));
  const notTold = "the broker does not tell it";
  yield* unjudged([...levels(...untold), ...(unroutable === undefined ? levels("unroutable") : [])], notTold, asked);
  if (historyProblem?.isFatal) {
    const known = ["growth", "drain", "publish", "deliver", "ack", "stalled", "unroutable"];
    yield* unjudged(levels(...known), historyProblem.text, asked);
  }
}

function* remarks({ peer, alarms, withheld, courses, historyProblem }: Facts, { readable }: Rules): Iterable<string> {
  yield `asked ${peer}`;
  if (alarms === undefined) yield "this broker does not tell of alarms (before 3.8.10)";
  if (withheld !== undefined) yield withheld;
  if (historyProblem === undefined && [...courses.values()].every(({ growth }) => growth === undefined)) {
    yield "growth and rates are told from the next run on that is a minute later";
  }
  if (readable !== undefined) yield `${readable} can be read by other users: chmod 600 ${readable}`;
}

function summary(queues: readonly Queue[]): string {
  const sum = (count: "ready" | "unacknowledged" | "consumers") =>
    queues.reduce((total, queue) => total + (queue[count] ?? 0), 0);
  const one = queues.length === 1 ? `Queue ${shown(queues[0]?.name ?? "")}` : `${queues.length} queues`;
  return `${one}: ${sum("ready")} ready, ${sum("unacknowledged")} unacknowledged, ${sum("consumers")} consumers`;
}

/** A name, fit for a sentence. */
const shown = (name: string) => printable(name, 100);
