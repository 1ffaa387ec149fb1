import type { MetricDeclaration } from "monitoring-plugins-ts";

const BACK = "when a job came back";

export default [
  {
    label: "[<server>_][<queue>_]time",
    uom: "s",
    meaning: "from sending the job to its result; of several jobs the slowest",
    warning: "warning",
    critical: "critical",
    min: 0,
    when: BACK,
  },
  {
    label: "[<server>_][<queue>_]wait",
    uom: "s",
    meaning: "until a worker took it",
    warning: "waitWarning",
    critical: "waitCritical",
    min: 0,
    when: BACK,
  },
  {
    label: "[<server>_][<queue>_]run",
    uom: "s",
    meaning: "the command, as the worker says",
    min: 0,
    when: "when the worker says so",
  },
  {
    label: "[<server>_][<queue>_]return",
    uom: "s",
    meaning: "from the end of the command to us",
    min: 0,
    when: "when the worker says how long it ran",
  },
  { label: "[<server>_][<queue>_]results", meaning: "jobs that came back", min: 0, max: "jobs to send (`-n`)" },
  {
    label: "[<server>_][<queue>_]lost",
    meaning: "jobs that did not, those not sent for lack of a worker included",
    min: 0,
    max: "jobs to send (`-n`)",
  },
] satisfies readonly MetricDeclaration[];
