import { combine, counted, type Detail, figures, type Result, Status, unjudged, verdict } from "monitoring-plugins-ts";

import type { Course, Facts, Queue, Use } from "./facts.ts";
import { holds, isCountless, outage, shown } from "./queue.ts";
import { consumersOf, gaugeFor, gaugesOf, itemsOf, NO_COURSE, type QueueGauge } from "./queue-gauges.ts";
import { type Rules, selector } from "./rules.ts";

/** The verdict on the queues of a broker. */
export function evaluate(facts: Facts, rules: Rules): Result {
  const problem = facts.historyProblem === undefined ? [] : [facts.historyProblem.text];
  const details: Detail[] = [
    { verbosity: 0, lines: [...facts.refused.map(({ message }) => `no answer: ${message}`), ...problem] },
    { verbosity: 1, lines: remarks(facts, rules) },
  ];
  return combine(
    summary(facts.checked),
    [
      ...judgeAlarms(facts),
      ...judgeSelection(facts, rules),
      ...judgeQueues(facts, rules),
      ...judgeBroker(facts, rules),
      ...judgeUnknown(facts, rules),
    ],
    { details },
  );
}

/** Whether the verdict on a queue may be another in a moment: no consumer, or no counts yet. */
export function suspects(rules: Rules): (queue: Queue) => boolean {
  const isChosen = selector(rules);
  const consumers = consumersOf(rules);
  return (queue) =>
    (queue.ready === undefined ||
      queue.consumers === undefined ||
      consumers(queue).judge(queue.consumers) !== Status.OK) &&
    outage(queue) === undefined &&
    isChosen(queue);
}

function judgeAlarms({ alarms = [] }: Facts): readonly Result[] {
  return alarms.map(({ node, resource }) => {
    const blocks = resource === "file_descriptor_limit" ? "" : ": publishers are blocked";
    return verdict(Status.CRITICAL, `${shown(resource)} alarm on ${shown(node)}${blocks}`);
  });
}

/** Queues that should be there, and a selection that leaves nothing. */
function judgeSelection({ queues, checked, place }: Facts, rules: Rules): readonly Result[] {
  const absent = new Set(rules.queue);
  if (absent.size > 0) for (const { name } of queues) absent.delete(name);
  const parts = Array.from(absent, (name) => verdict(rules.missing, `Queue ${shown(name)} not found in ${place}`));
  if (parts.length > 0 || checked.length > 0) return parts;
  const why =
    queues.length === 0 ? `${place} has no queue` : `the filters leave out all ${queues.length} queues of ${place}`;
  return [verdict(Status.UNKNOWN, `no queue left to check: ${why}`)];
}

/** Of queues with problems, of equals the fullest first; and the perfdata of all. */
function judgeQueues(facts: Facts, rules: Rules): readonly Result[] {
  const { checked, courses, countless } = facts;
  // what is an outage is said first
  const isFirst = ({ key }: QueueGauge) => key === "consumers" || key === "stalled";
  const gauges = gaugesOf(rules)
    .filter(({ key }) => rules[key].isJudged)
    .toSorted((a, b) => Number(isFirst(b)) - Number(isFirst(a)));
  const odd = new Map<Queue, Course>();
  for (let at = 0; at < checked.length; at++) {
    const queue = checked[at] as Queue;
    const course = courses[at] ?? NO_COURSE;
    if (isOdd(queue, course, gauges)) odd.set(queue, course);
  }
  const fullest = [...odd].toSorted(([a], [b]) => (b.ready ?? 0) - (a.ready ?? 0));
  return [
    ...fullest.flatMap(([queue, course]) => [...problems(queue, course, gauges, countless)]),
    ...itemsOf(facts, rules, odd).map(figures),
  ];
}

/** Whether anything may be said of a queue: asked of 10,000 of them, of which few have anything. */
function isOdd(queue: Queue, course: Course, gauges: readonly QueueGauge[]): boolean {
  if (outage(queue) !== undefined || isCountless(queue)) return true;
  for (let at = 0; at < gauges.length; at++) {
    const one = gauges[at] as QueueGauge;
    const it = one.value(queue, course);
    // never is more than any number
    const value = one.key === "drain" ? Math.min(it, Number.MAX_SAFE_INTEGER) : it;
    if (gaugeFor(one, queue).judge(value) !== Status.OK) return true;
  }
  return false;
}

function* problems(queue: Queue, course: Course, gauges: readonly QueueGauge[], countless: string): Iterable<Result> {
  const name = `Queue ${shown(queue.name)}`;
  const down = outage(queue);
  if (down !== undefined) return yield verdict(Status.CRITICAL, `${name} ${down}`);
  const { ready = 0, unacknowledged = 0, consumers = 0 } = queue;
  const messages = counted(ready + unacknowledged, "message");
  for (const one of gauges) {
    const { key } = one;
    const it = one.value(queue, course);
    const judged = gaugeFor(one, queue);
    const status = judged.judge(it);
    if (key === "drain" && it === Number.POSITIVE_INFINITY) {
      const never = judged.judge(Number.MAX_SAFE_INTEGER);
      if (never !== Status.OK) yield verdict(never, `${name} will never be empty at this rate`);
    }
    if (status === Status.OK) continue;
    const text = judged.text(it);
    if (key === "consumers") yield verdict(status, `${name} ${text}${holds(queue) ? ` and holds ${messages}` : ""}`);
    else if (key === "stalled") {
      yield verdict(status, `${name}: ${text} by its ${counted(consumers, "consumer")}, and it holds ${messages}`);
    } else yield verdict(status, `${name} ${text}`);
  }
  if (isCountless(queue)) yield verdict(Status.UNKNOWN, `${name} has no counts: ${countless}`);
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
function* judgeUnknown({ checked, unroutable, historyProblem }: Facts, { asked, ...rules }: Rules): Iterable<Result> {
  const levels = (...keys: readonly string[]) => keys.flatMap((key) => [`${key}Warning`, `${key}Critical`]);
  const untimed = rules.oldest.isJudged
    ? checked.find((queue) => holds(queue) && queue.oldestSeconds === undefined)
    : undefined;
  if (untimed !== undefined) {
    yield* unjudged(levels("oldest"), `the messages of queue ${shown(untimed.name)} have no time that is told`, asked);
  }
  const untold = (
    [
      ["publish", "published"],
      ["deliver", "delivered"],
      ["ack", "acknowledged"],
    ] as const
  ).flatMap(([key, count]) =>
    rules[key].isJudged && checked.some((queue) => holds(queue) && queue[count] === undefined) ? [key] : [],
  );
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
  if (historyProblem === undefined && courses.every(({ growth }) => growth === undefined)) {
    yield "growth and rates are told from the next run on that is a minute later";
  }
  if (readable !== undefined) yield `${readable} can be read by every user: chmod o-r ${readable}`;
}

function summary(queues: readonly Queue[]): string {
  const sum = { ready: 0, unacknowledged: 0, consumers: 0 };
  for (const { ready = 0, unacknowledged = 0, consumers = 0 } of queues) {
    sum.ready += ready;
    sum.unacknowledged += unacknowledged;
    sum.consumers += consumers;
  }
  const one = queues.length === 1 ? `Queue ${shown(queues[0]?.name ?? "")}` : `${queues.length} queues`;
  return `${one}: ${sum.ready} ready, ${sum.unacknowledged} unacknowledged, ${sum.consumers} consumers`;
}
