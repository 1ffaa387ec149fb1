import { type Metric, plainLabel } from "./metric.ts";
import { option } from "./option.ts";
import { Range } from "./range.ts";
import { type Pattern, parseExpression } from "./selection.ts";

/** Label, value with unit, up to four fields behind semicolons, and a blank or the end. */
const ITEM =
  /(?:'((?:[^']|'')+)'|([^\s'=]+))=(-?[0-9.]+(?:[eE][-+]?\d+)?)([^\s\d;'=.,-]{0,8})((?:;[^;\s]*){0,4};?)(?=\s|$)/y;

/**
 * The units that Nagios or Icinga 2 take (https://icinga.com/docs/icinga-2/latest/doc/05-service-monitoring/#unit-of-measurement-uom):
 * times, bytes and bits with decimal and binary prefixes, percent, counters, temperatures, and those of electricity, weight,
 * volume and light. Of any other a consumer would take the number alone.
 */
const UNIT =
  /^(?:|[nmu]?s|[mhd]|%|c|(?:[kKMGTPEZY]i?)?[Bb]|[CFK]|[numkKMGTP]?(?:A|V|W|O|Ws|Wh|As|Ah|g|l)|t|lm|dBm|packets)$/;

/** Another program's perfdata. */
export interface ParsedPerfdata {
  readonly metrics: readonly Metric[];
  /** What could not be read, as it was written. */
  readonly dropped: readonly string[];
}

/**
 * Reads another program's perfdata, to judge it or to print it anew. Tolerant where programs differ (blanks, exponents,
 * missing quotes), strict in what it returns: an item that cannot be read, or whose unit is none that consumers know, is left
 * out, alone; so is a threshold or a bound of an item.
 */
export function parsePerfdata(text: string): ParsedPerfdata {
  const metrics: Metric[] = [];
  const dropped: string[] = [];
  for (let at = skipBlanks(text, 0); at < text.length; ) {
    ITEM.lastIndex = at;
    const metric = readItem(ITEM.exec(text));
    // behind an item, or behind the next blank: what looks like an item there is one
    const end = metric === undefined ? nextBlank(text, at) : ITEM.lastIndex;
    if (metric === undefined) dropped.push(text.slice(at, end));
    else metrics.push(metric);
    at = skipBlanks(text, end);
  }
  return { metrics, dropped };
}

const indexOf = (pattern: RegExp) => (text: string, from: number) => {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
};

const skipBlanks = indexOf(/\S/g);
const nextBlank = indexOf(/\s/g);

function readItem(item: RegExpExecArray | null): Metric | undefined {
  const [, quoted, bare, number, uom = "", rest = ""] = item ?? [];
  const label = quoted?.replaceAll("''", "'") ?? bare;
  const value = Number(number);
  if (label === undefined || !Number.isFinite(value) || !UNIT.test(uom)) return undefined;
  const [, warning = "", critical = "", min = "", max = ""] = rest.split(";");
  return {
    label: plainLabel(label),
    value,
    uom,
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
