import { formatDecimal } from "./decimal.ts";
import type { Threshold } from "./range.ts";

/** Units of measurement that every consumer of perfdata understands; values are given in these base units. Relayed
 * metrics keep whatever unit they came with. */
export type UoM = "" | "s" | "%" | "B" | "c";

/** One measured value, with what judges it. */
export interface Metric {
  /** Name of the graph; see {@link safeLabel} for labels made from data. */
  readonly label: string;
  /** In the base unit `uom` names. A value that is not finite is left out of the perfdata. */
  readonly value: number;
  readonly uom?: UoM | (string & {}) | undefined;
  readonly warning?: Threshold | undefined;
  readonly critical?: Threshold | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** An item of perfdata as a plugin declares it for those who read about it: pages, dashboards, tests. No run needs it. */
export interface MetricDeclaration {
  /** As printed, with `<queue>` for a name that comes from data and `[...]` for what may be missing: `[<server>_]<queue>_waiting`. */
  readonly label: string;
  readonly uom?: UoM;
  /** What the value is, in a few words. */
  readonly meaning: string;
  /** Keys of the options whose thresholds are printed with it. */
  readonly warning?: string;
  readonly critical?: string;
  /** Printed with every value. */
  readonly min?: number;
  /** What is printed as the maximum, in words. */
  readonly max?: string;
  /** Options of which one must be given: their keys, followed by a blank and the value where it must be this one. */
  readonly with?: readonly string[];
  /** When else it is printed, in words; left out for what always is. */
  readonly when?: string;
  /** Somebody else's perfdata, printed anew: label, unit and thresholds are theirs. */
  readonly relayed?: true;
}

/**
 * One perfdata item, `'label'=value[uom];[warn];[crit];[min];[max]`, without trailing semicolons; empty for a value that
 * is not finite, since "U" makes some consumers discard the item and others the whole service.
 *
 * The label is always quoted. `'` and `=` cannot be quoted for every consumer, `|` and control characters for none: they
 * become `_`.
 */
export function formatMetric({ label, value, uom = "", warning, critical, min, max }: Metric): string {
  if (!Number.isFinite(value)) return "";
  const head = `'${plainLabel(label)}'=${formatDecimal(value)}${uom}`;
  const upper = bound(max);
  if (upper !== "") return `${head};${warning ?? ""};${critical ?? ""};${bound(min)};${upper}`;
  const lower = bound(min);
  if (lower !== "") return `${head};${warning ?? ""};${critical ?? ""};${lower}`;
  const [first, second] = [`${warning ?? ""}`, `${critical ?? ""}`];
  if (second !== "") return `${head};${first};${second}`;
  return first === "" ? head : `${head};${first}`;
}

const bound = (n: number | undefined) => (n === undefined || !Number.isFinite(n) ? "" : formatDecimal(n));

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
const UNQUOTABLE = /['=|\u0000-\u001f\u007f-\u009f]/g;

/** The label as it is printed: what cannot be quoted for every consumer becomes `_`. */
export function plainLabel(label: string): string {
  return label.replace(UNQUOTABLE, "_");
}

const PLAIN = /^[A-Za-z0-9_.-]*$/;

/** A plain name without `..` and `.-`. */
const UNAMBIGUOUS = /^(?:[A-Za-z0-9_-]|\.(?![.-]))*$/;

/** Whether a label is printed as it is, by any consumer. */
export const isPlainLabel = (label: string) => PLAIN.test(label);

/**
 * Maps any byte string (one character a byte) to a label of `[A-Za-z0-9_.-]`, the characters that no consumer of perfdata
 * changes. Two different inputs never share a label, and the mapping depends on the input alone, so graphs stay apart and
 * stay the same:
 *
 * - a plain name, made of these characters, stays as it is, unless it holds `..` or `.-`, which stand for something:
 * - `::` becomes `..` (`Simple::echo` is `Simple..echo`);
 * - any other run of bytes becomes `.-`, its bytes in hex, `-` (`a b` is `a.-20-b`).
 *
 * @param reserved further characters to write in hex, for a label made of several parts that one of them separates
 */
export function safeLabel(bytes: string, reserved = ""): string {
  if (reserved === "" && UNAMBIGUOUS.test(bytes)) return bytes;
  const isPlain = (text: string) => PLAIN.test(text) && (reserved === "" || !reserved.includes(text));
  // a dot in front of what is printed as "." or "-" would read as the beginning of ".." or ".-"
  const isAmbiguousDot = (next: string) => next === "-" || next === "." || !isPlain(next);
  let label = "";
  let hex = "";
  const flush = () => {
    if (hex !== "") label += `.-${hex}-`;
    hex = "";
  };
  for (let at = 0; at < bytes.length; at++) {
    const char = bytes.charAt(at);
    if (char === ":" && bytes.charAt(at + 1) === ":") {
      flush();
      label += "..";
      at++;
    } else if (isPlain(char) && !(char === "." && isAmbiguousDot(bytes.charAt(at + 1)))) {
      flush();
      label += char;
    } else {
      hex += bytes.charCodeAt(at).toString(16).padStart(2, "0");
    }
  }
  flush();
  return label;
}
