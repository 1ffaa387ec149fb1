import {
  type CountThreshold,
  isSelected,
  judge,
  type Pattern,
  type PerfdataAmount,
  type Range,
  type Result,
  Status,
  type Threshold,
  urgency,
  verdict,
} from "monitoring-plugins-ts";
import { displayName, type QueueStatus } from "monitoring-plugins-ts/gearman";
import { probeQueueEnd } from "monitoring-plugins-ts/mod-gearman";

/** Warning and critical of one thing. */
export interface Levels<T extends Threshold = CountThreshold> {
  readonly warning: T | undefined;
  readonly critical: T | undefined;
}

/** Which queues count. */
export interface Selection {
  /** Exact names as byte strings; empty: all. */
  readonly queues: readonly string[];
  readonly include: readonly Pattern[];
  readonly exclude: readonly Pattern[];
}

/** Everything the user said about queues. */
export interface Rules {
  readonly selection: Selection;
  readonly waiting: Levels;
  readonly running: Levels;
  readonly worker: Levels;
  /** Waiting jobs of all selected queues of one server. */
  readonly total: Levels;
  readonly zeroWorkerCritical: boolean;
  readonly orphans: Status;
  readonly missing: Status;
  readonly uneven: Status;
  readonly servers: Levels<Range>;
  readonly time: Levels<Range>;
  readonly perfdata: PerfdataAmount;
  readonly perfdataFilter: Pattern | undefined;
}

/** The queue the core itself empties: no worker belongs there but the core. */
const RESULT_QUEUE = "check_results";

/** Whether the verdict on a queue rests on its having no worker, and so deserves a second look. */
export function restsOnNoWorker(rules: Rules, severalServers: boolean): (queue: QueueStatus) => boolean {
  const isSelectedQueue = selector(rules.selection);
  const unevenCounts = severalServers && rules.uneven !== Status.OK;
  return (queue) =>
    queue.worker === 0 &&
    (unevenCounts || judgeNoWorker(queue, rules) !== Status.OK || judgeWorker(queue, rules) !== Status.OK) &&
    isSelectedQueue(queue);
}

/**
 * The selected ones of a server's queues. The private queues of probes are selected by name only: they come and go,
 * and what a killed probe left behind is no alarm.
 */
export function selectQueues(queues: readonly QueueStatus[], selection: Selection): readonly QueueStatus[] {
  const isChosen = selector(selection);
  return queues.every(isChosen) ? queues : queues.filter(isChosen);
}

function selector({ queues, include, exclude }: Selection): (queue: QueueStatus) => boolean {
  const names = queues.length === 0 ? undefined : new Set(queues);
  const filtered = include.length + exclude.length > 0;
  return ({ name }) =>
    (names === undefined ? probeQueueEnd(name) === undefined : names.has(name)) &&
    (!filtered || isSelected(displayName(name), include, exclude));
}

/** What is wrong with a queue: the worst that applies, and of equals the first in this order. Nothing for most queues. */
export function judgeQueue(queue: QueueStatus, rules: Rules, prefix: string): Result | undefined {
  const waiting = judge(queue.waiting, rules.waiting.warning, rules.waiting.critical);
  const running = judge(queue.running, rules.running.warning, rules.running.critical);
  const worker = judgeWorker(queue, rules);
  const orphaned = judgeNoWorker(queue, rules);
  const status = mostUrgent(orphaned, waiting, worker, running);
  if (status === Status.OK) return undefined;

  const name = `${prefix}Queue ${shown(queue.name)}`;
  const blame = queue.name === RESULT_QUEUE ? ", the core is not fetching results" : "";
  if (status === orphaned && queue.waiting > 0) {
    return verdict(status, `${name} has ${counted(queue.waiting, "job")} without any worker${blame}.`);
  }
  if (status === waiting) return verdict(status, `${name} has ${counted(queue.waiting, "waiting job")}${blame}.`);
  if (status === worker || status === orphaned) {
    return verdict(status, `${name} has ${queue.worker === 0 ? "no" : queue.worker} worker${blame}.`);
  }
  return verdict(status, `${name} has ${counted(queue.running, "running job")}.`);
}

/** What having no worker is worth: jobs that nobody fetches, or `-x`. */
function judgeNoWorker(queue: QueueStatus, rules: Rules): Status {
  if (queue.worker > 0) return Status.OK;
  return mostUrgent(
    queue.waiting > 0 ? rules.orphans : Status.OK,
    rules.zeroWorkerCritical ? Status.CRITICAL : Status.OK,
  );
}

const judgeWorker = (queue: QueueStatus, { worker }: Rules) => judge(queue.worker, worker.warning, worker.critical);

function mostUrgent(first: Status, ...others: readonly Status[]): Status {
  let most = first;
  for (const status of others) if (urgency(status) > urgency(most)) most = status;
  return most;
}

/** Longest name in a text, in characters; names may have 8192 bytes. */
const LONGEST_SHOWN = 100;

/** A queue's name, fit for a sentence. */
export function shown(name: string): string {
  const text = displayName(name);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 3)}...` : text;
}

/** A number and its thing, in the plural where it belongs. */
export const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
