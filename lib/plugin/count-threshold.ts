import { formatDecimal, parseDecimal } from "./decimal.ts";
import type { Grammar } from "./quantity.ts";
import { Range, type Threshold } from "./range.ts";

/** What a threshold says in words, for `-vv`. */
export interface CountThreshold extends Threshold {
  readonly words: string;
}

/**
 * Reads a threshold on a number of jobs or workers. A bare N means what it means to Mod-Gearman's check_gearman, so that
 * command lines in use keep their meaning: alert at N or more, 0 switches off. Anything with `:`, `@` or `~` is a range
 * of the guidelines.
 *
 * @throws Error naming the text
 */
export function parseCountThreshold(text: string): CountThreshold {
  if (/[:@~]/.test(text)) {
    const range = Range.parse(text);
    return {
      alerts: (value) => range.alerts(value),
      toString: constant(`${range}`),
      words: rangeWords(range),
    };
  }
  const least = parseDecimal(text);
  if (least === undefined || least < 0) {
    throw new Error(
      `'${text}' is neither a number (alert at so many or more, 0 is off) nor a threshold range like 1: or 5:20`,
    );
  }
  if (least === 0) return { alerts: () => false, toString: constant(""), words: "off" };
  return {
    alerts: (value) => value >= least,
    toString: constant(formatDecimal(least)),
    words: `${formatDecimal(least)} or more`,
  };
}

/** The grammar of {@link parseCountThreshold}, for a quantity. */
export const CountThreshold: Grammar<CountThreshold> = { placeholder: "<n>", parse: parseCountThreshold };

/** Printed with every queue, so made once. */
const constant = (text: string) => () => text;

function rangeWords({ start, end, alertInside }: Range): string {
  const below = start === Number.NEGATIVE_INFINITY ? [] : [`below ${formatDecimal(start)}`];
  const above = end === Number.POSITIVE_INFINITY ? [] : [`above ${formatDecimal(end)}`];
  if (!alertInside) return [...below, ...above].join(" or ") || "never";
  if (below.length === 0 && above.length === 0) return "always";
  if (above.length === 0) return `${formatDecimal(start)} or more`;
  if (below.length === 0) return `${formatDecimal(end)} or fewer`;
  return `from ${formatDecimal(start)} to ${formatDecimal(end)}`;
}
