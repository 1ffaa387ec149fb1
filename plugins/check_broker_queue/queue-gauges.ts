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

/** What is measured of each queue. */
export interface QueueGauge {
  readonly key: Key;
  readonly gauge: (queue: Queue) => Judging;
  /** NaN for one that is not known. */
  readonly value: (queue: Queue, course: Course) => number;
}

const known = (value: number | undefined) => value ?? Number.NaN;

/** All of them, in the order of printing. */
export function gaugesOf(rules: Rules): readonly QueueGauge[] {
  const consumers = consumersOf(rules);
  return [
    { key: "ready", gauge: () => rules.ready, value: ({ ready }) => known(ready) },
    {
      key: "unacknowledged",
      gauge: () => rules.unacknowledged,
      value: ({ unacknowledged }) => known(unacknowledged),
    },
    { key: "consumers", gauge: consumers, value: (queue) => known(queue.consumers) },
    { key: "oldest", gauge: () => rules.oldest, value: ({ oldestSeconds }) => known(oldestSeconds) },
    { key: "growth", gauge: () => rules.growth, value: (_, { growth }) => known(growth) },
    { key: "drain", gauge: () => rules.drain, value: (_, { drainSeconds }) => known(drainSeconds) },
    { key: "publish", gauge: () => rules.publish, value: (_, { publish }) => known(publish) },
    { key: "deliver", gauge: () => rules.deliver, value: (_, { deliver }) => known(deliver) },
    { key: "ack", gauge: () => rules.ack, value: (_, { ack }) => known(ack) },
    { key: "stalled", gauge: () => rules.stalled, value: (_, { stalledSeconds }) => known(stalledSeconds) },
  ];
}

/** By what the consumers of a queue are judged: of an empty queue the default says nothing, a consumer may come with the first message. Nor of one of dead letters, or a stream. */
export function consumersOf({ consumers, consumersAlways }: Rules): (queue: Queue) => Rules["consumers"] {
  const unjudged = consumers.by(undefined, undefined);
  return (queue) => (consumersAlways || needsConsumer(queue) ? consumers : unjudged);
}

const needsConsumer = (queue: Queue) => holds(queue) && !queue.holdsDeadLetters && !queue.isStream;

/** From so many queues on, what earlier runs add is printed only of those of which something is said. */
const MANY = 1000;

/** A queue, and what its items are made of. */
interface Line {
  readonly queue: Queue;
  readonly course: Course;
  readonly isOut: boolean;
}

/**
 * The perfdata of queues. One that takes nothing is judged by that alone.
 *
 * @param odd those of which something is said
 */
export function itemsOf({ checked, courses }: Facts, rules: Rules, odd: Pick<ReadonlySet<Queue>, "has">): Series<Line> {
  function* lines(): Iterator<Line> {
    const isAll = checked.length <= MANY;
    for (let at = 0; at < checked.length; at++) {
      const queue = checked[at] as Queue;
      const course = isAll || odd.has(queue) ? courses[at] : undefined;
      yield { queue, course: course ?? NO_COURSE, isOut: outage(queue) !== undefined };
    }
  }
  const columns = gaugesOf(rules).map(({ key, gauge, value }) => {
    const unjudged = rules[key].by(undefined, undefined);
    return {
      gauge: ({ queue, isOut }: Line) => (isOut ? unjudged : gauge(queue)),
      value: ({ queue, course }: Line) => value(queue, course),
    };
  });
  return new Series(
    { [Symbol.iterator]: lines },
    { open: "queue", of: ({ queue: { name } }) => labelOf(name) },
    columns,
  );
}

/** A label is made of bytes, which the characters of most names are. */
const labelOf = (name: string) =>
  safeLabel(Buffer.byteLength(name) === name.length ? name : Buffer.from(name).toString("latin1"));

/** Of a queue of which nothing is known of earlier runs. */
export const NO_COURSE: Course = {};
