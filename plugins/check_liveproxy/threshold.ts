import { formatDecimal, parseDecimal, type Threshold } from "monitoring-plugins-ts";

/** A threshold on how much of something is used: `N` or `N%`, alerting at so much or more; 0 is off. */
export interface ShareThreshold {
  readonly isOff: boolean;
  /** The threshold on the number used, when there are `total`. */
  of(total: number): Threshold;
}

/** @throws Error naming the text */
export function parseShare(text: string): ShareThreshold {
  const isPercent = text.endsWith("%");
  const amount = parseDecimal(isPercent ? text.slice(0, -1) : text);
  if (amount === undefined || amount < 0) {
    throw new Error(`'${text}' is neither a number nor a percentage: 4 or 80% (alert at so many or more, 0 is off)`);
  }
  return {
    isOff: amount === 0,
    of(total) {
      const least = isPercent ? (total * amount) / 100 : amount;
      const isOff = amount === 0 || total === 0;
      return {
        alerts: (used) => !isOff && used >= least,
        toString: () => (isOff ? "" : formatDecimal(Number(least.toFixed(3)))),
      };
    },
  };
}

/** Whether the user switched the threshold off. */
export const isOff = (threshold: Threshold | ShareThreshold) =>
  "of" in threshold ? threshold.isOff : `${threshold}` === "";

/** A threshold on an age or a time: alerts above so many seconds; 0 is off. */
export interface SecondsThreshold extends Threshold {
  readonly seconds: number;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Reads a time: seconds, or a number with `s`, `m`, `h` or `d`.
 *
 * @throws Error naming the text
 */
export function parseSeconds(text: string): number {
  const [, number = "", unit = ""] = /^([\d.]+)([smhd]?)$/.exec(text) ?? [];
  const value = parseDecimal(number);
  if (value === undefined) throw new Error(`'${text}' is not a time: use seconds, or 5m, 2h, 1d`);
  return value * (UNITS[unit] ?? 1);
}

/** @throws Error naming the text */
export function parseSecondsThreshold(text: string): SecondsThreshold {
  const seconds = parseSeconds(text);
  return {
    seconds,
    alerts: (value) => seconds > 0 && value > seconds,
    toString: () => (seconds > 0 ? formatDecimal(seconds) : ""),
  };
}
