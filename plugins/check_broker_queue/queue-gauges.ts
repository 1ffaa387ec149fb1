import { type Gauge, Series, safeLabel } from "monitoring-plugins-ts";

import type { Course, Facts, Queue } from "./facts.ts";
import { holds, outage } from "./queue.ts";
import type { Rules } from "./rules.ts";

type Key =
  | "ready"
  | "unacknowledged"
  | "consumers"
  | "oldest"
  | "growth"
  | "drain"
  | "publish"
  | "deliver"
  | "ack"
  | "stalled";

/** Judges, says and prints a value of a queue. */
type Judging = Pick<Gauge<`<queue>_${string}`>, "judge" | "text" | "metric" | "around">;

/** What is measured of each queue, and what judges it: the same for all of them, or one for each. */
export interface QueueGauge {
  readonly key: Key;
  readonly gauge: Judging | ((queue: Queue) => Judging);
  /** NaN for one that is not known. */
  readonly value: (queue: Queue, course: Course) => number;
}

/** Of what a single look tells. */
interface LookGauge extends QueueGauge {
  readonly value: (queue: Queue) => number;
}

const known = (value: number | undefined) => value ?? Number.NaN;

function gaugesOfLook(rules: Rules): readonly LookGauge[] {
  return [
    { key: "ready", gauge: rules.ready, value: ({ ready }) => known(ready) },
    { key: "unacknowledged", gauge: rules.unacknowledged, value: ({ unacknowledged }) => known(unacknowledged) },
    { key: "consumers", gauge: consumersOf(rules), value: ({ consumers }) => known(consumers) },
    { key: "oldest", gauge: rules.oldest, value: ({ oldestSeconds }) => known(oldestSeconds) },
  ];
}

/** Of what earlier runs add. */
function gaugesOfCourse(rules: Rules): readonly QueueGauge[] {
  return [
    { key: "growth", gauge: rules.growth, value: (_, { growth }) => known(growth) },
    { key: "drain", gauge: rules.drain, value: (_, { drainSeconds }) => known(drainSeconds) },
    { key: "publish", gauge: rules.publish, value: (_, { publish }) => known(publish) },
    { key: "deliver", gauge: rules.deliver, value: (_, { deliver }) => known(deliver) },
    { key: "ack", gauge: rules.ack, value: (_, { ack }) => known(ack) },
    { key: "stalled", gauge: rules.stalled, value: (_, { stalledSeconds }) => known(stalledSeconds) },
  ];
}

/** All of them, in the order of printing. */
export const gaugesOf = (rules: Rules): readonly QueueGauge[] => [...gaugesOfLook(rules), ...gaugesOfCourse(rules)];

/** What judges this queue. */
export const gaugeFor = ({ gauge }: QueueGauge, queue: Queue): Judging =>
  typeof gauge === "function" ? gauge(queue) : gauge;

/** By what the consumers of a queue are judged: of an empty queue the default says nothing, a consumer may come with the first message. Nor of one of dead letters, or a stream. */
export function consumersOf({ consumers, consumersAlways }: Rules): (queue: Queue) => Rules["consumers"] {
  const unjudged = consumers.by(undefined, undefined);
  return (queue) => (consumersAlways || needsConsumer(queue) ? consumers : unjudged);
}

const needsConsumer = (queue: Queue) => holds(queue) && !queue.holdsDeadLetters && !queue.isStream;

/** From so many queues on, what earlier runs add is printed only of those of which something is said. */
const MANY = 1000;

/**
 * The perfdata of queues. One that takes nothing is judged by that alone.
 *
 * @param odd those of which something is said
 */
export function itemsOf(
  { checked, courses }: Facts,
  rules: Rules,
  odd: ReadonlyMap<Queue, Course>,
): readonly Series<Queue>[] {
  const out = new Set([...odd.keys()].filter((queue) => outage(queue) !== undefined));
  const judging = (one: QueueGauge) => {
    // as a rule; one call less for each item
    if (out.size === 0) return one.gauge;
    const unjudged = rules[one.key].by(undefined, undefined);
    return (queue: Queue) => (out.has(queue) ? unjudged : gaugeFor(one, queue));
  };
  const isAll = checked.length <= MANY;
  const printed = isAll ? new Map(checked.map((queue, at) => [queue, courses[at] ?? NO_COURSE])) : odd;
  const look = gaugesOfLook(rules).map((one) => ({ gauge: judging(one), value: one.value }));
  const course = gaugesOfCourse(rules).map((one) => ({
    gauge: judging(one),
    value: (queue: Queue) => one.value(queue, printed.get(queue) ?? NO_COURSE),
  }));
  const names = { open: "queue", of: ({ name }: Queue) => labelOf(name) };
  if (isAll) return [new Series(checked, names, [...look, ...course])];
  return [new Series(checked, names, look), new Series([...printed.keys()], names, course)];
}

const PRINTABLE_ASCII = /^[ -~]*$/;

/** A label is made of bytes, which the characters of most names are. */
const labelOf = (name: string) => safeLabel(PRINTABLE_ASCII.test(name) ? name : Buffer.from(name).toString("latin1"));

/** Of a queue of which nothing is known of earlier runs. */
export const NO_COURSE: Course = {};
