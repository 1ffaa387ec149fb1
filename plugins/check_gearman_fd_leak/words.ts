import { type CheckError, formatDuration } from "monitoring-plugins-ts";

import type { ProcessFacts, Top } from "./facts.ts";
import { etaOf, growthOf, type Rules } from "./rules.ts";

/** Whether an answer is a failure. */
export const isFailure = (answer: object | undefined): answer is CheckError => answer instanceof Error;

/** A part of the whole: `4%`, `0.2%`. */
export function percent(part: number): string {
  if (!Number.isFinite(part)) return "over 100%";
  const value = part * 100;
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)}%`;
}

/** Bytes for people, in units of 1024. */
export function megabytes(bytes: number): string {
  const value = bytes / (1024 * 1024);
  return `${Math.abs(value) < 10 ? Math.round(value * 10) / 10 : Math.round(value)} MiB`;
}

export const signed = (value: number) => (value >= 0 ? `+${value}` : String(value));

/** `socket 12, pipe 4`. */
export const enumerate = (top: Top) => top.map(([what, count]) => `${what} ${count}`).join(", ");

/** What the samples say, for the end of a sentence: `, +312 in 58 min, limit in 4 h 10 min`. Empty without samples. */
export function trendWords(process: ProcessFacts, rules: Rules): string {
  const { fds: trend } = process.trend ?? {};
  if (trend === undefined) return "";
  if (trend.perHour === undefined) return ", learning its growth";
  const change = Math.round((trend.perHour * trend.span) / 3600);
  return `, ${signed(change)} in ${formatDuration(trend.span)}${limitWords(process, rules)}`;
}

/** `, limit in 4 h 10 min`; empty when it does not come closer. */
export function limitWords(process: ProcessFacts, rules: Rules): string {
  const eta = etaOf(process, rules);
  return eta === undefined || (growthOf(process, rules) ?? 0) < 1 ? "" : `, limit in ${formatDuration(eta)}`;
}
