import { quantity } from "monitoring-plugins-ts";

/** What is measured, in the order of printing. */
export const quantities = {
  size: quantity({
    label: "size",
    uom: "B",
    min: 0,
    meaning: "size of the file",
    text: "has <value> bytes",
    warning: { flags: "-w, --warning", default: "1000000" },
    critical: { flags: "-c, --critical", default: "10000000" },
  }),
};
