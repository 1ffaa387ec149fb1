import type { CountThreshold, Pattern, PerfdataAmount, Range, Status } from "monitoring-plugins-ts";

import type { SecondsThreshold, ShareThreshold } from "./threshold.ts";

/** Warning and critical of one thing. */
interface Levels<T> {
  readonly warning: T;
  readonly critical: T;
}

/** Everything the user said about what is wrong. */
export interface Rules {
  /** Seconds to answer. */
  readonly time: Levels<SecondsThreshold>;
  /** Number of sites that are down; neither: any is critical. */
  readonly down: Levels<Range | undefined>;
  /** Sites whose outage is planned. */
  readonly planned: readonly string[];
  /** Channels in use. */
  readonly busy: Levels<ShareThreshold>;
  /** Channels a ready site has. */
  readonly channels: Levels<Range | undefined>;
  /** Seconds a channel has been in use. */
  readonly query: Levels<SecondsThreshold>;
  /** Seconds a site may be starting; a peer of an LMD may be pending twice as long. */
  readonly graceSeconds: number;
  /** Seconds since the last heartbeat. */
  readonly heartbeat: Levels<SecondsThreshold>;
  /** Seconds since the state file was written. */
  readonly stateAge: Levels<SecondsThreshold>;
  /** A reset is worth a warning for so long. */
  readonly reset: SecondsThreshold;
  /** A restart of a core is worth a warning for so long. */
  readonly restart: SecondsThreshold;
  /** Livestatus connections of a core. */
  readonly slots: Levels<ShareThreshold>;
  /** File descriptors of a site process. */
  readonly descriptors: Levels<ShareThreshold>;
  /** Threads of a site process. */
  readonly threads: Range | undefined;
  /** Threads a site process gained while its site is down. */
  readonly threadsGrowth: CountThreshold;
  /** Resets of a site within an hour. */
  readonly resets: CountThreshold;
  /** Seconds since the data were last updated; undefined: for LMD its own defaults, for cores not judged. */
  readonly fresh: Levels<SecondsThreshold | undefined>;
  /** Thresholds that were given, by the names of their options. */
  readonly given: ReadonlySet<string>;
  /** State where one of them cannot be judged. */
  readonly unjudged: Status;
  readonly perfdata: PerfdataAmount;
  readonly perfdataFilter: Pattern | undefined;
}
