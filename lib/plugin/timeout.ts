import { parseDecimal } from "./decimal.ts";
import { parseStatus, Status } from "./status.ts";

/** How long a check may take, and the state it has when it takes longer. */
export interface Timeout {
  readonly seconds: number;
  readonly status: Status;
}

const DEFAULT: Timeout = { seconds: 10, status: Status.CRITICAL };

/** A day: more is a slip of the finger, and timers of Node end at 24 days. */
const LONGEST = 86_400;

/**
 * Reads `SECONDS`, `SECONDS:STATE` or `:STATE`, as nagios-plugins and check_nrpe know it. What is left out is 10 seconds
 * and CRITICAL: the guidelines count a timeout as a failure of the service.
 *
 * @throws Error naming the text
 */
export function parseTimeout(text: string): Timeout {
  const colon = text.indexOf(":");
  const secondsText = colon < 0 ? text : text.slice(0, colon);
  const seconds = secondsText === "" && colon >= 0 ? DEFAULT.seconds : parseDecimal(secondsText);
  if (seconds === undefined) throw new Error(`'${text}' is not a timeout: use SECONDS or SECONDS:STATE`);
  if (seconds <= 0) throw new Error(`'${text}' leaves no time: a timeout must be greater than 0 seconds`);
  if (seconds > LONGEST) throw new Error(`'${text}' is longer than a day (${LONGEST} s)`);
  return { seconds, status: colon < 0 ? DEFAULT.status : parseStatus(text.slice(colon + 1)) };
}
