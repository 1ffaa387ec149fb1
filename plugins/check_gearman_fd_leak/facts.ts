import type { CheckError } from "monitoring-plugins-ts";

import type { Trend } from "./trend.ts";

/** How often things came, the most frequent first. */
export type Top = readonly (readonly [what: string, count: number])[];

/** The TCP sockets that count for a process. */
export interface SocketFacts {
  /** To or from the Gearman port. */
  readonly gearman: number;
  readonly closeWait: number;
  readonly states: Top;
  /** Addresses at the other end of connections. */
  readonly peers: Top;
  /** `user`: those on the Gearman port of all processes of the same user, because nobody told us whose is whose. */
  readonly of: "process" | "user";
}

/** What the descriptors of a process are. */
export interface KindFacts {
  /** Of the descriptors read; see `read`. */
  readonly kinds: Top;
  /** Files that are open more than once. */
  readonly repeated: Top;
  readonly deleted: Top;
  /** How many of the descriptors were looked at. */
  readonly read: number;
  /** An even sample was read: counts above are of the sample, those of sockets scaled up to the whole. */
  readonly sampled: boolean;
  /** Time was over before all were read. */
  readonly aborted: boolean;
}

/** Somebody else may read what the descriptors of a process are. */
export interface Denial {
  /** Their owner; undefined when it is the account we have, and it takes more rights than that. */
  readonly owner: string | undefined;
}

/** One process. */
export interface ProcessFacts {
  readonly pid: number;
  /** Its id in its own pid namespace. */
  readonly innerPid: number;
  readonly user: string;
  /** As the kernel has it, one letter; `D` only where it lasted. */
  readonly state: string;
  /** Undefined: nobody told us. */
  readonly fds: number | undefined;
  /** What the process may have open at most. */
  readonly limit: number | undefined;
  /** In bytes. */
  readonly rss: number | undefined;
  readonly kinds: KindFacts | undefined;
  readonly sockets: SocketFacts | undefined;
  /** Why we may not read what its descriptors are; undefined when we may. */
  readonly denied: Denial | undefined;
  /** Connections to the Gearman port that no process has accepted yet, in its network namespace. */
  readonly unaccepted: number;
  readonly trend: Trends | undefined;
  /** Of the job server: the fewest descriptors it was seen with beside its connections. */
  readonly idleFds: number | undefined;
}

/** How a process' figures go. */
export interface Trends {
  readonly fds: Trend;
  /** Descriptors less those that the number of connected workers explains; undefined when that is not known. */
  readonly unexplained: Trend | undefined;
  readonly rss: Trend | undefined;
}

/** What the job server says of itself. */
export interface ServerFacts {
  /** `host:port`. */
  readonly server: string;
  /** Connections that work for a queue. */
  readonly workers: number;
  readonly connections: number;
  /** Where connections come from that work for no queue: clients, and what leaks. */
  readonly idlePeers: Top;
  /** It runs on this machine, as its address tells. */
  readonly local: boolean;
  /** Its process id, where it is local. */
  readonly pid: number | undefined;
}

/** Processes that were asked for together. */
export interface GroupFacts {
  /** Their name, as asked for. */
  readonly name: string;
  /** Not counting zombies. */
  readonly processes: readonly ProcessFacts[];
  readonly zombies: number;
  /** Times one of them took the place of one that had ended, in the window; undefined when none are remembered. */
  readonly restarts: number | undefined;
  /** Seconds since the youngest of them was started, those that they started themselves not counting. */
  readonly uptime: number | undefined;
}

/** Everything known at the time of the verdict. */
export interface Facts {
  readonly groups: readonly GroupFacts[];
  /** Undefined when none was asked. */
  readonly server: ServerFacts | CheckError | undefined;
  /** The deadline, where it came before everything was looked at. */
  readonly timeOver: CheckError | undefined;
  /** Some processes are invisible to us. */
  readonly hidden: boolean;
  /** Why there is no history, or a new one; undefined when all is well. */
  readonly historyProblem: { readonly text: string; readonly fatal: boolean } | undefined;
  /** Growth could not be judged for so many seconds, in so many runs; undefined when it could. */
  readonly unjudged: { readonly seconds: number; readonly runs: number; readonly path: string } | undefined;
  /** What the user typed, for the user who may read the descriptors to type it. */
  readonly commandLine: string;
}
