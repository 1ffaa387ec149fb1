import { list, option, Range, unjudgedOption } from "monitoring-plugins-ts";
import { networkOptions, parseAddress, parsePort } from "monitoring-plugins-ts/net";
import { parseStateFolder } from "monitoring-plugins-ts/state";

import {
  parseBytes,
  parseBytesGrowth,
  parseEta,
  parseGrowth,
  parseKinds,
  parseLevel,
  parsePid,
  parseWindow,
} from "./threshold.ts";

const PROCESSES = "Which processes";
const SERVER = "Job server";
const LEVELS = "Thresholds on what is open now";
const GROWTH = "Thresholds on growth: a bare N alerts above N";
const MEMORY = "Thresholds on memory: bytes, or 500MB, 2GiB";
const HOW = "How to look";

/** What can be asked of the check. */
export const options = {
  command: list({
    flags: "-C, --command <name>",
    help: "Processes of this name (as in /proc/PID/comm); repeatable. (default: gearmand)",
    section: PROCESSES,
    selects: true,
    parse: String,
  }),
  pid: option({ flags: "--pid <pid>", help: "This process.", section: PROCESSES, selects: true, parse: parsePid }),
  pidFile: option({
    flags: "--pidfile <file>",
    help: "The process whose id is in this file.",
    section: PROCESSES,
    selects: true,
    parse: String,
  }),
  user: option({
    flags: "-u, --user <name>",
    help: "Only processes of this user.",
    section: PROCESSES,
    selects: true,
    parse: String,
  }),
  processes: option({
    flags: "--processes <range>",
    help: "How many must run, of each name; critical otherwise.",
    section: PROCESSES,
    parse: Range.parse,
    default: "1:",
  }),

  server: option({
    flags: "-H, --hostname <host[:port]>",
    help: "Ask this gearmand for its connected workers, and, when it runs here and no process is named, for its process id.",
    section: SERVER,
    selects: true,
    parse: parseAddress,
  }),
  port: option({
    flags: "-p, --port <port>",
    help: "The Gearman port: sockets to or from it are counted.",
    section: SERVER,
    parse: parsePort,
    default: "4730",
  }),
  ...networkOptions(SERVER),

  warning: option({
    flags: "-w, --warning <range>",
    help: "Open descriptors of a process, in numbers or in % of its soft limit: warning.",
    section: LEVELS,
    parse: parseLevel,
    default: "80%",
  }),
  critical: option({
    flags: "-c, --critical <range>",
    help: "Open descriptors of a process: critical.",
    section: LEVELS,
    parse: parseLevel,
    default: "90%",
  }),
  socketsWarning: option({
    flags: "--sockets-warning <range>",
    help: "TCP sockets of a process to or from the Gearman port: warning.",
    section: LEVELS,
    parse: Range.parse,
  }),
  socketsCritical: option({
    flags: "--sockets-critical <range>",
    help: "TCP sockets of a process to or from the Gearman port: critical.",
    section: LEVELS,
    parse: Range.parse,
  }),
  closeWaitWarning: option({
    flags: "--close-wait-warning <range>",
    help: "TCP sockets of a process in CLOSE_WAIT: warning.",
    section: LEVELS,
    parse: Range.parse,
    default: "50",
  }),
  closeWaitCritical: option({
    flags: "--close-wait-critical <range>",
    help: "TCP sockets of a process in CLOSE_WAIT: critical.",
    section: LEVELS,
    parse: Range.parse,
    default: "200",
  }),
  restartsWarning: option({
    flags: "--restarts-warning <range>",
    help: "Restarts of a process within --window, as far as they are seen: warning.",
    section: LEVELS,
    parse: Range.parse,
    default: "3",
  }),
  restartsCritical: option({
    flags: "--restarts-critical <range>",
    help: "Restarts of a process within --window: critical.",
    section: LEVELS,
    parse: Range.parse,
  }),
  perWorkerWarning: option({
    flags: "--per-worker-warning <range>",
    help: "Descriptors of gearmand per connected worker (needs -H): warning.",
    section: LEVELS,
    parse: Range.parse,
  }),
  perWorkerCritical: option({
    flags: "--per-worker-critical <range>",
    help: "Descriptors of gearmand per connected worker (needs -H): critical.",
    section: LEVELS,
    parse: Range.parse,
  }),

  growthWarning: option({
    flags: "--growth-warning <range>",
    help: "Descriptors a process gains an hour: warning.",
    section: GROWTH,
    parse: parseGrowth,
  }),
  growthCritical: option({
    flags: "--growth-critical <range>",
    help: "Descriptors a process gains an hour: critical.",
    section: GROWTH,
    parse: parseGrowth,
  }),
  etaWarning: option({
    flags: "--eta-warning <time>",
    help: "Warning when the limit is reached in less time than this, such as 6h or 45m; 0 is off.",
    section: GROWTH,
    parse: parseEta,
    default: "6h",
  }),
  etaCritical: option({
    flags: "--eta-critical <time>",
    help: "Critical when the limit is reached in less time than this; 0 is off.",
    section: GROWTH,
    parse: parseEta,
    default: "1h",
  }),
  window: option({
    flags: "--window <time>",
    help: "Time over which growth is seen, and after which it is judged.",
    section: GROWTH,
    parse: parseWindow,
    default: "1h",
  }),

  rssWarning: option({
    flags: "--rss-warning <range>",
    help: "Resident memory of a process: warning.",
    section: MEMORY,
    parse: parseBytes,
  }),
  rssCritical: option({
    flags: "--rss-critical <range>",
    help: "Resident memory of a process: critical.",
    section: MEMORY,
    parse: parseBytes,
  }),
  rssGrowthWarning: option({
    flags: "--rss-growth-warning <range>",
    help: "Resident memory a process gains an hour: warning.",
    section: MEMORY,
    parse: parseBytesGrowth,
  }),
  rssGrowthCritical: option({
    flags: "--rss-growth-critical <range>",
    help: "Resident memory a process gains an hour: critical.",
    section: MEMORY,
    parse: parseBytesGrowth,
  }),

  unjudged: unjudgedOption(HOW),
  kinds: option({
    flags: "--kinds <n>",
    help: "Look at so many descriptors of a process at most, evenly spread, to see of what kind they are; all or none.",
    section: HOW,
    parse: parseKinds,
    default: "10000",
  }),
  stateDir: option({
    flags: "--state-dir <dir>",
    help: "Where samples are kept between runs. (default: $MP_STATE_PATH, else /var/lib/monitoring-plugins if writable, else the user's state folder)",
    section: HOW,
    parse: parseStateFolder,
  }),
  proc: option({
    flags: "--proc <dir>",
    help: "Where the proc file system is mounted, such as /host/proc in a container.",
    section: HOW,
    selects: true,
    parse: String,
    default: "/proc",
  }),
};
