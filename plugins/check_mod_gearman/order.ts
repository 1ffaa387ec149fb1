import type { Priority } from "monitoring-plugins-ts/gearman";
import type { ConnectOptions, TcpEndpoint } from "monitoring-plugins-ts/net";

/** What to send where. */
export interface ProbeOrder {
  readonly servers: readonly TcpEndpoint[];
  readonly connect: Omit<ConnectOptions, "signal">;
  /** Byte strings. */
  readonly queues: readonly string[];
  /** Jobs for each queue of each server. */
  readonly count: number;
  readonly priority: Priority;
  /** What the worker is to run; undefined: echo the token. */
  readonly command: string | undefined;
  /** undefined: no encryption */
  readonly key: Uint8Array | undefined;
  /** How long "no worker" has to last to be believed, in seconds. */
  readonly confirmSeconds: number;
}
