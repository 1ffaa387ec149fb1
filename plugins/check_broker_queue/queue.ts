import { printable } from "monitoring-plugins-ts";

import type { Queue } from "./facts.ts";

/** Whether there are messages in it. */
export const holds = ({ ready = 0, unacknowledged = 0 }: Queue): boolean => ready + unacknowledged > 0;

/** Whether anything that is counted is not told. */
export const isCountless = ({ ready, unacknowledged, consumers }: Queue): boolean =>
  ready === undefined || unacknowledged === undefined || consumers === undefined;

/** Why a queue takes or gives no messages, whatever its counts are. */
export function outage({ state, node, members, online }: Queue): string | undefined {
  if (members !== undefined && members.length > 0 && online !== undefined && online.length * 2 <= members.length) {
    const those = online.length === 0 ? "none" : online.map(shown).join(", ");
    return `has no majority: ${online.length} of ${members.length} members online (${those} of ${members.map(shown).join(", ")})`;
  }
  if (state === "down") return `is down since its node ${shown(node ?? "?")} is down`;
  if (state === "paused") return "is paused: its consumers get nothing";
  if (state === "crashed" || state === "stopped" || state === "minority") return `is ${state}`;
  return undefined;
}

/** A name, fit for a sentence. */
export const shown = (name: string): string => printable(name, 100);
