import type { Contrib } from "#generate/contrib.ts";

import { counts } from "./quantities.ts";

const { waiting, running, worker } = counts;

/** Mod-Gearman's queue of results, which the core empties. */
const only = "check_results";

// the queues are Mod-Gearman's
export default {
  asksItsHost: true,
  replaces: "mod-gearman",
  services: [
    {
      title: "gearmand",
      about: "The job server answers, no queue is too long, no jobs wait without a worker.",
      hosts: "gearmand",
      options: {},
    },
    {
      suffix: "workers",
      title: "gearman workers",
      about: "Every queue with checks has a worker.",
      hosts: "gearmand",
      options: { include: ["host", "service", "hostgroup_*", "servicegroup_*"], zeroWorkerCritical: true },
    },
    {
      suffix: "results",
      title: "gearman results",
      about: "The core fetches the results of its checks.",
      hosts: "gearmand",
      options: { queue: [only], zeroWorkerCritical: true },
    },
    {
      suffix: "worker",
      title: "gearman worker",
      about: "A Mod-Gearman worker answers, by its identifier.",
      hosts: "gearman_workers",
      options: {
        queue: { host: "gearman_workers", prefix: "worker_", each: true, sample: "worker1.example.com" },
        send: "check",
      },
    },
    {
      suffix: "proxy",
      title: "gearman proxy",
      about: "Gearman-Proxy at this job server answers.",
      hosts: "gearman_proxy",
      options: { queue: ["proxy_status"], send: "check" },
    },
  ],
  row: {
    title: "Queues (check_gearman)",
    graphs: [
      {
        title: "Waiting jobs",
        about: "Jobs not yet handed out. A queue that only grows has too few workers, or none.",
        curves: [{ of: waiting }],
        width: 12,
        thresholds: true,
      },
      {
        title: "Workers",
        about: "Workers registered. A line at 0 is a queue that nobody serves.",
        curves: [{ of: worker, keep: "min" }],
        width: 12,
      },
      {
        title: "Running jobs",
        about: "Jobs in work. As many as there are workers: the queue is at its limit.",
        curves: [{ of: running }],
        width: 12,
        thresholds: true,
      },
      {
        title: "Result queue",
        about: "check_results, which the core empties: jobs that wait here mean that the core does not fetch results.",
        curves: [
          { of: waiting, only },
          { of: worker, only, keep: "min" },
        ],
        width: 12,
        thresholds: true,
      },
    ],
  },
} satisfies Contrib;
