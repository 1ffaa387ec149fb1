import type { CheckError } from "monitoring-plugins-ts";

/** A queue as the broker tells it. What it does not tell is undefined: absent is not 0. */
export interface Queue {
  readonly name: string;
  readonly ready: number | undefined;
  readonly unacknowledged: number | undefined;
  readonly consumers: number | undefined;
  /** Age of the oldest message, in seconds. */
  readonly oldestSeconds: number | undefined;
  /** Messages since the counters of the broker began, see {@link Facts.uptimes}: that came, that went to consumers, that these confirmed. */
  readonly published: number | undefined;
  readonly delivered: number | undefined;
  readonly acknowledged: number | undefined;
  /** `running`, `down` and the like. */
  readonly state: string | undefined;
  /** Where it lives. */
  readonly node: string | undefined;
  /** Of a quorum queue: the nodes that hold it, and those of them that take part. */
  readonly members: readonly string[] | undefined;
  readonly online: readonly string[] | undefined;
  /** What nobody took ends here, and has no consumer as a rule. */
  readonly holdsDeadLetters: boolean;
  /** A log that keeps its messages whoever reads them, and of whose readers only some are counted. */
  readonly isStream: boolean;
}

/** How many messages lie in queues of dead letters; undefined where there is none whose count is known. */
export const deadLettersIn = (queues: readonly Queue[]): number | undefined =>
  messagesIn(queues.filter(({ holdsDeadLetters }) => holdsDeadLetters));

/** How many messages lie in queues; undefined where there is none whose count is known. */
export function messagesIn(queues: readonly Queue[]): number | undefined {
  let sum: number | undefined;
  for (const { ready, unacknowledged = 0 } of queues) {
    if (ready !== undefined) sum = (sum ?? 0) + ready + unacknowledged;
  }
  return sum;
}

/** Something a node runs short of. */
export interface Alarm {
  readonly node: string;
  /** What runs short: `memory`, `disk`, `file_descriptor_limit` and the like. */
  readonly resource: string;
}

/** How much is used of what the broker may use; at 100 % it blocks publishers. */
export interface Use {
  readonly percent: number;
  /** The node where it is most, where the broker has nodes. */
  readonly node: string | undefined;
}

/** What a broker tells of itself at one look. */
export interface Told {
  /** `host:port`, as in the texts. */
  readonly peer: string;
  /** Where its queues are, in words: `vhost /`. */
  readonly place: string;
  readonly queues: readonly Queue[];
  /** Undefined where the broker does not tell them. */
  readonly alarms: readonly Alarm[] | undefined;
  readonly memory: Use | undefined;
  readonly store: Use | undefined;
  /** Messages that lie in queues of dead letters; undefined where the broker has none, or does not tell. */
  readonly deadLetters: number | undefined;
  /** Messages since its counters began that no queue took. */
  readonly unroutable: number | undefined;
  /**
   * How long each of its nodes has been up, in seconds; empty where it does not tell. Its counters began with them, and between two
   * looks at the same life this is the time that went by.
   */
  readonly uptimes: ReadonlyMap<string, number>;
  /** Why memory, store and uptimes are not told, with what would help; undefined where they are. */
  readonly withheld: string | undefined;
  /** When this source has counts of a new queue: `never` where its statistics are off. */
  readonly counting: "at once" | "late" | "never";
  /** Why a queue of this broker may have no counts. */
  readonly countless: string;
}

/** What earlier runs and this one say of a queue together; what they do not is undefined. */
export interface Course {
  /** Messages an hour: by how many there are more, and how many came, went to consumers, and were confirmed by these. */
  readonly growth?: number | undefined;
  readonly publish?: number | undefined;
  readonly deliver?: number | undefined;
  readonly ack?: number | undefined;
  /** Seconds until it is empty; infinite for never. */
  readonly drainSeconds?: number | undefined;
  /** For how long it has grown, or stood, while its consumers confirmed nothing, in seconds; 0 while they do. */
  readonly stalledSeconds?: number | undefined;
}

/** What the node of the broker that counts answered. */
export interface Answered extends Told {
  /** Why nodes that were asked before this one do not count. */
  readonly refused: readonly CheckError[];
}

/** That, and what earlier runs add to it. */
export interface Facts extends Answered {
  /** The queues that are checked. */
  readonly checked: readonly Queue[];
  /** Of each of these, in their order; empty where nothing is known of earlier runs. */
  readonly courses: readonly Course[];
  /** Messages an hour that no queue took. */
  readonly unroutableRate: number | undefined;
  /** Why there is nothing of earlier runs, though there should be; `isFatal` when there will be nothing of this one either. */
  readonly historyProblem: { readonly text: string; readonly isFatal: boolean } | undefined;
}
