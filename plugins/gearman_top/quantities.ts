import { CountThreshold, quantity } from "monitoring-plugins-ts";

export const COLOURS = "Colours: N means N or more, 0 is off; or a range";

/** What colours a queue. */
export const quantities = {
  waiting: quantity({
    section: COLOURS,
    grammar: CountThreshold,
    label: "<queue>_waiting",
    min: 0,
    meaning: "waiting jobs of a queue",
    text: "<value> waiting job(s)",
    warning: { flags: "-w, --warning", default: "10", note: "Shown yellow." },
    critical: { flags: "-c, --critical", default: "100", note: "Shown red, as are waiting jobs without any worker." },
  }),
  worker: quantity({
    section: COLOURS,
    grammar: CountThreshold,
    label: "<queue>_worker",
    min: 0,
    meaning: "workers of a queue",
    text: "<value> worker(s)",
    warning: { flags: "-W, --worker-warning", note: "Shown yellow." },
    critical: { flags: "-C, --worker-critical", note: "Shown red; 1: is fewer than one." },
  }),
};
