import { type CheckError, formatDuration } from "monitoring-plugins-ts";

import type { ProcessFacts, Top } from "./facts.ts";
import { etaOf, isSet, type Rules } from "./rules.ts";
import type { Trend } from "./trend.ts";

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

/** `restarted twice` */
export const restartWords = (count: number) =>
  `restarted ${count === 1 ? "once" : count === 2 ? "twice" : `${count} times`}`;

export const signed = (value: number) => (value >= 0 ? `+${value}` : String(value));

/** `socket 12, pipe 4`. */
export const enumerate = (top: Top) => top.map(([what, count]) => `${what} ${count}`).join(", ");

/** What the samples say, for the end of a sentence: `, +312 in 58 min, limit in 4 h 10 min`. */
export function trendWords(process: ProcessFacts, rules: Rules): string {
  const { fds: trend } = process.trend ?? {};
  if (trend === undefined) return ", growth not judged";
  if (trend.slope === undefined) return ", growth not judged yet";
  const isWaiting = isSet(rules.growth) && trend.perHour === undefined;
  return `, ${changeWords(trend)}${limitWords(process, rules)}${isWaiting ? ", growth not judged yet" : ""}`;
}

/** `, limit in 4 h 10 min`; empty when it does not come closer. */
export function limitWords(process: ProcessFacts, rules: Rules): string {
  const eta = etaOf(process, rules);
  return eta === undefined ? "" : `, limit in ${formatDuration(eta)}`;
}

/** `+312 in 58 min` */
export const changeWords = ({ slope = 0, span }: Trend) =>
  `${signed(Math.round((slope * span) / 3600))} in ${formatDuration(span)}`;
