import { formatDecimal, parseDecimal } from "./decimal.ts";

/** What decides about a value and says so in perfdata: a {@link Range}, or a plugin's own older grammar. */
export interface Threshold {
  /** Whether `value` raises the alert this threshold stands for. */
  alerts(value: number): boolean;
  /** The threshold's perfdata form; empty when it can never alert. */
  toString(): string;
}

/**
 * A threshold range, `[@][start:][end]`, as the Monitoring Plugins guidelines define it (THRESHOLDFORMAT): both ends
 * belong to the range, and a value outside alerts.
 *
 * @example
 * Range.parse("10:20").alerts(25) // true: outside
 * Range.parse("@10:20").alerts(15) // true: inside
 */
export class Range implements Threshold {
  /** What stands for one in the help of an option. */
  static readonly placeholder = "<range>";

  /** `-Infinity` when written `~`. */
  readonly start: number;
  /** `Infinity` when left out. */
  readonly end: number;
  /** Written `@`: alert inside the range instead of outside it. */
  readonly alertInside: boolean;

  /** @throws RangeError when `start` is greater than `end`, or one of them is not a number. */
  constructor(start: number, end: number, alertInside = false) {
    if (!(start <= end)) {
      throw new RangeError(`start ${formatDecimal(start)} is greater than end ${formatDecimal(end)}`);
    }
    this.start = start;
    this.end = end;
    this.alertInside = alertInside;
  }

  /**
   * Reads a range exactly: what is not in the grammar is refused instead of guessed, because a threshold read as
   * something else alerts for ever or never.
   *
   * @throws Error that names the text and what is wrong with it.
   */
  static parse(this: void, text: string): Range {
    const refuse = (why: string) => new Error(`'${text}' is not a threshold range: ${why}`);
    const alertInside = text.startsWith("@");
    const parts = (alertInside ? text.slice(1) : text).split(":");
    const [first = "", second] = parts;
    if (parts.length > 2) throw refuse("more than one ':'");
    if (second === undefined && first === "") throw refuse("it is empty");
    if (second === undefined && first === "~") throw refuse("'~' is a start, write '~:' or '~:10'");
    if (second === "~") throw refuse("'~' can only be the start; leave the end empty for no upper end");

    const number = (part: string): number => {
      const value = parseDecimal(part);
      if (value === undefined) throw refuse(`'${part}' is not a plain decimal number`);
      return value;
    };
    const startText = second === undefined ? "" : first;
    const endText = second ?? first;
    const start = startText === "" ? 0 : startText === "~" ? Number.NEGATIVE_INFINITY : number(startText);
    const end = endText === "" ? Number.POSITIVE_INFINITY : number(endText);
    if (start > end) {
      if (startText !== "") throw refuse(`start ${startText} is greater than end ${endText}`);
      throw refuse(`it means 0:${endText}, whose start is greater than its end; use '~:${endText}' or '${endText}:'`);
    }
    return new Range(start, end, alertInside);
  }

  alerts(value: number): boolean {
    return (this.start <= value && value <= this.end) === this.alertInside;
  }

  /**
   * The shortest text that reads back as this range. A start of 0 is left out (`10`, not `0:10`): some consumers keep
   * only thresholds that are plain numbers.
   */
  toString(): string {
    const { start, end } = this;
    const prefix = this.alertInside ? "@" : "";
    const endText = end === Number.POSITIVE_INFINITY ? "" : formatDecimal(end);
    if (start === 0 && endText !== "") return prefix + endText;
    const startText = start === Number.NEGATIVE_INFINITY ? "~" : formatDecimal(start);
    return `${prefix}${startText}:${endText}`;
  }
}
