import type { Priority } from "monitoring-plugins-ts/gearman";
import type { ConnectOptions, TcpEndpoint } from "monitoring-plugins-ts/net";

import type { ResultServer } from "./servers-and-key.ts";

/** What to send where. */
export interface ProbeOrder {
  readonly servers: readonly TcpEndpoint[];
  /** Listened on for results, and not probed. */
  readonly resultServers: readonly ResultServer[];
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
