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

type Selection = Pick<Rules, "queue" | "include" | "exclude">;

const isEverything = ({ queue, include, exclude }: Selection) =>
  queue.length === 0 && include.length === 0 && exclude.length === 0;

/** The queues that are checked. */
export const selected = (queues: readonly Queue[], rules: Selection): readonly Queue[] =>
  isEverything(rules) ? queues : queues.filter(selector(rules));

/** Whether a queue is checked. */
export function selector({ queue, include, exclude }: Selection): (queue: Queue) => boolean {
  if (isEverything({ queue, include, exclude })) return () => true;
  const names = queue.length === 0 ? undefined : new Set(queue);
  return ({ name }) => (names === undefined || names.has(name)) && isSelected(name, include, exclude);
}
