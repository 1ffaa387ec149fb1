import type { ProcessUse, TitledProcess } from "monitoring-plugins-ts/linux";
import type { CoreStatus, LivestatusError, Peer, SiteState } from "monitoring-plugins-ts/livestatus";

/** What a core answered. */
export interface SiteAnswer {
  /** From connecting to the last byte. */
  readonly seconds: number;
  readonly core: CoreStatus;
  /** Unix time of the core's newest check, when it was asked for; `never` when there is none. */
  readonly lastCheck: number | "never" | undefined;
}

/** One site, and everything that was learnt about it. */
export interface SiteFacts {
  /** Name in the proxy, or the address. */
  readonly id: string;
  /** Path of the socket, or address. */
  readonly place: string;
  /** Behind a socket of liveproxyd; else asked at an address of its own. */
  readonly isProxied: boolean;
  /** Named by an option, not just found. */
  readonly isNamed: boolean;
  /** Undefined when nobody was asked, because only the state file is known. */
  readonly answer: SiteAnswer | LivestatusError | undefined;
  /** The time was over before it had its own: whatever it does, nothing speaks against it. */
  readonly isCut: boolean;
  /** How often the same error came in this run. */
  readonly failures: number;
}

/** What the pid file and the process behind it say. */
export interface DaemonFacts {
  readonly pidFile: string;
  /** `hidden`: alive, but /proc does not show it to this account. */
  readonly state: "running" | "hidden" | "missing" | "unreadable" | "empty" | "no pid" | "dead" | "other program";
  readonly pid: number | undefined;
  /** What runs with that pid, if anything. */
  readonly title: string | undefined;
  /** Seconds since that process started. */
  readonly age: number | undefined;
  /** When the pid file was written, in milliseconds since 1970. */
  readonly writtenMs: number | undefined;
  /** Site processes by site; undefined when the daemon has none of its own or they cannot be seen. */
  readonly sites: ReadonlyMap<string, TitledProcess & ProcessUse> | undefined;
  /** Masters that have site processes for the proxy's folder of sockets, where there are several. */
  readonly masters: readonly number[];
  /** Site processes without a master. */
  readonly orphans: readonly TitledProcess[];
}

/** The state file as it was found. */
export interface StateFileFacts {
  readonly path: string;
  /** Why there are no sites to read. */
  readonly problem: "missing" | "unreadable" | "not a state file" | "too large" | undefined;
  /** When it was last written, in milliseconds since 1970; undefined also for what is no file. */
  readonly writtenMs: number | undefined;
  readonly sites: readonly SiteState[];
}

/** A liveproxyd on this host. */
export interface ProxyFacts {
  /** Folder of its sockets; undefined when none was named. */
  readonly socketDir: string | undefined;
  /** Why the folder could not be listed, as the system's code. */
  readonly socketDirProblem: string | undefined;
  readonly daemon: DaemonFacts | undefined;
  readonly stateFile: StateFileFacts | undefined;
}

/** An LMD, or why it did not tell its peers. */
export interface LmdFacts {
  readonly address: string;
  /** The peers asked for by name. */
  readonly named: readonly string[];
  readonly answer: { readonly seconds: number; readonly peers: readonly Peer[] } | Error;
}

/** What earlier runs saw of a site, and this one sees, too. Without a memory nothing is known. */
export interface Past {
  /** Seconds it has not been seen ready; 0 at the first run that sees it so. */
  readonly downFor: number | undefined;
  /** Seconds its process has not been seen. */
  readonly goneFor: number | undefined;
  /** Seconds between the oldest and the newest state file with the same number of heartbeats. */
  readonly beatlessFor: number | undefined;
  /** Resets seen within the last hour. */
  readonly resets: number;
  /** Threads its process has more than at first, while the site is down. */
  readonly threadsGained: number;
}

/** What was remembered between two runs. */
export interface Remembered {
  /** By site of the proxy. */
  readonly pasts: ReadonlyMap<string, Past>;
  /** Seconds for which peers of LMDs have been pending. */
  readonly pending: ReadonlyMap<string, number>;
  /** Why there is no memory, or a new one. */
  readonly problem: string | undefined;
}

/** Everything that was found out. */
export interface Facts {
  /** When the proxy's files and processes were read, in milliseconds since 1970. */
  readonly nowMs: number;
  readonly proxy: ProxyFacts | undefined;
  readonly sites: readonly SiteFacts[];
  readonly lmds: readonly LmdFacts[];
  /** The `-t` in which every site has its time. */
  readonly secondsNeeded: number;
  readonly remembered: Remembered;
}
