import {
  type CountThreshold,
  counted,
  type Gauge,
  isSelected,
  type Pattern,
  type PerfdataAmount,
  type Result,
  Status,
  urgency,
  type Values,
  verdict,
} from "monitoring-plugins-ts";
import { displayName, type QueueStatus, type ServerStatus, wireName } from "monitoring-plugins-ts/gearman";
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

/** How sure it is that workers or queues are not there. */
export interface Confirmation {
  /** For how long it was seen so; 0 for a single look. */
  readonly seconds: number;
  /** Why that is not as long as it has to be. */
  readonly unconfirmed: string | undefined;
}

/** Why it was not seen for long enough, where the deadline came first. */
export const cutShort = (wantedSeconds: number) => `-t leaves no time to see it for ${wantedSeconds} s (--confirm)`;

/** What the probe has to know of the rules: whether to look again, because workers may only be restarting. */
export interface Doubts {
  /** The verdict on this queue rests on its having no worker. */
  readonly isSuspect: (queue: QueueStatus) => boolean;
  /** Queues that have to be there are not: a server that was started lists each when its first worker comes. */
  readonly isIncomplete: (status: ServerStatus) => boolean;
  /** The server is CRITICAL however the doubts end. */
  readonly isCritical: (status: ServerStatus) => boolean;
  /** So is one that does not answer. */
  readonly isFailureCritical: boolean;
}

export function doubtsOf(rules: Rules, severalServers: boolean): Doubts {
  const { selection, total, time } = rules;
  const isSelectedQueue = selector(selection);
  const unevenCounts = severalServers && rules.uneven !== Status.OK;
  return {
    isSuspect: (queue) =>
      queue.worker === 0 &&
      (unevenCounts ||
        judgeNoWorker(queue, rules) !== Status.OK ||
        gaugeOf(rules.worker, queue.name).judge(0) !== Status.OK) &&
      isSelectedQueue(queue),
    isIncomplete: (status) =>
      isWithoutQueues(status, rules) ||
      missingQueues(status, rules).some((name) => judgeMissing(rules, name) !== Status.OK),
    isCritical: ({ queues, seconds }) => {
      let waiting = 0;
      for (const queue of queues) {
        if (!isSelectedQueue(queue)) continue;
        if (judgeWithWorkers(queue, rules) === Status.CRITICAL) return true;
        waiting += queue.waiting;
      }
      return total.judge(waiting) === Status.CRITICAL || time.judge(seconds) === Status.CRITICAL;
    },
    isFailureCritical: !rules.servers.isJudged,
  };
}

/** The state of a queue whatever its having no worker is worth. */
const judgeWithWorkers = ({ name, waiting, running, worker }: QueueStatus, rules: Rules): Status =>
  mostUrgent(
    gaugeOf(rules.waiting, name).judge(waiting),
    gaugeOf(rules.running, name).judge(running),
    worker === 0 ? Status.OK : gaugeOf(rules.worker, name).judge(worker),
  );

/** A quantity by the thresholds of a queue. */
export const gaugeOf = <L extends string>(gauge: Gauge<L, CountThreshold>, name: string) =>
  gauge.named.length === 0 ? gauge : gauge.for(displayName(name));

/**
 * The queues that have to be there and are not: those of `-q`, one that a filter leaves out as well; without `-q` those of
 * which a threshold asks for workers by their name.
 */
export function missingQueues({ queues }: ServerStatus, rules: Rules): readonly string[] {
  const { queues: wanted, include, exclude } = rules.selection;
  const asked =
    wanted.length > 0
      ? wanted
      : rules.worker.named
          .map(({ text }) => text)
          .filter((name) => !isPattern(name) && isSelected(name, include, exclude))
          .map(wireName)
          .filter((name) => gaugeOf(rules.worker, name).judge(0) !== Status.OK);
  if (asked.length === 0) return [];
  const present = new Set(queues.map(({ name }) => name));
  return [...new Set(asked)].filter((name) => !present.has(name));
}

const isPattern = (name: string) => name.startsWith("~") || /[*?]/.test(name);

/** What a queue is worth that is not there: where workers are asked for it has none, which `--missing` cannot excuse. */
export function judgeMissing(rules: Rules, name: string): Status {
  const status = judgeAbsent(rules, gaugeOf(rules.worker, name));
  return status === Status.OK ? rules.missing : status;
}

/** What it is worth that there is neither queue nor worker. */
export const judgeAbsent = ({ zeroWorkerCritical }: Rules, worker: Rules["worker"]): Status =>
  zeroWorkerCritical ? Status.CRITICAL : worker.judge(0);

/** Whether workers are asked for, whatever their queues, of a server that does not list any: none has come since its start. */
export const isWithoutQueues = ({ queues }: ServerStatus, rules: Rules): boolean =>
  rules.selection.queues.length === 0 &&
  judgeAbsent(rules, rules.worker) !== Status.OK &&
  queues.every(({ name }) => probeQueueEnd(name) !== undefined);

/** For how long something was seen, and why that may not be long enough. */
export function sinceWhen({ seconds, unconfirmed }: Confirmation): string {
  const time = seconds === 0 ? "" : ` for ${Number(seconds.toFixed(1))} s`;
  return unconfirmed === undefined ? time : `${time}, ${unconfirmed}`;
}

/** What rests on there being no worker is not known before it was seen for long enough. */
export const unlessDoubtful = (status: Status, { unconfirmed }: Confirmation): Status =>
  unconfirmed === undefined || status === Status.OK ? status : Status.UNKNOWN;

/** How long after the end of its probe a queue counts as left behind, in seconds. */
const LEFTOVER_SECONDS = 600;

/** The private queues of probes that ended long ago, which nothing else tells of; none where single queues are asked for. */
export function leftoverQueues({ queues }: ServerStatus, { selection }: Rules, nowSeconds: number) {
  if (selection.queues.length > 0) return [];
  const { include, exclude } = selection;
  return queues.filter(({ name }) => {
    const end = probeQueueEnd(name);
    return end !== undefined && end + LEFTOVER_SECONDS < nowSeconds && isSelected(name, include, exclude);
  });
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
export function judgeQueue(
  queue: QueueStatus,
  rules: Rules,
  prefix: string,
  confirmation: Confirmation,
): Result | undefined {
  if (isFine(queue, rules)) return undefined;
  const ifSure = (status: Status) => (queue.worker === 0 ? unlessDoubtful(status, confirmation) : status);
  const workers = gaugeOf(rules.worker, queue.name);
  const waiting = gaugeOf(rules.waiting, queue.name).judge(queue.waiting);
  const running = gaugeOf(rules.running, queue.name).judge(queue.running);
  const worker = ifSure(workers.judge(queue.worker));
  const noWorker = judgeNoWorker(queue, rules);
  const orphaned = ifSure(noWorker);
  const status = mostUrgent(orphaned, waiting, worker, running);
  if (status === Status.OK) return undefined;

  const name = `${prefix}Queue ${shown(queue.name)}`;
  const blame = queue.name === RESULT_QUEUE ? blameCore(queue) : "";
  const since = queue.worker === 0 && status !== waiting ? sinceWhen(confirmation) : "";
  // what its waiting jobs alone are worth needs no confirmation, that they have no worker is said all the same
  if (queue.waiting > 0 && (status === orphaned || status === noWorker)) {
    return verdict(status, `${name} has ${counted(queue.waiting, "job")} without any worker${since}${blame}.`);
  }
  if (status === waiting) return verdict(status, `${name} ${rules.waiting.text(queue.waiting)}${blame}.`);
  if (status === worker || status === orphaned) {
    const has = queue.worker === 0 ? "has no worker" : workers.text(queue.worker);
    return verdict(status, `${name} ${has}${since}${blame}.`);
  }
  return verdict(status, `${name} ${rules.running.text(queue.running)}.`);
}

/** Most of thousands of queues: it has workers, and nothing alerts. */
const isFine = ({ name, waiting, running, worker }: QueueStatus, rules: Rules): boolean =>
  worker > 0 &&
  gaugeOf(rules.waiting, name).judge(waiting) === Status.OK &&
  gaugeOf(rules.running, name).judge(running) === Status.OK &&
  gaugeOf(rules.worker, name).judge(worker) === Status.OK;

/** Its workers are the core's own, which fetch one result after the other. */
function blameCore({ running, worker }: QueueStatus): string {
  if (worker === 0 || running === 0) return ", the core is not fetching results";
  return `, the core fetches its results too slowly (${counted(worker, "worker")}, ${running} running)`;
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
