/** Exit codes of the plugin API. */
export const Status = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
export type Status = (typeof Status)[keyof typeof Status];

const NAMES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;

/** Least to most urgent: CRITICAL outranks UNKNOWN, so a broken part never hides an outage. */
const URGENCY: readonly Status[] = [Status.OK, Status.WARNING, Status.UNKNOWN, Status.CRITICAL];

/** The state's name as it is printed: `OK`, `WARNING`, `CRITICAL` or `UNKNOWN`. */
export function statusName(status: Status): string {
  return NAMES[status];
}

/** How urgent a state is, from 0 (OK) to 3 (CRITICAL): the order in which problems are named. */
export function urgency(status: Status): number {
  return URGENCY.indexOf(status);
}

/** The most urgent of `states`; UNKNOWN for none, because "nothing was checked" is not OK. */
export function worst(states: Iterable<Status>): Status {
  let most = -1;
  for (const status of states) most = Math.max(most, urgency(status));
  return URGENCY[most] ?? Status.UNKNOWN;
}

/**
 * Reads a state as users write it: its name in any case, or its exit code `0` to `3`.
 *
 * @throws Error naming the text when it is neither.
 */
export function parseStatus(text: string): Status {
  const byName = NAMES.indexOf(text.toUpperCase() as (typeof NAMES)[number]);
  const code = byName >= 0 ? byName : /^[0-3]$/.test(text) ? Number(text) : -1;
  if (code < 0) throw new Error(`'${text}' is not a state: use OK, WARNING, CRITICAL, UNKNOWN or 0 to 3`);
  return code as Status;
}
