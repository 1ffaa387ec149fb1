import { parseCountThreshold, Status } from "monitoring-plugins-ts";
import type { QueueStatus } from "monitoring-plugins-ts/gearman";
import type { ServerFacts } from "../../../../plugins/check_gearman/evaluate.ts";
import type { Rules } from "../../../../plugins/check_gearman/queue.ts";

const OFF = { warning: undefined, critical: undefined };

/** Warning and critical as a user types them. */
export const levels = (warning?: string, critical?: string) => ({
  warning: warning === undefined ? undefined : parseCountThreshold(warning),
  critical: critical === undefined ? undefined : parseCountThreshold(critical),
});

/** The rules of a command line without options, but for `changes`. */
export const rules = (changes: Partial<Rules> = {}): Rules => ({
  selection: { queues: [], include: [], exclude: [] },
  waiting: levels("10", "100"),
  running: OFF,
  worker: OFF,
  total: OFF,
  servers: OFF,
  time: OFF,
  zeroWorkerCritical: false,
  orphans: Status.CRITICAL,
  missing: Status.WARNING,
  uneven: Status.OK,
  perfdata: "all",
  perfdataFilter: undefined,
  ...changes,
});

export const queue = (name: string, waiting = 0, worker = 1, running = 0): QueueStatus => ({
  name,
  waiting,
  running,
  worker,
});

/** What a healthy server answered. */
export const answered = (server: string, queues: readonly QueueStatus[]): ServerFacts => ({
  server,
  label: server.replace(":", "-"),
  answer: { version: "1.1.20", queues, oddLines: [], oddCount: 0, duplicates: [], seconds: 0.002 },
});
