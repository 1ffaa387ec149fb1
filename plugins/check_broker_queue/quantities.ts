import { formatDuration, quantity } from "monitoring-plugins-ts";

const TOLD = "where the broker tells it";
const EACH = `for each selected queue, ${TOLD}`;

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
  oldest: quantity({
    label: "<queue>_oldest",
    uom: "s",
    min: 0,
    meaning: "age of the oldest message of a queue",
    text: "has a message that is <value> old",
    show: formatDuration,
    warning: "--oldest-warning",
    critical: "--oldest-critical",
    when: EACH,
  }),
  deadLetters: quantity({
    label: "dead_letters",
    min: 0,
    meaning: "messages in queues of dead letters",
    text: "<value> dead letter(s)",
    warning: "--dead-letters-warning",
    critical: "--dead-letters-critical",
    when: `where there are such queues, and ${TOLD}`,
  }),
  memory: quantity({
    label: "memory",
    uom: "%",
    min: 0,
    meaning: "memory used of what the broker may use before it blocks publishers",
    text: "<value>% of the memory is used",
    warning: "--memory-warning",
    critical: "--memory-critical",
    when: TOLD,
  }),
  store: quantity({
    label: "store",
    uom: "%",
    min: 0,
    meaning: "room for messages on disk used of what the broker may use before it blocks publishers",
    text: "<value>% of the store is used",
    warning: "--store-warning",
    critical: "--store-critical",
    when: TOLD,
  }),
};
