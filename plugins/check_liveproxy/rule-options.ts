import {
  list,
  option,
  parseCountThreshold,
  perfdataOptions,
  Range,
  type Threshold,
  unjudgedOption,
  type Values,
} from "monitoring-plugins-ts";

import type { Rules } from "./rules.ts";
import { isOff, parseSeconds, parseSecondsThreshold, parseShare, type ShareThreshold } from "./threshold.ts";

const LIMITS = "Thresholds: seconds (or 5m, 2h), 0 is off; N or N% alerts at so many or more";

const seconds = (flags: string, help: string, byDefault: string) =>
  option({ flags, help, section: LIMITS, parse: parseSecondsThreshold, default: byDefault });
const share = (flags: string, help: string, byDefault: string) =>
  option({ flags, help, section: LIMITS, parse: parseShare, default: byDefault });
const count = (flags: string, help: string, byDefault: string) =>
  option({ flags, help, section: LIMITS, parse: parseCountThreshold, default: byDefault });
const range = (flags: string, help: string) => option({ flags, help, section: LIMITS, parse: Range.parse });

/** The options that say what is wrong, and what of it is printed. */
export const ruleOptions = {
  planned: list({
    flags: "--planned <id>",
    help: "This site may be down: WARNING at most; repeatable, or several with commas between.",
    section: "Which sites",
    parse: (text) => text.split(",").map((part) => part.trim()),
  }),

  warning: seconds("-w, --warning <time>", "Time a site takes to answer: warning.", "1"),
  critical: seconds("-c, --critical <time>", "Time a site takes to answer: critical.", "5"),
  downWarning: range("--down-warning <range>", "Sites that are down: warning range."),
  downCritical: range(
    "--down-critical <range>",
    "Sites that are down: critical range. Without either, any is critical.",
  ),
  busyWarning: share("--busy-warning <n>", "Channels in use: warning.", "80%"),
  busyCritical: share("--busy-critical <n>", "Channels in use: critical.", "100%"),
  channelsWarning: range(
    "--channels-warning <range>",
    "Channels of a ready site: warning range, 5: is fewer than five.",
  ),
  channelsCritical: range("--channels-critical <range>", "Channels of a ready site: critical range."),
  queryWarning: seconds("--query-warning <time>", "Time a channel is in use: warning.", "96"),
  queryCritical: seconds("--query-critical <time>", "Time a channel is in use: critical.", "120"),
  grace: option({
    flags: "--grace <time>",
    help: "A site may be starting so long; a peer of an LMD may be pending twice as long.",
    section: LIMITS,
    parse: parseSeconds,
    default: "60",
  }),
  heartbeatWarning: seconds("--heartbeat-warning <time>", "Time since a site's last heartbeat: warning.", "12"),
  heartbeatCritical: seconds("--heartbeat-critical <time>", "Time since a site's last heartbeat: critical.", "30"),
  stateAgeWarning: seconds("--state-age-warning <time>", "Age of the state file: warning.", "15"),
  stateAgeCritical: seconds("--state-age-critical <time>", "Age of the state file: critical.", "60"),
  resetWarning: seconds("--reset-warning <time>", "Warn so long after the proxy had to reconnect a site.", "300"),
  resetsWarning: count("--resets-warning <n>", "Times a site was reset within an hour: warning.", "3"),
  restartWarning: seconds("--restart-warning <time>", "Warn so long after a core (re)started.", "0"),
  slotsWarning: share("--slots-warning <n>", "Livestatus connections of a core in use: warning.", "80%"),
  slotsCritical: share("--slots-critical <n>", "Livestatus connections of a core in use: critical.", "95%"),
  fdsWarning: share("--fds-warning <n>", "File descriptors of a site process: warning.", "80%"),
  fdsCritical: share("--fds-critical <n>", "File descriptors of a site process: critical.", "95%"),
  threadsWarning: option({
    flags: "--threads-warning <range>",
    help: "Threads of a site process: warning range.",
    section: LIMITS,
    parse: Range.parse,
    default: "200",
  }),
  threadsGrowthWarning: count(
    "--threads-growth-warning <n>",
    "Threads a site process gained while its site is down: warning.",
    "20",
  ),
  freshWarning: option({
    flags: "--fresh-warning <time>",
    help: "Time since the last update, or since a core's newest check: warning. (default: 21 with --lmd)",
    section: LIMITS,
    parse: parseSecondsThreshold,
  }),
  freshCritical: option({
    flags: "--fresh-critical <time>",
    help: "The same: critical. (default: 70 with --lmd)",
    section: LIMITS,
    parse: parseSecondsThreshold,
  }),
  unjudged: unjudgedOption(LIMITS),

  ...perfdataOptions("Output"),
};

/** The options that hold a threshold. */
export type ThresholdKey = {
  [K in keyof RuleValues]: RuleValues[K] extends Threshold | ShareThreshold | undefined ? K : never;
}[keyof RuleValues];
type RuleValues = Values<typeof ruleOptions>;

/**
 * What {@link ruleOptions} were given.
 *
 * @param given the options that were, by their names
 */
export function readRules(options: RuleValues, given: ReadonlySet<string>): Rules {
  return {
    time: { warning: options.warning, critical: options.critical },
    down: { warning: options.downWarning, critical: options.downCritical },
    planned: options.planned,
    busy: { warning: options.busyWarning, critical: options.busyCritical },
    channels: { warning: options.channelsWarning, critical: options.channelsCritical },
    query: { warning: options.queryWarning, critical: options.queryCritical },
    graceSeconds: options.grace,
    heartbeat: { warning: options.heartbeatWarning, critical: options.heartbeatCritical },
    stateAge: { warning: options.stateAgeWarning, critical: options.stateAgeCritical },
    reset: options.resetWarning,
    restart: options.restartWarning,
    slots: { warning: options.slotsWarning, critical: options.slotsCritical },
    descriptors: { warning: options.fdsWarning, critical: options.fdsCritical },
    threads: options.threadsWarning,
    threadsGrowth: options.threadsGrowthWarning,
    resets: options.resetsWarning,
    fresh: { warning: options.freshWarning, critical: options.freshCritical },
    given: new Set(
      Object.keys(ruleOptions).filter((key) => given.has(key) && !isOffValue(options[key as keyof RuleValues])),
    ),
    unjudged: options.unjudged,
    perfdata: options.perfdata,
    perfdataFilter: options.perfdataFilter,
  };
}

const isOffValue = (value: RuleValues[keyof RuleValues]) =>
  typeof value === "object" && value !== null && ("of" in value || "alerts" in value) && isOff(value);
