import {
  definePlugin,
  flag,
  list,
  option,
  parseCountThreshold,
  parseDecimal,
  parseExpression,
  parsePattern,
  parsePerfdataAmount,
  parseStatus,
  Range,
  UsageError,
} from "monitoring-plugins-ts";
import { wireName } from "monitoring-plugins-ts/gearman";
import {
  formatEndpoint,
  networkOptions,
  parseAddresses,
  parsePort,
  readNetworkOptions,
  type TcpEndpoint,
  withPort,
} from "monitoring-plugins-ts/net";

import { evaluate } from "./evaluate.ts";
import { evaluateJob } from "./evaluate-job.ts";
import { type JobOrder, probeJob } from "./job.ts";
import { probeServers } from "./probe.ts";
import { type Rules, restsOnNoWorker } from "./queue.ts";

const SERVER = "Job server";
const QUEUES = "Which queues";
const THRESHOLDS = "Thresholds on jobs and workers: N alerts at N or more, 0 is off; or a range";
const STATES = "States";
const JOB = "Send a job and judge the answer";
const OUTPUT = "Output";

/** @throws Error naming the text when it is no number of seconds */
function parseSeconds(text: string): number {
  const seconds = parseDecimal(text);
  if (seconds === undefined || seconds < 0) throw new Error(`'${text}' is not a number of seconds`);
  return seconds;
}

/** @throws Error when a unique id is longer than gearmand takes */
function parseUnique(text: string): string {
  if (Buffer.byteLength(text) > 64) throw new Error(`'${text}' is longer than 64 bytes`);
  return text;
}

const options = {
  server: list({
    flags: "-H, --hostname <host[:port]>",
    help: "Job server; repeatable, or several with commas between. IPv6: [::1]:4730 or ::1.",
    section: SERVER,
    parse: parseAddresses,
    default: "localhost",
  }),
  port: option({
    flags: "-p, --port <port>",
    help: "Port where -H names none.",
    section: SERVER,
    parse: parsePort,
    default: "4730",
  }),
  ...networkOptions(SERVER),

  queue: list({
    flags: "-q, --queue <name>",
    help: "This queue only, by its exact name; repeatable.",
    section: QUEUES,
    parse: wireName,
  }),
  include: list({
    flags: "--include <pattern>",
    help: "Queues that match: a glob with * and ?, or an RE2 pattern after ~; repeatable.",
    section: QUEUES,
    parse: parsePattern,
  }),
  exclude: list({
    flags: "--exclude <pattern>",
    help: "Not the queues that match; repeatable.",
    section: QUEUES,
    parse: parsePattern,
  }),

  warning: option({
    flags: "-w, --warning <n>",
    help: "Waiting jobs of a queue: warning.",
    section: THRESHOLDS,
    parse: parseCountThreshold,
    default: "10",
  }),
  critical: option({
    flags: "-c, --critical <n>",
    help: "Waiting jobs of a queue: critical.",
    section: THRESHOLDS,
    parse: parseCountThreshold,
    default: "100",
  }),
  workerWarning: option({
    flags: "-W, --worker-warning <n>",
    help: "Workers of a queue: warning.",
    section: THRESHOLDS,
    parse: parseCountThreshold,
  }),
  workerCritical: option({
    flags: "-C, --worker-critical <n>",
    help: "Workers of a queue: critical; 1: is fewer than one.",
    section: THRESHOLDS,
    parse: parseCountThreshold,
  }),
  runningWarning: option({
    flags: "--running-warning <n>",
    help: "Running jobs of a queue: warning.",
    section: THRESHOLDS,
    parse: parseCountThreshold,
  }),
  runningCritical: option({
    flags: "--running-critical <n>",
    help: "Running jobs of a queue: critical.",
    section: THRESHOLDS,
    parse: parseCountThreshold,
  }),
  totalWarning: option({
    flags: "--total-warning <n>",
    help: "Waiting jobs of all selected queues of a server: warning.",
    section: THRESHOLDS,
    parse: parseCountThreshold,
  }),
  totalCritical: option({
    flags: "--total-critical <n>",
    help: "Waiting jobs of all selected queues of a server: critical.",
    section: THRESHOLDS,
    parse: parseCountThreshold,
  }),

  zeroWorkerCritical: flag({
    flags: "-x, --critical-zero-worker",
    help: "Critical for a selected queue without worker.",
    section: STATES,
  }),
  orphans: option({
    flags: "--orphans <state>",
    help: "State of a queue with waiting jobs and no worker.",
    section: STATES,
    parse: parseStatus,
    default: "critical",
  }),
  missing: option({
    flags: "--missing <state>",
    help: "State of a queue (-q) that is not there.",
    section: STATES,
    parse: parseStatus,
    default: "warning",
  }),
  uneven: option({
    flags: "--uneven <state>",
    help: "State of a queue with workers on one server and none on another.",
    section: STATES,
    parse: parseStatus,
    default: "ok",
  }),
  confirm: option({
    flags: "--confirm <seconds>",
    help: "Ask again for so long before saying that there is no worker; 0 is off. Idle Mod-Gearman workers restart and show none for 4 s.",
    section: STATES,
    parse: parseSeconds,
    default: "5",
  }),
  serversWarning: option({
    flags: "--servers-warning <range>",
    help: "Job servers that answered: warning range.",
    section: STATES,
    parse: Range.parse,
  }),
  serversCritical: option({
    flags: "--servers-critical <range>",
    help: "Job servers that answered: critical range. Without either, one that does not answer is critical.",
    section: STATES,
    parse: Range.parse,
  }),
  timeWarning: option({
    flags: "--time-warning <range>",
    help: "Seconds the server took to answer: warning range.",
    section: STATES,
    parse: Range.parse,
  }),
  timeCritical: option({
    flags: "--time-critical <range>",
    help: "Seconds the server took to answer: critical range.",
    section: STATES,
    parse: Range.parse,
  }),

  send: option({
    flags: "-s, --send <text>",
    help: "Send this to the queue (-q) and judge the answer; N:text in it sets the state. Of several servers, to the first that answers.",
    section: JOB,
    parse: String,
  }),
  unique: option({
    flags: "-u, --unique <id>",
    help: "Unique id of the job, at most 64 bytes. (default: random)",
    section: JOB,
    parse: parseUnique,
  }),
  expect: option({
    flags: "-e, --expect <text>",
    help: "Critical when the answer does not contain this.",
    section: JOB,
    parse: String,
  }),
  background: flag({
    flags: "-a, --async",
    help: "Send it as a background job: OK once a worker has taken it.",
    section: JOB,
  }),

  perfdata: option({
    flags: "--perfdata <amount>",
    help: "all, totals or none.",
    section: OUTPUT,
    parse: parsePerfdataAmount,
    default: "all",
  }),
  perfdataFilter: option({
    flags: "--perfdata-filter <re2>",
    help: "Only perfdata whose label matches, anywhere in it.",
    section: OUTPUT,
    parse: parseExpression,
  }),
};

const notes = `
Examples:
  check_gearman -H gearmand.example.com
  check_gearman -H gearmand.example.com -q check_results -w 50 -c 500
  check_gearman -H gearmand.example.com --include 'hostgroup_*' -C 1:
  check_gearman -H gearmand.example.com -q worker_host1 -s check
  check_gearman -H proxy.example.com -q proxy_status -s check --time-warning 2

Ranges are those of the Monitoring Plugins guidelines: 10:20 alerts outside,
@10:20 inside, 1: below 1, ~:5 above 5.
`;

export default definePlugin({
  name: "check_gearman",
  summary: "Alerts when jobs pile up in a Gearman queue, when its workers are gone, or when nobody answers.",
  usage: "[-H host[:port]] [-q queue] [-w n] [-c n] [-C n] [-x] [-s text [-e text]] ...",
  options,
  notes,
  async check(options, context) {
    const servers = distinct(options.server.map((address) => withPort(address, options.port)));
    const connect = { ...(await readNetworkOptions(options)), signal: context.signal };
    const time = { warning: options.timeWarning, critical: options.timeCritical };
    const { perfdata, perfdataFilter, confirm: confirmSeconds } = options;

    const order = readOrder(options);
    if (order !== undefined) {
      const facts = await probeJob(order, { servers, connect, confirmSeconds }, context);
      return evaluateJob(facts, order, { expect: options.expect, time, perfdata, perfdataFilter });
    }

    const rules: Rules = {
      selection: { queues: options.queue, include: options.include, exclude: options.exclude },
      waiting: { warning: options.warning, critical: options.critical },
      running: { warning: options.runningWarning, critical: options.runningCritical },
      worker: { warning: options.workerWarning, critical: options.workerCritical },
      total: { warning: options.totalWarning, critical: options.totalCritical },
      servers: { warning: options.serversWarning, critical: options.serversCritical },
      zeroWorkerCritical: options.zeroWorkerCritical,
      orphans: options.orphans,
      missing: options.missing,
      uneven: options.uneven,
      time,
      perfdata,
      perfdataFilter,
    };
    const isSuspect = restsOnNoWorker(rules, servers.length > 1);
    return evaluate(await probeServers({ servers, connect, confirmSeconds, isSuspect }, context), rules);
  },
});

/** Each server once: named twice, it would be counted twice and print the same labels twice. */
function distinct(servers: readonly TcpEndpoint[]): readonly TcpEndpoint[] {
  return [...new Map(servers.map((server) => [formatEndpoint(server), server])).values()];
}

interface JobOptions {
  readonly queue: readonly string[];
  readonly send: string | undefined;
  readonly unique: string | undefined;
  readonly expect: string | undefined;
  readonly background: boolean;
}

/** The job to send, if any. @throws UsageError when the options do not go together */
function readOrder({ queue, send, unique, expect, background }: JobOptions): JobOrder | undefined {
  if (send === undefined) {
    const needless = unique !== undefined ? "-u" : expect !== undefined ? "-e" : background ? "-a" : undefined;
    if (needless !== undefined) throw new UsageError(`${needless} is about a job to send: it needs -s`);
    return undefined;
  }
  const [name, another] = queue;
  if (name === undefined) throw new UsageError("need queue (-q) when sending job");
  if (another !== undefined) throw new UsageError("only one queue (-q) when sending job");
  return { queue: name, text: send, unique, background };
}
