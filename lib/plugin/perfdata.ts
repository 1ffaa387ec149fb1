import { type Metric, plainLabel } from "./metric.ts";
import { option } from "./option.ts";
import { Range } from "./range.ts";
import { type Pattern, parseExpression } from "./selection.ts";

/** Label, value with unit, and up to four fields behind semicolons. */
const ITEM = /^(?:'((?:[^']|'')+)'|([^\s'=]+))=(-?[0-9.]+(?:[eE][-+]?\d+)?)([A-Za-z%]{0,8})((?:;[^;\s]*){0,4};?)$/;

/** The units of the guidelines. Consumers drop any other, or the item with it. */
const UNITS: ReadonlySet<string> = new Set(["", "s", "ms", "us", "%", "B", "KB", "MB", "TB", "c"]);

/** Splits at blanks that are not inside quotes. */
const WORD = /(?:'(?:[^']|'')*'|[^\s'])+/g;

/**
 * Reads another program's perfdata, to judge it or to print it anew. Tolerant where programs differ (blanks, exponents,
 * missing quotes), strict in what it returns: an item that cannot be read is left out, and so is a unit, a threshold or a
 * bound of an item.
 */
export function parsePerfdata(text: string): readonly Metric[] {
  const metrics: Metric[] = [];
  for (const word of text.match(WORD) ?? []) {
    const metric = parseItem(word);
    if (metric !== undefined) metrics.push(metric);
  }
  return metrics;
}

function parseItem(word: string): Metric | undefined {
  const [, quoted, bare, number, uom = "", rest = ""] = ITEM.exec(word) ?? [];
  const label = quoted?.replaceAll("''", "'") ?? bare;
  const value = Number(number);
  if (label === undefined || !Number.isFinite(value)) return undefined;
  const [, warning = "", critical = "", min = "", max = ""] = rest.split(";");
  return {
    label: plainLabel(label),
    value,
    uom: UNITS.has(uom) ? uom : "",
    warning: parseRange(warning),
    critical: parseRange(critical),
    min: parseBound(min),
    max: parseBound(max),
  };
}

function parseRange(text: string): Range | undefined {
  try {
    return text === "" ? undefined : Range.parse(text);
  } catch {
    return undefined;
  }
}

function parseBound(text: string): number | undefined {
  const value = Number(text);
  return text === "" || !Number.isFinite(value) ? undefined : value;
}

/** How much perfdata an answer carries: everything, only the totals, or none. */
const PERFDATA_AMOUNTS = ["all", "totals", "none"] as const;
export type PerfdataAmount = (typeof PERFDATA_AMOUNTS)[number];

/** @throws Error naming the text when it is no amount */
function parsePerfdataAmount(text: string): PerfdataAmount {
  const amount = PERFDATA_AMOUNTS.find((name) => name === text.toLowerCase());
  if (amount === undefined) throw new Error(`'${text}' is not one of ${PERFDATA_AMOUNTS.join(", ")}`);
  return amount;
}

/** `--perfdata`, for plugins whose perfdata may be long, and `--perfdata-filter`, whose value {@link filterMetrics} takes. */
export function perfdataOptions(section: string) {
  return {
    perfdata: option({
      flags: "--perfdata <amount>",
      help: "all, totals or none.",
      section,
      parse: parsePerfdataAmount,
      default: "all",
    }),
    perfdataFilter: option({
      flags: "--perfdata-filter <re2>",
      help: "Only perfdata whose label matches, anywhere in it.",
      section,
      parse: parseExpression,
    }),
  };
}

/** Those metrics whose label `pattern` accepts; all without one. Lazy, as the metrics may be. */
export function filterMetrics(metrics: Iterable<Metric>, pattern: Pattern | undefined): Iterable<Metric> {
  return pattern === undefined ? metrics : accepted(metrics, pattern);
}

function* accepted(metrics: Iterable<Metric>, pattern: Pattern): Iterable<Metric> {
  for (const metric of metrics) if (pattern(metric.label)) yield metric;
}
