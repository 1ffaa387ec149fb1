import { type CountThreshold, parseCountThreshold, type Range, readCommandLine, Status } from "monitoring-plugins-ts";
import type { QueueStatus } from "monitoring-plugins-ts/gearman";
import type { ServerFacts } from "../evaluate.ts";
import type { Rules } from "../evaluate-queue.ts";
import { counts, measures } from "../quantities.ts";

const read = await readCommandLine({ ...counts, ...measures }, []);

/** Thresholds as a user types them. */
interface Levels<T> {
  readonly warning: T | undefined;
  readonly critical: T | undefined;
}

/** Warning and critical as a user types them. */
export const levels = (warning?: string, critical?: string): Levels<CountThreshold> => ({
  warning: warning === undefined ? undefined : parseCountThreshold(warning),
  critical: critical === undefined ? undefined : parseCountThreshold(critical),
});

/** Rules that differ from those of a command line without options. */
export interface Changes extends Partial<Omit<Rules, keyof typeof read>> {
  readonly waiting?: Levels<CountThreshold>;
  readonly running?: Levels<CountThreshold>;
  readonly worker?: Levels<CountThreshold>;
  readonly total?: Levels<CountThreshold>;
  readonly servers?: Levels<Range>;
  readonly leftovers?: Levels<CountThreshold>;
}

/** The rules of a command line without options, but for `changes`. */
export const rules = ({ waiting, running, worker, total, servers, leftovers, ...changes }: Changes = {}): Rules => ({
  ...read,
  selection: { queues: [], include: [], exclude: [] },
  zeroWorkerCritical: false,
  orphans: Status.CRITICAL,
  missing: Status.WARNING,
  uneven: Status.OK,
  perfdata: "all",
  perfdataFilter: undefined,
  ...changes,
  ...(waiting && { waiting: read.waiting.by(waiting.warning, waiting.critical) }),
  ...(running && { running: read.running.by(running.warning, running.critical) }),
  ...(worker && { worker: read.worker.by(worker.warning, worker.critical) }),
  ...(total && { total: read.total.by(total.warning, total.critical) }),
  ...(leftovers && { leftovers: read.leftovers.by(leftovers.warning, leftovers.critical) }),
  ...(servers && { servers: read.servers.by(servers.warning, servers.critical) }),
});

export const queue = (name: string, waiting = 0, worker = 1, running = 0): QueueStatus => ({
  name,
  waiting,
  running,
  worker,
});

/** A single look, in 2026. */
export const SURE = { confirmation: { seconds: 0, unconfirmed: undefined }, nowSeconds: 1_800_000_000 };

/** What a healthy server answered. */
export const answered = (server: string, queues: readonly QueueStatus[]): ServerFacts => ({
  ...SURE,
  server,
  label: server.replace(":", "-"),
  answer: { version: "1.1.20", queues, oddLines: [], oddCount: 0, duplicates: [], seconds: 0.002 },
});
