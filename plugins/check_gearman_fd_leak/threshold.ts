import { parseDuration, Range } from "monitoring-plugins-ts";

/** Warning and critical of one thing; `undefined` is off. */
export interface Levels<T = Range> {
  readonly warning: T | undefined;
  readonly critical: T | undefined;
}

/** A threshold on descriptors: the range in numbers that it means for a process with this soft limit. */
export type LevelThreshold = (limit: number) => Range;

/**
 * Reads a range in which either no number or every number is a percentage of the soft limit: `80%`, `~:90%`, `500`.
 *
 * @throws Error naming the text
 */
export function parseLevel(text: string): LevelThreshold {
  if (!text.includes("%")) {
    const range = Range.parse(text);
    return () => range;
  }
  const numbers = text.match(/[\d.]+/g) ?? [];
  if (numbers.length !== (text.match(/[\d.]%(?=:|$)/g) ?? []).length) {
    throw new Error(`'${text}' mixes numbers with percentages of the limit: write 80% or 500`);
  }
  const { start, end, alertInside } = Range.parse(text.replace(/([\d.])%/g, "$1"));
  const of = (limit: number, part: number) => (Number.isFinite(part) ? Math.round(limit * part) / 100 : part);
  return (limit) => new Range(of(limit, start), of(limit, end), alertInside);
}

/**
 * Reads a range for something that may as well be negative: a bare `60` is "more than 60" and says nothing of shrinking.
 *
 * @throws Error naming the text
 */
export function parseGrowth(text: string): Range {
  const range = Range.parse(text);
  return isBare(text) ? new Range(Number.NEGATIVE_INFINITY, range.end) : range;
}

const isBare = (text: string) => !/[:@]/.test(text);

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  ...{ kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 },
  ...{ KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 },
};

/**
 * Reads a range of bytes, in which numbers may have a unit: `500MB`, `~:2GiB`, `104857600`.
 *
 * @throws Error naming the text
 */
export function parseBytes(text: string): Range {
  return Range.parse(inBytes(text));
}

/** {@link parseGrowth} for bytes. @throws Error naming the text */
export function parseBytesGrowth(text: string): Range {
  return parseGrowth(inBytes(text));
}

function inBytes(text: string): string {
  return text.replace(/(\d+(?:\.\d+)?)([kKMGT]?i?B)/g, (whole, number: string, unit: string) => {
    const factor = BYTES[unit];
    return factor === undefined ? whole : String(Math.round(Number(number) * factor));
  });
}

/**
 * Reads a time that must be left: the range that alerts below it.
 *
 * @throws Error naming the text
 */
export function parseEta(text: string): Range {
  return new Range(parseDuration(text), Number.POSITIVE_INFINITY);
}

/**
 * Reads how many descriptors of a process are looked at: a number, `all` or `none`.
 *
 * @throws Error naming the text
 */
export function parseKinds(text: string): number {
  if (text === "none") return 0;
  if (text === "all") return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`'${text}' is not all, none or a number of descriptors`);
  return Number(text);
}

/** @throws Error naming the text unless it is a process id */
export function parsePid(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`'${text}' is not a process id`);
  return Number(text);
}

/** @throws Error naming the text unless it is a length of time greater than 0 */
export function parseWindow(text: string): number {
  const seconds = parseDuration(text);
  if (seconds < 10) throw new Error(`'${text}' is too short to see growth in: use 10 s or more`);
  return seconds;
}
