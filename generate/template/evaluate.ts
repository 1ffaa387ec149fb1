import type { Result, Values } from "monitoring-plugins-ts";

import type { Facts } from "./probe.ts";
import type { quantities } from "./quantities.ts";

/** The verdict on the facts: no socket, no clock, no file. */
export function evaluate(facts: Facts, { size }: Values<typeof quantities>): Result {
  return size.measure(facts.size, { say: (text) => `${facts.path} ${text}` });
}
