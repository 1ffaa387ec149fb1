import {
  type Asked,
  combine,
  type Detail,
  figures,
  isSelected,
  type Metric,
  type Pattern,
  printable,
  type Result,
  Status,
  safeLabel,
  unjudged,
  type Values,
  verdict,
} from "monitoring-plugins-ts";

import type { Facts, Queue, Use } from "./facts.ts";
import type { quantities } from "./quantities.ts";

/** What the user said about queues. */
export interface Rules extends Values<typeof quantities> {
  readonly vhost: string;
  readonly queue: readonly string[];
  readonly include: readonly Pattern[];
  readonly exclude: readonly Pattern[];
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
  const details: Detail[] = [
    { verbosity: 0, lines: facts.refused.map(({ message }) => `no answer: ${message}`) },
    { verbosity: 1, lines: remarks(facts, rules) },
  ];
  return combine(
    summary(selected),
    [
      ...judgeAlarms(facts),
      ...judgeSelection(facts, selected, rules),
      ...judgeQueues(selected, rules),
      figures(metrics(selected, rules)),
      ...judgeBroker(facts, rules),
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

function selector({ queue, include, exclude }: Rules): (queue: Queue) => boolean {
  const names = queue.length === 0 ? undefined : new Set(queue);
  return ({ name }) => (names === undefined || names.has(name)) && isSelected(name, include, exclude);
}

function judgeAlarms({ alarms = [] }: Facts): readonly Result[] {
  return alarms.map(({ node, resource }) => {
    const blocks = resource === "memory" || resource === "disk" ? ": publishers are blocked" : "";
    return verdict(Status.CRITICAL, `${shown(resource)} alarm on ${shown(node)}${blocks}`);
  });
}

/** Queues that should be there, and a selection that leaves nothing. */
function judgeSelection({ queues }: Facts, selected: readonly Queue[], rules: Rules): readonly Result[] {
  const present = new Set(queues.map(({ name }) => name));
  const parts = [...new Set(rules.queue)]
    .filter((name) => !present.has(name))
    .map((name) => verdict(rules.missing, `Queue ${shown(name)} not found in vhost ${shown(rules.vhost)}`));
  if (parts.length > 0 || selected.length > 0) return parts;
  const why =
    queues.length === 0
      ? `vhost ${shown(rules.vhost)} has no queue`
      : `the filters leave out all ${queues.length} queues of vhost ${shown(rules.vhost)}`;
  return [verdict(Status.UNKNOWN, `no queue left to check: ${why}`)];
}

/** Those with problems, and of equals the fullest first. */
function judgeQueues(queues: readonly Queue[], rules: Rules): readonly Result[] {
  const fullest = queues.toSorted((a, b) => (b.ready ?? 0) - (a.ready ?? 0));
  return fullest.flatMap((queue) => [...problems(queue, rules)]);
}

function* problems(queue: Queue, rules: Rules): Iterable<Result> {
  const name = `Queue ${shown(queue.name)}`;
  const down = outage(queue);
  if (down !== undefined) return yield verdict(Status.CRITICAL, `${name} ${down}`);
  const { ready, unacknowledged, consumers } = queue;
  const judged = consumersOf(queue, rules);
  const messages = (ready ?? 0) + (unacknowledged ?? 0);
  if (consumers !== undefined && judged.judge(consumers) !== Status.OK) {
    const hold = messages === 0 ? "" : ` and holds ${messages} message${messages === 1 ? "" : "s"}`;
    yield verdict(judged.judge(consumers), `${name} ${judged.text(consumers)}${hold}`);
  }
  if (ready !== undefined && rules.ready.judge(ready) !== Status.OK) {
    yield verdict(rules.ready.judge(ready), `${name} ${rules.ready.text(ready)}`);
  }
  if (unacknowledged !== undefined && rules.unacknowledged.judge(unacknowledged) !== Status.OK) {
    yield verdict(rules.unacknowledged.judge(unacknowledged), `${name} ${rules.unacknowledged.text(unacknowledged)}`);
  }
  const { oldestSeconds: oldest } = queue;
  if (oldest !== undefined && rules.oldest.judge(oldest) !== Status.OK) {
    yield verdict(rules.oldest.judge(oldest), `${name} ${rules.oldest.text(oldest)}`);
  }
  if (ready === undefined || consumers === undefined || unacknowledged === undefined) {
    yield verdict(
      Status.UNKNOWN,
      `${name} has no counts: it is younger than 5 s, or the broker's management statistics are off`,
    );
  }
}

/** Why a queue takes no messages, whatever its counts are. */
function outage({ state, node, members, online }: Queue): string | undefined {
  if (members !== undefined && online !== undefined && online.length * 2 <= members.length) {
    const those = online.length === 0 ? "none" : online.map(shown).join(", ");
    return `has no majority: ${online.length} of ${members.length} members online (${those} of ${members.map(shown).join(", ")})`;
  }
  if (state === "down") return `is down since its node ${shown(node ?? "?")} is down`;
  if (state === "crashed" || state === "stopped" || state === "minority") return `is ${state}`;
  return undefined;
}

/** Of an empty queue the default says nothing: a consumer may come with the first message. */
const consumersOf = ({ ready, unacknowledged }: Queue, { consumers, consumersAlways }: Rules) =>
  consumersAlways || (ready ?? 0) + (unacknowledged ?? 0) > 0 ? consumers : consumers.by(undefined, undefined);

function* metrics(queues: readonly Queue[], rules: Rules): Iterable<Metric> {
  for (const queue of queues) {
    const names = { queue: safeLabel(Buffer.from(queue.name).toString("latin1")) };
    const { ready = Number.NaN, unacknowledged = Number.NaN, consumers = Number.NaN } = queue;
    const { oldestSeconds = Number.NaN } = queue;
    yield rules.ready.metric(ready, names);
    yield rules.unacknowledged.metric(unacknowledged, names);
    const judged = outage(queue) === undefined ? consumersOf(queue, rules) : rules.consumers.by(undefined, undefined);
    yield judged.metric(consumers, names);
    yield rules.oldest.metric(oldestSeconds, names);
  }
}

/** What the broker tells of itself; what it does not, where that was to be judged. */
function judgeBroker({ memory, store, deadLetters, withheld }: Facts, rules: Rules): readonly Result[] {
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
  ];
}

function* remarks({ peer, alarms, withheld }: Facts, { readable }: Rules): Iterable<string> {
  yield `asked ${peer}`;
  if (alarms === undefined) yield "this broker does not tell of alarms (before 3.8.10)";
  if (withheld !== undefined) yield withheld;
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
