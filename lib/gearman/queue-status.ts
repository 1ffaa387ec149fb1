/** One line of gearmand's `status` answer: `name TAB total TAB running TAB worker`. */
export interface QueueStatus {
  /** The queue, which Gearman calls a function, as a byte string: print it with `displayName`. */
  readonly name: string;
  /**
   * Jobs not yet handed to a worker: the server's total, which includes running ones, minus `running`. Abandoned and
   * cancelled jobs count until a worker's next grab removes them.
   */
  readonly waiting: number;
  /** Jobs a worker holds. */
  readonly running: number;
  /** Connections registered for the queue, busy ones too; a Mod-Gearman worker has one per child process. */
  readonly worker: number;
}

const TAB = 0x09;
const DIGIT_0 = 0x30;

/** More digits would not be exact in a number. */
const MAX_DIGITS = 15;

/**
 * Reads `bytes[start, end)`, one line without its LF; undefined when it is no queue line.
 *
 * The three numbers are split off from the right, since a name may hold TABs itself. Works on bytes: a server with 100,000
 * queues is read without a string per line.
 */
export function parseQueueLine(bytes: Buffer, start: number, end: number): QueueStatus | undefined {
  const third = tabBefore(bytes, start, end);
  const second = tabBefore(bytes, start, third);
  const first = tabBefore(bytes, start, second);
  if (first < 0) return undefined;
  const total = parseNumber(bytes, first + 1, second);
  const running = parseNumber(bytes, second + 1, third);
  const worker = parseNumber(bytes, third + 1, end);
  if (running < 0 || worker < 0 || total < running) return undefined;
  return { name: bytes.toString("latin1", start, first), waiting: total - running, running, worker };
}

/** Where the last TAB before `end` is; -1 for none. */
function tabBefore(bytes: Buffer, start: number, end: number): number {
  let at = end - 1;
  while (at >= start && bytes[at] !== TAB) at--;
  return at >= start ? at : -1;
}

/** The number in `bytes[start, end)`; -1 for anything but digits, or for too many of them. */
function parseNumber(bytes: Buffer, start: number, end: number): number {
  if (start === end || end - start > MAX_DIGITS) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - DIGIT_0;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Order of the names as bytes, for `sort`. */
export function byName(a: QueueStatus, b: QueueStatus): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
