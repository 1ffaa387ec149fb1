import type { CheckError } from "monitoring-plugins-ts";

/** Everything the probe found out. */
export interface ProbeFacts {
  readonly servers: readonly ServerFacts[];
  /** The servers that were only listened on. */
  readonly resultServers: readonly ResultServerFacts[];
  /** Results that came, yet belong to no job of ours as far as anybody can read them. */
  readonly strays: readonly Stray[];
}

export interface ServerFacts {
  /** `host:port`, as in the texts. */
  readonly server: string;
  /** The server's part of a perfdata label. */
  readonly label: string;
  /** Why nothing, or nothing more, is known of it. */
  readonly failure: CheckError | undefined;
  readonly queues: readonly QueueFacts[];
}

/** A server that results may come over, and that no job is sent to. */
export interface ResultServerFacts {
  /** `host:port` */
  readonly server: string;
  /** Whether results were expected there, other than as one of several ways back. */
  readonly isExpected: boolean;
  /** Why it could not be listened on. */
  readonly failure: CheckError | undefined;
}

export interface QueueFacts {
  /** Byte string. */
  readonly name: string;
  /** As the server listed it last; undefined when it does not know the queue. */
  readonly counts: { readonly worker: number; readonly waiting: number } | undefined;
  /** Jobs that earlier runs withdrew, and that wait there still. */
  readonly withdrawn: number;
  /** How long that kept jobs from being sent, in seconds. */
  readonly heldBackSeconds: number;
  /** Jobs at work in all queues of the server then: a worker may serve several. */
  readonly runningOnServer: number;
  /** How long it was looked at without seeing a worker, in seconds. */
  readonly confirmedSeconds: number;
  /** How long it should have been, where the deadline came first. */
  readonly unconfirmedOf: number | undefined;
  /** The jobs sent; none for a queue without worker. */
  readonly trips: readonly TripFacts[];
}

/** One job on its way through a worker and back. Times are seconds. */
export interface TripFacts {
  readonly token: string;
  /** Unconfirmed: the server has not even taken it. Fetched: a worker holds it, or did so when it was last seen. */
  readonly stage: "unconfirmed" | "waiting" | "fetched" | "ended";
  /** Why server or worker did not do the job. */
  readonly refusal: string | undefined;
  /** How often a worker took it and went away. */
  readonly deaths: number;
  /** Until the first result, or until the probe gave up. */
  readonly time: number;
  /** Until a worker took it, so far if none did; NaN when nobody knows. */
  readonly wait: number;
  /** The command alone, by the worker's clock; NaN without result. */
  readonly run: number;
  /** From the end of the command to us; NaN without result. */
  readonly return: number;
  readonly results: readonly ResultFacts[];
}

export interface ResultFacts {
  /** Server it came from, which may be another than the job's. */
  readonly server: string;
  readonly code: number;
  readonly output: string;
  /** Who ran the check. */
  readonly source: string;
}

export interface Stray {
  readonly server: string;
  readonly kind: "unreadable" | "clear" | "foreign";
}
