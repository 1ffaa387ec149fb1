import { type Asked, isSelected, type Status, type Values, type WrittenPattern } from "monitoring-plugins-ts";

import type { Queue } from "./facts.ts";
import type { quantities } from "./quantities.ts";

/** What the user said about queues. */
export interface Rules extends Values<typeof quantities> {
  readonly queue: readonly string[];
  readonly include: readonly WrittenPattern[];
  readonly exclude: readonly WrittenPattern[];
  readonly missing: Status;
  /** The thresholds of consumers were given, and so are for queues without messages as well. */
  readonly consumersAlways: boolean;
  /** A file with a password that every user can read. */
  readonly readable: string | undefined;
  readonly asked: Asked;
}

/** Whether a queue is checked. */
export function selector({ queue, include, exclude }: Rules): (queue: Queue) => boolean {
  if (queue.length === 0 && include.length === 0 && exclude.length === 0) return () => true;
  const names = queue.length === 0 ? undefined : new Set(queue);
  return ({ name }) => (names === undefined || names.has(name)) && isSelected(name, include, exclude);
}
