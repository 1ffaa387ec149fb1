import { quantity } from "monitoring-plugins-ts";

const EACH = "for each selected queue, where the broker tells it";

/** What is measured, in the order of printing. */
export const quantities = {
  ready: quantity({
    label: "<queue>_ready",
    min: 0,
    meaning: "messages of a queue that wait for a consumer",
    text: "has <value> message(s) ready",
    warning: "-w, --warning",
    critical: "-c, --critical",
    when: EACH,
  }),
  unacknowledged: quantity({
    label: "<queue>_unacknowledged",
    min: 0,
    meaning: "messages of a queue that a consumer has and has not acknowledged",
    text: "has <value> unacknowledged message(s)",
    warning: "--unacknowledged-warning",
    critical: "--unacknowledged-critical",
    when: EACH,
  }),
  consumers: quantity({
    label: "<queue>_consumers",
    min: 0,
    meaning: "consumers of a queue",
    text: "has <value> consumer(s)",
    warning: "--consumers-warning",
    critical: {
      flags: "--consumers-critical",
      default: "1:",
      note: "The default is for queues that hold messages; one that is given is for all.",
    },
    when: `${EACH}; with its thresholds where they are for it`,
  }),
};
