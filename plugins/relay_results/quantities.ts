import { CountThreshold, formatDuration, quantity } from "monitoring-plugins-ts";

const section = "With --status: thresholds";

/** What `--status` judges, in the order of printing. */
export const quantities = {
  rate: quantity({
    section,
    label: "rate",
    min: 0,
    meaning: "results delivered in the last minute",
    text: "<value> result(s) delivered in the last minute",
    warning: "--rate-warning",
    critical: "--rate-critical",
  }),
  oldest: quantity({
    section,
    label: "oldest",
    uom: "s",
    min: 0,
    meaning: "age of the oldest message that is not acknowledged, since it has come",
    text: "a message has waited <value> for its acknowledgement",
    show: formatDuration,
    warning: { flags: "--oldest-warning", default: "60" },
    critical: { flags: "--oldest-critical", default: "300" },
  }),
  undelivered: quantity({
    section,
    grammar: CountThreshold,
    label: "undelivered",
    min: 0,
    meaning: "results of the last hour that the core does not take",
    text: "<value> result(s) not taken in the last hour",
    warning: { flags: "--undelivered-warning", default: "1" },
    critical: "--undelivered-critical",
  }),
  poison: quantity({
    section,
    grammar: CountThreshold,
    label: "poison",
    min: 0,
    meaning: "messages of the last hour that are no result",
    text: "<value> message(s) without a result in the last hour",
    warning: { flags: "--poison-warning", default: "1" },
    critical: "--poison-critical",
  }),
  silence: quantity({
    section,
    label: "silence",
    uom: "s",
    min: 0,
    meaning: "time since the last delivery, or since the relay was started",
    text: "nothing was delivered for <value>",
    show: formatDuration,
    warning: "--silence-warning",
    critical: "--silence-critical",
  }),
  disconnected: quantity({
    section,
    label: "disconnected",
    uom: "s",
    min: 0,
    meaning: "time without a broker",
    text: "no broker for <value>",
    show: formatDuration,
    warning: { flags: "--disconnected-warning", default: "15" },
    critical: { flags: "--disconnected-critical", default: "60" },
  }),
};
