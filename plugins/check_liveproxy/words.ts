import { printable } from "monitoring-plugins-ts";

/** An age as people say it: `35 s`, `4m`, `3h 20m`, `2d 5h`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 120) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours}h` : `${hours}h ${minutes % 60}m`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)}d` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** Longest text taken over into a sentence, in characters. */
const LONGEST = 200;

/** A text from outside, fit for a sentence. */
export const shown = (text: string) => printable(text, LONGEST).replaceAll(";", ",").trim();
