import { CheckError, isSelected, type Pattern, printable, Status, type Values, worst } from "monitoring-plugins-ts";
import { displayName, type QueueStatus, type ServerStatus } from "monitoring-plugins-ts/gearman";

import type { quantities } from "./quantities.ts";
import type { Sample, ServerFacts } from "./watch.ts";

/** What can be sorted by, in the order of the columns. */
export const COLUMNS = ["name", "worker", "waiting", "running", "waiting/s", "running/s"] as const;
export type Column = (typeof COLUMNS)[number];

/** Which queues are shown, in which order, and when they are coloured. */
export interface View extends Values<typeof quantities> {
  readonly include: readonly Pattern[];
  readonly exclude: readonly Pattern[];
  /** Leave out queues without workers and jobs. */
  readonly hideIdle: boolean;
  readonly sort: Column;
  /** Names from Z to A, numbers from the smallest. */
  readonly reverse: boolean;
  /** A queue without worker is critical even when it has no jobs. */
  readonly zeroWorkerCritical: boolean;
}

/** The numbers of a queue; rates are unknown until a server has answered twice in a row. */
export interface Counts {
  readonly worker: number;
  readonly waiting: number;
  readonly running: number;
  /** Waiting jobs more than at the answer before, per second; negative when they become fewer. */
  readonly waitingRate: number | undefined;
  readonly runningRate: number | undefined;
  readonly status: Status;
}

/** One line. */
export interface Row extends Counts {
  /** The name's bytes, see `wireName`: two rows may look the same and differ here. */
  readonly key: string;
  /** The name as it may be shown on a terminal. */
  readonly name: string;
  /** Of each server; undefined where it does not know the queue, or did not answer. Of a merged table only. */
  readonly servers?: readonly (Counts | undefined)[];
}

/** The queues of one server. */
export interface Table {
  readonly rows: readonly Row[];
  /** Queues that are there but not shown. */
  readonly hidden: number;
}

const EMPTY: Table = { rows: [], hidden: 0 };

/** What a server last said; undefined when it did not, or failed to. */
export function statusOf({ newest }: ServerFacts): ServerStatus | undefined {
  return newest === undefined || newest.answer instanceof CheckError ? undefined : newest.answer;
}

/** Why a server did not answer. */
export function failureOf({ newest }: ServerFacts): CheckError | undefined {
  return newest?.answer instanceof CheckError ? newest.answer : undefined;
}

/** The queues of one server as they are shown. */
export function serverTable(facts: ServerFacts, view: View): Table {
  const rows = rowsOf(facts, view);
  return rows === undefined ? EMPTY : { rows: arrange(rows.shown, view), hidden: rows.hidden };
}

/** One line for each queue, whatever server it is on: the sums, and what each server has. */
export function mergedTable(servers: readonly ServerFacts[], view: View): Table {
  // idle is what is idle everywhere
  const tables = servers.map((facts) => rowsOf(facts, { ...view, hideIdle: false }));
  const byKey = new Map<string, { name: string; servers: (Counts | undefined)[] }>();
  tables.forEach((table, index) => {
    for (const { key, name, ...counts } of table?.shown ?? []) {
      const merged = byKey.get(key) ?? { name, servers: servers.map(() => undefined) };
      merged.servers[index] = counts;
      byKey.set(key, merged);
    }
  });
  const rows = Array.from(byKey, ([key, { name, servers }]) => ({ key, name, servers, ...sum(servers) }));
  const shown = view.hideIdle ? rows.filter((row) => !isIdle(row)) : rows;
  const hidden = Math.max(0, ...tables.map((table) => table?.hidden ?? 0)) + rows.length - shown.length;
  return { rows: arrange(shown, view), hidden };
}

/** Whether nobody works on the queue and nothing is in it. */
export function isIdle({ worker, waiting, running }: Pick<Counts, "worker" | "waiting" | "running">): boolean {
  return worker === 0 && waiting === 0 && running === 0;
}

function rowsOf(facts: ServerFacts, view: View): { shown: readonly Row[]; hidden: number } | undefined {
  const status = statusOf(facts);
  if (status === undefined) return undefined;
  const rates = ratesBetween(facts.previous, facts.newest);
  const shown: Row[] = [];
  for (const queue of status.queues) {
    if (view.hideIdle && isIdle(queue)) continue;
    const name = displayName(queue.name);
    if (!isSelected(name, view.include, view.exclude)) continue;
    const { waiting, running, worker } = queue;
    shown.push({
      key: queue.name,
      name: printable(name),
      worker,
      waiting,
      running,
      ...rates(queue),
      status: judgeQueue(queue, view),
    });
  }
  return { shown, hidden: status.queues.length - shown.length };
}

type Rates = Pick<Counts, "waitingRate" | "runningRate">;

const UNKNOWN_RATES: Rates = { waitingRate: undefined, runningRate: undefined };

/** How fast the numbers change. A server that was away in between may have lost its jobs: that is no rate. */
function ratesBetween(previous: Sample | undefined, newest: Sample | undefined): (queue: QueueStatus) => Rates {
  if (previous === undefined || newest === undefined || previous.answer instanceof CheckError) {
    return () => UNKNOWN_RATES;
  }
  const seconds = newest.at - previous.at;
  const before = new Map(previous.answer.queues.map((queue) => [queue.name, queue]));
  return (queue) => {
    const old = before.get(queue.name);
    if (old === undefined || seconds <= 0) return UNKNOWN_RATES;
    return {
      waitingRate: (queue.waiting - old.waiting) / seconds,
      runningRate: (queue.running - old.running) / seconds,
    };
  };
}

/** By the same rules as check_gearman judges a queue. */
function judgeQueue({ waiting, worker }: QueueStatus, view: View): Status {
  const isStranded = worker === 0 && (waiting > 0 || view.zeroWorkerCritical);
  return worst([isStranded ? Status.CRITICAL : Status.OK, view.waiting.judge(waiting), view.worker.judge(worker)]);
}

function sum(servers: readonly (Counts | undefined)[]): Counts {
  const known = servers.filter((counts) => counts !== undefined);
  const total = (of: (counts: Counts) => number) => known.reduce((sofar, counts) => sofar + of(counts), 0);
  const rate = (of: (counts: Counts) => number | undefined) =>
    known.some((counts) => of(counts) === undefined) ? undefined : total((counts) => of(counts) ?? 0);
  return {
    worker: total(({ worker }) => worker),
    waiting: total(({ waiting }) => waiting),
    running: total(({ running }) => running),
    waitingRate: rate(({ waitingRate }) => waitingRate),
    runningRate: rate(({ runningRate }) => runningRate),
    status: worst(known.map(({ status }) => status)),
  };
}

const VALUE: Readonly<Record<Exclude<Column, "name">, (row: Row) => number | undefined>> = {
  worker: ({ worker }) => worker,
  waiting: ({ waiting }) => waiting,
  running: ({ running }) => running,
  "waiting/s": ({ waitingRate }) => waitingRate,
  "running/s": ({ runningRate }) => runningRate,
};

/** Names from A to Z as bytes, numbers from the largest, equal ones by name; unknown ones are last either way. */
function arrange(rows: readonly Row[], { sort, reverse }: View): readonly Row[] {
  const byName = (a: Row, b: Row) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
  const sign = reverse ? -1 : 1;
  if (sort === "name") return rows.toSorted((a, b) => sign * byName(a, b));
  const value = VALUE[sort];
  return rows.toSorted((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return byName(a, b);
    if (x === undefined) return 1;
    if (y === undefined) return -1;
    return sign * (y - x);
  });
}
