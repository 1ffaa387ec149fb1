import { flag, list, option, parseDuration } from "monitoring-plugins-ts";
import { type Priority, wireName } from "monitoring-plugins-ts/gearman";
import { readConfig, readKeyFile } from "monitoring-plugins-ts/mod-gearman";
import { parseAddresses, serverOptions } from "monitoring-plugins-ts/net";

import { quantities } from "./quantities.ts";
import { readKeyEnv, refuseKey } from "./servers-and-key.ts";

const SERVER = "Job server";
const KEY = "Key of the workers, one of these";
const JOB = "Job";
const THRESHOLDS = "Thresholds";

/** More would be a load test. */
const MOST_JOBS = 1000;

export const options = {
  ...serverOptions({
    section: SERVER,
    what: "Job server",
    port: 4730,
    note: " Each is probed. (default: those of --config, else localhost)",
  }),
  resultServer: list({
    flags: "--result-server <host[:port]>",
    help: "Results come over this server too, and no job is sent there: a worker's dupserver, or the server behind a Gearman-Proxy; repeatable. (default: dupserver of --config)",
    section: SERVER,
    selects: true,
    parse: parseAddresses,
  }),

  keyFile: option({
    flags: "--key-file <file>",
    help: "File with the key in its first line, Mod-Gearman's keyfile.",
    section: KEY,
    parse: readKeyFile,
  }),
  keyEnv: option({
    flags: "--key-env <name>",
    help: "Environment variable with the key.",
    section: KEY,
    parse: readKeyEnv,
  }),
  config: option({
    flags: "--config <file>",
    help: "Mod-Gearman's module.conf or worker.conf: key, encryption, dupserver, and the servers when -H is missing; includes are followed.",
    section: KEY,
    selects: true,
    parse: readConfig,
  }),
  noEncryption: flag({
    flags: "--no-encryption",
    help: "Workers run with encryption=no.",
    section: KEY,
  }),
  key: option({
    flags: "--key <key>",
    help: "Refused: every user can read a command line.",
    section: KEY,
    parse: refuseKey,
  }),

  queue: list({
    flags: "-q, --queue <name>",
    help: "Queue to send the job to: host, service, hostgroup_x, servicegroup_x; repeatable.",
    section: JOB,
    selects: true,
    parse: parseQueue,
    default: "service",
  }),
  command: option({
    flags: "--command <line>",
    help: "What the worker runs. (default: /bin/echo and a random token that must come back)",
    section: JOB,
    selects: true,
    parse: parseCommand,
  }),
  expectCode: option({
    flags: "--expect-code <n>",
    help: "Return code the command must have.",
    section: JOB,
    parse: parseCode,
    default: "0",
  }),
  expect: option({
    flags: "-e, --expect <text>",
    help: "Critical when the output of --command does not contain this.",
    section: JOB,
  }),
  priority: option({
    flags: "--priority <level>",
    help: "low, normal or high. The core sends service checks low: so this feels the real queue.",
    section: JOB,
    parse: parsePriority,
    default: "low",
  }),
  count: option({
    flags: "-n, --count <n>",
    help: "Jobs sent at the same time to each queue; a single lost one is critical. Of many workers, one job meets only one.",
    section: JOB,
    parse: parseCount,
    default: "1",
  }),

  ...quantities,
  confirm: option({
    flags: "--confirm <time>",
    help: "Ask again for so long before saying that there is no worker; 0 is off. Idle Mod-Gearman workers restart and show none for 4 s.",
    section: THRESHOLDS,
    parse: parseDuration,
    default: "5",
  }),
};

/** Queues that the core, a worker's status or a proxy takes jobs from: a check sent there is taken by the wrong program. */
const NOT_OF_CHECKS = /^(?:check_results|notification|perfdata|proxy_status|worker_.*)$/s;

/** @throws Error naming the queue when it is none of checks */
function parseQueue(text: string): string {
  if (NOT_OF_CHECKS.test(text)) {
    throw new Error(`'${text}' is not a queue of checks: another program than a worker would take the job`);
  }
  return wireName(text);
}

/** @throws Error naming the text when it is no number of jobs */
function parseCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MOST_JOBS) throw new Error(`'${text}' is not a number of jobs: use 1 to ${MOST_JOBS}`);
  return count;
}

/** @throws Error naming the text; a worker turns every other code into 2 or 3 */
function parseCode(text: string): number {
  if (!/^[0-3]$/.test(text)) throw new Error(`'${text}' is not a return code that a worker lets through: use 0 to 3`);
  return Number(text);
}

/** @throws Error naming the text */
function parsePriority(text: string): Priority {
  const priority = (["low", "normal", "high"] as const).find((known) => known === text.toLowerCase());
  if (priority === undefined) throw new Error(`'${text}' is not a priority: use low, normal or high`);
  return priority;
}

/** @throws Error when the line cannot be written into a job */
function parseCommand(text: string): string {
  if (/[\r\n]/.test(text)) throw new Error("the command must be one line");
  return text;
}
