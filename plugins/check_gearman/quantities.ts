import { CountThreshold, quantity, relayed } from "monitoring-plugins-ts";

const EACH = "for each selected queue";
const COUNTS = {
  section: "Thresholds on jobs and workers: N alerts at N or more, 0 is off; or a range",
  grammar: CountThreshold,
} as const;
const TOTALS = ["perfdata totals", "totalWarning", "totalCritical"];

/** What is counted of queues: labels and order as Mod-Gearman's check_gearman prints them. */
export const counts = {
  waiting: quantity({
    ...COUNTS,
    perName: true,
    label: "[<server>_]<queue>_waiting",
    min: 0,
    meaning: "waiting jobs of a queue",
    text: "has <value> waiting job(s)",
    warning: { flags: "-w, --warning", default: "10" },
    critical: { flags: "-c, --critical", default: "100" },
    when: EACH,
  }),
  running: quantity({
    ...COUNTS,
    perName: true,
    label: "[<server>_]<queue>_running",
    meaning: "running jobs of a queue",
    text: "has <value> running job(s)",
    warning: "--running-warning",
    critical: "--running-critical",
    when: EACH,
  }),
  worker: quantity({
    ...COUNTS,
    perName: true,
    label: "[<server>_]<queue>_worker",
    min: 0,
    meaning: "workers of a queue",
    text: "has <value> worker",
    warning: "-W, --worker-warning",
    critical: { flags: "-C, --worker-critical", note: "1: is fewer than one." },
    when: EACH,
  }),
  total: quantity({
    ...COUNTS,
    label: "[<server>_]waiting",
    min: 0,
    meaning: "waiting jobs of all selected queues of a server",
    text: "<value> job(s) waiting",
    warning: "--total-warning",
    critical: "--total-critical",
    with: TOTALS,
  }),
  totalRunning: quantity({
    label: "[<server>_]running",
    min: 0,
    meaning: "running jobs of all selected queues",
    with: TOTALS,
  }),
  totalWorker: quantity({
    label: "[<server>_]worker",
    min: 0,
    meaning: "sum of the workers of all selected queues",
    with: TOTALS,
  }),
  queues: quantity({ label: "[<server>_]queues", min: 0, meaning: "selected queues", with: TOTALS }),
  leftovers: quantity({
    ...COUNTS,
    label: "[<server>_]leftovers",
    min: 0,
    meaning: "private queues that round trip probes left behind, more than 10 minutes ago",
    text: "<value> queue(s) left behind",
    warning: { flags: "--leftovers-warning", default: "1" },
    critical: "--leftovers-critical",
    when: "where there are any, without -q",
  }),
};

/** What is measured of servers. */
export const measures = {
  time: quantity({
    section: "States",
    label: "[<server>_]time",
    uom: "s",
    min: 0,
    meaning: "time until the server, or the worker, answered",
    text: "answer took <value>",
    warning: "--time-warning",
    critical: "--time-critical",
    with: ["timeWarning", "timeCritical"],
  }),
  servers: quantity({
    section: "States",
    label: "servers",
    min: 0,
    max: "servers asked",
    meaning: "job servers that answered",
    text: "<value> of several job servers answered",
    warning: "--servers-warning",
    critical: { flags: "--servers-critical", note: "Without either, one that does not answer is critical." },
    when: "of several servers, or with a threshold on them",
  }),
};

/** What a worker answers to a job. */
export const answer = {
  workerPerfdata: relayed({ label: "<label>", meaning: "whatever the answer to the job carries", with: ["send"] }),
};
