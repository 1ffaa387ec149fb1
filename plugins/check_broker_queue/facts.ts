import type { CheckError } from "monitoring-plugins-ts";

/** A queue as the broker tells it. A count that it does not tell is undefined: absent is not 0. */
export interface Queue {
  readonly name: string;
  readonly ready: number | undefined;
  readonly unacknowledged: number | undefined;
  readonly consumers: number | undefined;
  /** `running`, `down` and the like. */
  readonly state: string | undefined;
  /** Where it lives. */
  readonly node: string | undefined;
  /** Of a quorum queue: the nodes that hold it, and those of them that take part. */
  readonly members: readonly string[] | undefined;
  readonly online: readonly string[] | undefined;
}

/** Something a node runs short of. */
export interface Alarm {
  readonly node: string;
  /** `memory`, `disk` or `file_descriptor_limit`. */
  readonly resource: string;
}

/** What one node of the broker answered. */
export interface Facts {
  /** `host:port`, as in the texts. */
  readonly peer: string;
  readonly queues: readonly Queue[];
  /** Undefined where the broker does not tell them. */
  readonly alarms: readonly Alarm[] | undefined;
  /** Why nodes that were asked before this one do not count. */
  readonly refused: readonly CheckError[];
}
