import type { Contrib } from "#generate/contrib.ts";

import { quantities } from "./quantities.ts";

const { time, wait, run, back, lost } = quantities;

export default {
  asksItsHost: true,
  services: [
    {
      suffix: "round_trip",
      title: "gearman round trip",
      about: "A check goes to a worker and comes back. The key file must be readable by the monitoring user.",
      hosts: "gearman_key_file",
      options: { keyFile: { host: "gearman_key_file", sample: "/etc/mod-gearman/secret.key" } },
    },
  ],
  row: {
    title: "Round trip (check_mod_gearman)",
    graphs: [
      {
        title: "Time until the result is back",
        about: "From sending a check to its result; of several jobs the slowest.",
        curves: [{ of: time }],
        width: 8,
        thresholds: true,
      },
      {
        title: "Where the time goes",
        about: "wait is the backlog, run the machine of the worker, return the way back.",
        curves: [{ of: wait }, { of: run }, { of: back }],
        width: 8,
        stacked: true,
      },
      {
        title: "Lost jobs",
        about: "Checks that did not come back. One of many jobs: a single worker with a wrong key.",
        curves: [{ of: lost }],
        width: 8,
      },
    ],
  },
} satisfies Contrib;
