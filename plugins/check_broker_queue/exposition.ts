/** One line of Prometheus' text format. */
export interface Measurement {
  readonly name: string;
  /** What stands between the braces, see {@link parseLabels}. */
  readonly labels: string;
  readonly value: number;
}

/** What one line is made of; a time may follow the value. */
const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? +(\S+)(?: +-?\d+)?$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\[\\"n])*)"(?:, *|$)/y;
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN)$/;

/**
 * Reads Prometheus' text format, version 0.0.4.
 *
 * @throws Error naming the line that is none
 */
export function* parseExposition(text: string): Iterable<Measurement> {
  let end = 0;
  for (let at = 0; at < text.length; at = end + 1) {
    end = text.indexOf("\n", at);
    // the last line ends, too: half a number is another one
    if (end < 0) throw new Error(text.slice(at));
    const line = text.slice(at, end).trimEnd();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, labels = "", value = ""] = LINE.exec(line) ?? [];
    if (name === undefined || !NUMBER.test(value)) throw new Error(line);
    yield { name, labels, value: Number(value.replace("Inf", "Infinity")) };
  }
}

/** @returns undefined for labels that are not written as they should be */
export function parseLabels(text: string): ReadonlyMap<string, string> | undefined {
  const labels = new Map<string, string>();
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const [, key, value] = LABEL.exec(text) ?? [];
    if (key === undefined || value === undefined) return undefined;
    labels.set(key, value.includes("\\") ? value.replace(/\\(.)/g, (_, one) => (one === "n" ? "\n" : one)) : value);
  }
  return labels;
}
