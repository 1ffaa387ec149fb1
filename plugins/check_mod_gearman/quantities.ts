import { quantity } from "monitoring-plugins-ts";

/** What is measured of the jobs of one queue, in the order of printing. */
export const quantities = {
  time: quantity({
    label: "[<server>_][<queue>_]time",
    uom: "s",
    min: 0,
    meaning: "time until the result is back, of the slowest job",
    text: "result took <value>",
    warning: { flags: "-w, --warning", default: "2" },
    critical: { flags: "-c, --critical", default: "5" },
    when: "when a job came back",
  }),
  wait: quantity({
    label: "[<server>_][<queue>_]wait",
    uom: "s",
    min: 0,
    meaning: "longest time that a job waited for a worker",
    text: "job waited <value> for a worker",
    warning: "--wait-warning",
    critical: "--wait-critical",
    when: "when it is known, also of a job that was lost",
  }),
  run: quantity({
    label: "[<server>_][<queue>_]run",
    uom: "s",
    min: 0,
    meaning: "time the command took, as the worker says",
    when: "when the worker says so",
  }),
  back: quantity({
    label: "[<server>_][<queue>_]return",
    uom: "s",
    min: 0,
    meaning: "time from the end of the command to us",
    when: "when the worker says how long it ran",
  }),
  results: quantity({
    label: "[<server>_][<queue>_]results",
    min: 0,
    max: "jobs to send (`-n`)",
    meaning: "jobs that came back",
  }),
  lost: quantity({
    label: "[<server>_][<queue>_]lost",
    min: 0,
    max: "jobs to send (`-n`)",
    meaning: "jobs that did not, those not sent for lack of a worker included",
  }),
};
