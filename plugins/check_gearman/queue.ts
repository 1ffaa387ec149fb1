import {
  isSelected,
  type Pattern,
  type PerfdataAmount,
  type Result,
  Status,
  urgency,
  type Values,
  verdict,
} from "monitoring-plugins-ts";
import { displayName, type QueueStatus } from "monitoring-plugins-ts/gearman";
import { probeQueueEnd } from "monitoring-plugins-ts/mod-gearman";

import type { counts, measures } from "./quantities.ts";

/** Which queues count. */
export interface Selection {
  /** Exact names as byte strings; empty: all. */
  readonly queues: readonly string[];
  readonly include: readonly Pattern[];
  readonly exclude: readonly Pattern[];
}

/** Everything the user said about queues. */
export interface Rules extends Values<typeof counts & typeof measures> {
  readonly selection: Selection;
  readonly zeroWorkerCritical: boolean;
  readonly orphans: Status;
  readonly missing: Status;
  readonly uneven: Status;
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
    (unevenCounts || judgeNoWorker(queue, rules) !== Status.OK || rules.worker.judge(queue.worker) !== Status.OK) &&
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
  const waiting = rules.waiting.judge(queue.waiting);
  const running = rules.running.judge(queue.running);
  const worker = rules.worker.judge(queue.worker);
  const orphaned = judgeNoWorker(queue, rules);
  const status = mostUrgent(orphaned, waiting, worker, running);
  if (status === Status.OK) return undefined;

  const name = `${prefix}Queue ${shown(queue.name)}`;
  const blame = queue.name === RESULT_QUEUE ? ", the core is not fetching results" : "";
  if (status === orphaned && queue.waiting > 0) {
    return verdict(status, `${name} has ${counted(queue.waiting, "job")} without any worker${blame}.`);
  }
  if (status === waiting) return verdict(status, `${name} ${rules.waiting.text(queue.waiting)}${blame}.`);
  if (status === worker || status === orphaned) {
    const has = queue.worker === 0 ? "has no worker" : rules.worker.text(queue.worker);
    return verdict(status, `${name} ${has}${blame}.`);
  }
  return verdict(status, `${name} ${rules.running.text(queue.running)}.`);
}

/** What having no worker is worth: jobs that nobody fetches, or `-x`. */
function judgeNoWorker(queue: QueueStatus, rules: Rules): Status {
  if (queue.worker > 0) return Status.OK;
  return mostUrgent(
    queue.waiting > 0 ? rules.orphans : Status.OK,
    rules.zeroWorkerCritical ? Status.CRITICAL : Status.OK,
  );
}

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
