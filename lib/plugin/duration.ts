import { parseDecimal } from "./decimal.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * Reads a length of time: seconds, or a number and a unit (`90`, `45m`, `1.5h`, `2d`), or several of them (`1h30m`).
 *
 * @returns seconds
 * @throws Error naming the text
 */
export function parseDuration(text: string): number {
  const seconds = parseDecimal(text);
  if (seconds !== undefined && seconds >= 0) return seconds;
  let sum = 0;
  const rest = text.replace(/(\d+(?:\.\d+)?)([smhdw])/g, (_, number: string, unit: string) => {
    sum += Number(number) * (UNITS[unit] ?? 0);
    return "";
  });
  if (text === "" || rest !== "" || !Number.isFinite(sum)) {
    throw new Error(`'${text}' is not a length of time: use seconds, or 45m, 6h, 2d, 1h30m`);
  }
  return sum;
}

/** A length of time for people, in its two largest units: `58 min`, `4 h 10 min`, `3 d 2 h`, `12 s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(seconds / 3600);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

const pair = (large: number, unit: string, small: number, smallUnit: string) =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
