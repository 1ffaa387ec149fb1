import {
  flag,
  list,
  option,
  parseDecimal,
  parseStatus,
  perfdataOptions,
  plainLabel,
  Range,
  selectionOptions,
} from "monitoring-plugins-ts";
import { wireName } from "monitoring-plugins-ts/gearman";
import { serverOptions } from "monitoring-plugins-ts/net";

import { answer, counts, measures } from "./quantities.ts";

const QUEUES = "Which queues";
const STATES = "States";
const JOB = "Send a job and judge the answer";

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

/** A threshold on one value of an answer. */
export interface LabelRange {
  /** As it is printed. */
  readonly label: string;
  readonly range: Range;
}

/** @throws Error naming the text when it is no label with a range */
function parseLabelRange(text: string): LabelRange {
  const at = text.lastIndexOf("=");
  if (at < 1) throw new Error(`'${text}' is not a label and a range, such as backlog=100`);
  return { label: plainLabel(text.slice(0, at)), range: Range.parse(text.slice(at + 1)) };
}

/** What can be said on the command line. */
export const options = {
  ...serverOptions({ section: "Job server", what: "Job server", port: 4730, host: "localhost" }),

  queue: list({
    flags: "-q, --queue <name>",
    help: "This queue only, by its exact name; repeatable.",
    section: QUEUES,
    selects: true,
    parse: wireName,
  }),
  ...selectionOptions(QUEUES, "Queues"),

  ...counts,

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
  ...measures,

  send: option({
    flags: "-s, --send <text>",
    help: "Send this to the queue (-q) and judge the answer; N:text in it sets the state. Of several servers, to the first that has a worker for the queue.",
    section: JOB,
    selects: true,
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
  }),
  replyWarning: list({
    flags: "--reply-warning <label=range>",
    help: "Value in the perfdata of the answer: warning; repeatable.",
    section: JOB,
    parse: parseLabelRange,
  }),
  replyCritical: list({
    flags: "--reply-critical <label=range>",
    help: "Value in the perfdata of the answer: critical; repeatable.",
    section: JOB,
    parse: parseLabelRange,
  }),
  background: flag({
    flags: "-a, --async",
    help: "Send it as a background job: OK once a worker has taken it.",
    section: JOB,
  }),

  ...answer,
  ...perfdataOptions("Output"),
};
