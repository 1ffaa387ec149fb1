import type { MetricDeclaration } from "monitoring-plugins-ts";

const TOTALS = ["perfdata totals", "totalWarning", "totalCritical"];

export default [
  {
    label: "[<server>_]<queue>_waiting",
    meaning: "jobs not yet handed out",
    warning: "warning",
    critical: "critical",
    min: 0,
    when: "for each selected queue",
  },
  {
    label: "[<server>_]<queue>_running",
    meaning: "jobs in work",
    warning: "runningWarning",
    critical: "runningCritical",
    when: "for each selected queue",
  },
  {
    label: "[<server>_]<queue>_worker",
    meaning: "workers registered",
    warning: "workerWarning",
    critical: "workerCritical",
    min: 0,
    when: "for each selected queue",
  },
  {
    label: "[<server>_]waiting",
    meaning: "jobs not yet handed out, in all selected queues",
    warning: "totalWarning",
    critical: "totalCritical",
    min: 0,
    with: TOTALS,
  },
  { label: "[<server>_]running", meaning: "jobs in work, in all selected queues", min: 0, with: TOTALS },
  { label: "[<server>_]worker", meaning: "sum of the workers of all selected queues", min: 0, with: TOTALS },
  { label: "[<server>_]queues", meaning: "selected queues", min: 0, with: TOTALS },
  {
    label: "[<server>_]time",
    uom: "s",
    meaning: "until the server, or the worker, answered",
    warning: "timeWarning",
    critical: "timeCritical",
    min: 0,
    with: ["timeWarning", "timeCritical"],
  },
  {
    label: "servers",
    meaning: "job servers that answered",
    warning: "serversWarning",
    critical: "serversCritical",
    min: 0,
    max: "servers asked",
    when: "of several servers, or with a threshold on them",
  },
  { label: "<label>", meaning: "whatever the answer to the job carries", with: ["send"], relayed: true },
] satisfies readonly MetricDeclaration[];
