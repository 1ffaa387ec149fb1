/** What a site of the stand-in does other than answering. */
export interface Fault {
  /** As if the site could not be connected to. */
  readonly starting?: boolean;
  /** What a client meets: its connection closed, a listener that stays silent, or bytes in place of an answer. */
  readonly client?: "close" | "hang" | { readonly bytes: string };
  /** An error answer to every query, at once. */
  readonly error?: { readonly code: number; readonly text: string };
  /** Before every answer, in milliseconds. */
  readonly delayMs?: number;
  /** Left out of the state file. */
  readonly omitted?: boolean;
  /** The state, the time of the last reset and the number of heartbeats printed in place of the real ones. */
  readonly state?: string;
  readonly resetMs?: number;
  readonly heartbeats?: number;
  /** Sends no heartbeats. */
  readonly mute?: boolean;
  /** So many threads more in the site's process. */
  readonly threads?: number;
}

export interface SiteConfig {
  readonly id: string;
  /** The core: a Unix path or `127.0.0.1:PORT`. */
  readonly target: string;
  readonly channels: number;
  readonly fault?: Fault;
}

/** Times in milliseconds. */
export interface ProxyConfig {
  /** The root of the OMD site: sockets, pid file, state file and log lie where Checkmk has them. */
  readonly root: string;
  readonly sites: readonly SiteConfig[];
  readonly heartbeatMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly channelTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly connectRetryMs: number;
  readonly stateIntervalMs: number;
  /** How long a dead site process stays dead; null: until it is ordered to restart. */
  readonly restartMs: number | null;
  /** Code of the proxy's own errors, and what it says when all channels are busy: `%d` is their number. */
  readonly errorCode: number;
  readonly busyText: string;
  /** Site processes outlive their master. */
  readonly orphans: boolean;
}

/** What a site tells of itself, from a site process to the master. Times are milliseconds since 1970. */
export interface SiteReport {
  readonly id: string;
  readonly state: string;
  readonly resetMs: number;
  readonly failedConnectMs: number | undefined;
  readonly lastError: string | undefined;
  readonly channels: readonly {
    readonly fd: number;
    readonly state: string;
    readonly client: string;
    readonly sinceMs: number;
  }[];
  readonly clients: readonly string[];
  readonly heartbeats: number;
  readonly nextHeartbeatMs: number;
  readonly omitted: boolean;
}

/** From a test to the master, and on to the site process: what a site does, whether it runs, what the state file does. */
export type Order =
  | { readonly to: string; readonly fault: Fault }
  | { readonly restart: string }
  | { readonly dump: "stop" | "go on" | { readonly agedMs: number } };

/** Orders are numbered, and each is answered by its number as soon as it has taken effect, in the state file as well. */
export interface Numbered {
  readonly number: number;
}

/** From a site process to the master: what it is now, and the order it has just obeyed. */
export interface SiteMessage {
  readonly report: SiteReport;
  readonly obeyed?: number;
}
