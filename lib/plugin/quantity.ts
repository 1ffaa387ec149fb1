import { formatDecimal } from "./decimal.ts";
import { formatMetric, isPlainLabel, type Metric, type MetricDeclaration, type UoM } from "./metric.ts";
import { type Declarations, type Group, type Option, option } from "./option.ts";
import { PerName, perName } from "./per-name.ts";
import { type ParsedPerfdata, parsePerfdata } from "./perfdata.ts";
import { Range, type Threshold } from "./range.ts";
import { judge, type Result } from "./result.ts";
import type { WrittenPattern } from "./selection.ts";
import type { Frame } from "./series.ts";
import { Status, urgency } from "./status.ts";

/** A threshold that depends on the whole, which is the maximum of the value: `80%`. */
export interface RelativeThreshold {
  of(max: number): Threshold;
}

/** How a threshold is written: {@link Range}, {@link CountThreshold}, or a plugin's own. */
export interface Grammar<T extends Threshold | RelativeThreshold> {
  /** What stands for it in the help: `<range>`. */
  readonly placeholder: string;
  /** Throws an Error that names the offending text. */
  readonly parse: (text: string) => T;
}

/** What every quantity says of itself. */
interface Described<L extends string> {
  /** As printed, with `<queue>` for a name that comes from data and `[...]` for what may be missing: `[<server>_]<queue>_waiting`. */
  readonly label: L;
  readonly uom?: UoM;
  /** What it is: a noun and its circumstances, as the table of perfdata and the help of the thresholds say it. */
  readonly meaning: string;
  /** Printed with every value. */
  readonly min?: number;
  /** What is given as the maximum, in words. */
  readonly max?: string;
  /** Options of which one must be given: their names, followed by a blank and the value where it must be this one. */
  readonly with?: readonly string[];
  /** When else it is printed, in words; left out for what always is. */
  readonly when?: string;
  /** The value in a text. By default seconds to the millisecond, anything else as a plain number. */
  readonly show?: (value: number) => string;
}

/** An option that sets a threshold: its flags, the default where there is one, and what else its help says. */
type Level = string | { readonly flags: string; readonly default?: string; readonly note?: string };

/** What a quantity with thresholds says besides; at least one of `warning` and `critical`. */
interface Judged<T extends Threshold | RelativeThreshold> {
  /** What a verdict says of the value: `job waited <value> for a worker`, `<value> waiting job(s)`. */
  readonly text: `${string}<value>${string}`;
  /** Flags of the option, such as `-w, --warning`. */
  readonly warning?: Level;
  readonly critical?: Level;
  /** How both are written; by default as a {@link Range}. */
  readonly grammar?: Grammar<T>;
  /** What the help says of it, where that is not `meaning`. */
  readonly help?: string;
  /** Heading in `--help`; by default `Thresholds`. */
  readonly section?: string;
  /** Both may be given for single names as well, `NAME=THRESHOLD`, where the name may be a pattern: see {@link Gauge.for}. */
  readonly perName?: true;
}

interface Unjudged {
  readonly text?: `${string}<value>${string}`;
  readonly warning?: never;
  readonly critical?: never;
  readonly perName?: never;
}

type Placeholders<L extends string> = L extends `${string}<${infer Name}>${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
type Optional<L extends string> = L extends `${string}[${infer Inner}]${infer Rest}`
  ? Placeholders<Inner> | Optional<Rest>
  : never;

/** What fills the placeholders of a label, each made by `safeLabel` where it comes from data. */
export type Names<L extends string> = { readonly [N in Exclude<Placeholders<L>, Optional<L>>]: string } & {
  readonly [N in Optional<L>]?: string | undefined;
};

/** What goes with a measured value. */
export type About<L extends string> = {
  readonly max?: number | undefined;
  /** Puts more around the text, which has the value in it; what says nothing is not listed among what is fine. */
  readonly say?: (text: string, status: Status) => string;
} & (object extends Names<L> ? { readonly names?: Names<L> } : { readonly names: Names<L> });

/** What the pages, definitions and dashboards are made from. */
export interface Declared {
  /** Its thresholds by the names of their options. */
  readonly declared: MetricDeclaration;
  readonly options: Group<unknown>["options"];
  /** The text of a verdict, and the value in it. */
  readonly text: string;
  readonly show: (value: number) => string;
}

/** Something measured, declared once: see {@link quantity}. */
export interface Quantity<L extends string, T extends Threshold | RelativeThreshold>
  extends Declared,
    Group<Gauge<L, T>> {}

/** The quantities among what a plugin declares. */
export const quantitiesOf = (declarations: Declarations): readonly Declared[] =>
  Object.values(declarations).filter((one): one is Group<unknown> & Declared => "declared" in one);

/**
 * Declares something a plugin measures. It stands among the plugin's options, yields those of its thresholds, and reaches
 * `check` as a {@link Gauge}; its row in the docs, its arguments in definitions and its curve in dashboards follow from it.
 *
 * @example
 * const load = quantity({
 *   label: "load1",
 *   meaning: "load of the last minute",
 *   text: "load is <value>",
 *   warning: { flags: "-w, --warning", default: "4" },
 *   critical: { flags: "-c, --critical", default: "8" },
 * });
 * // in check: load.measure(9.3), which is CRITICAL - load is 9.3 | 'load1'=9.3;4;8
 */
export function quantity<const L extends string, T extends Threshold | RelativeThreshold = Range>(
  declaration: Described<L> & (Judged<T> | Unjudged),
): Quantity<L, T> {
  const { label, uom = "", meaning, min, max, when, text = `${label} is <value>`, warning, critical } = declaration;
  const { show = uom === "s" ? showSeconds : formatDecimal } = declaration;
  const levels = { warning, critical };
  const isPerName = declaration.perName === true;
  const options: Record<string, Option<unknown>> = {};
  const keys: { warning?: string; critical?: string } = {};
  if (warning !== undefined || critical !== undefined) {
    const {
      grammar = Range as Grammar<Threshold | RelativeThreshold>,
      help = meaning,
      section = "Thresholds",
    } = declaration as Judged<T>;
    for (const name of ["warning", "critical"] as const) {
      const level = levels[name];
      if (level === undefined) continue;
      const { flags, note, ...rest } = typeof level === "string" ? { flags: level } : level;
      const key = keyOf(flags);
      keys[name] = key;
      const declare: (declaration: Parameters<typeof perName>[0]) => Option<unknown> = isPerName ? perName : option;
      options[key] = declare({
        flags: `${flags} ${isPerName ? grammar.placeholder.replace("<", "<[name=]") : grammar.placeholder}`,
        help: `${help.charAt(0).toUpperCase()}${help.slice(1)}${UNITS[uom]}: ${name}.${note === undefined ? "" : ` ${note}`}`,
        section,
        parse: grammar.parse,
        ...rest,
      });
    }
  }
  const declared: MetricDeclaration = {
    label,
    uom,
    meaning,
    ...keys,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(declaration.with === undefined ? {} : { with: declaration.with }),
    ...(when === undefined ? {} : { when }),
  };
  const read = (values: Readonly<Record<string, unknown>>, key: string | undefined) =>
    key === undefined ? undefined : (values[key] as T | PerName<T> | undefined);
  return {
    declared,
    options,
    text,
    show,
    bind: (values) => {
      const measured = { label, meaning, uom, text, show, ...(min === undefined ? {} : { min }) };
      const low = read(values, keys.warning);
      const high = read(values, keys.critical);
      return new Meter(measured, forOthers(low), forOthers(high), { low, high }) as unknown as Gauge<L, T>;
    },
  };
}

/** Declares that somebody else's perfdata is printed anew: label, unit and thresholds are theirs. Reaches `check` as what reads it. */
export function relayed(
  declaration: Pick<MetricDeclaration, "label" | "meaning" | "with" | "when">,
): Declared & Group<(text: string) => ParsedPerfdata> {
  return {
    declared: { ...declaration, relayed: true },
    options: {},
    text: "",
    show: formatDecimal,
    bind: () => parsePerfdata,
  };
}

const UNITS: Readonly<Record<UoM, string>> = { "": "", s: ", in seconds", "%": ", in %", B: ", in bytes", c: "" };

const showSeconds = (seconds: number) => `${seconds.toFixed(3)} s`;

/** `waitWarning` of `-W, --wait-warning`. */
const keyOf = (flags: string) =>
  flags.replace(/^.*--/, "").replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

interface Measured {
  readonly label: string;
  readonly meaning: string;
  readonly uom: UoM;
  readonly min?: number;
  readonly text: string;
  readonly show: (value: number) => string;
}

/** A quantity with the thresholds of this run: the one place where a value is judged, said and printed. */
export interface Gauge<L extends string = string, T extends Threshold | RelativeThreshold = Threshold> {
  readonly warning: T | undefined;
  readonly critical: T | undefined;
  /** Whether there is a threshold at all. */
  readonly isJudged: boolean;
  /** The names that have thresholds of their own. */
  readonly named: readonly WrittenPattern[];
  /** The same quantity by the thresholds of this name. */
  for(name: string): Gauge<L, T>;
  /** The same quantity by other thresholds, such as those of a peer that idles. */
  by(warning: T | undefined, critical: T | undefined): Gauge<L, T>;
  /** The state alone; of a value that is not known OK. */
  judge(value: number, max?: number): Status;
  /** What is said of a value. */
  text(value: number): string;
  /** The item of perfdata alone. One that is not known is not printed. */
  metric(
    value: number,
    ...rest: object extends Names<L> ? [names?: Names<L>, max?: number] : [names: Names<L>, max?: number]
  ): Metric;
  /**
   * What is printed before, between and behind a name and a value that are plain, where the name fills the placeholder `open`; undefined where an item has to be made from
   * {@link metric}. For long lists, see `Series`.
   */
  around(names: Readonly<Record<string, string | undefined>>, open: string): Frame | undefined;
  /** The verdict on a value, with the item of perfdata that shows what was judged, and by what. One that is not known is UNKNOWN. */
  measure(value: number, ...rest: object extends Names<L> ? [about?: About<L>] : [about: About<L>]): Result;
  /**
   * Of several the one that alerts most, and of equals the one with the greatest value, or share of its maximum; undefined
   * when no value is known.
   */
  worst<Row>(
    rows: Iterable<Row>,
    measured: (row: Row) => number,
    maxOf?: (row: Row) => number | undefined,
  ): { readonly row: Row; readonly value: number } | undefined;
}

type AnyThreshold = Threshold | RelativeThreshold | undefined;

/** Both levels as they were read. */
interface Given {
  readonly low: AnyThreshold | PerName<Threshold | RelativeThreshold>;
  readonly high: AnyThreshold | PerName<Threshold | RelativeThreshold>;
}

interface Levels {
  readonly warning: Threshold | undefined;
  readonly critical: Threshold | undefined;
}

/** A placeholder, and what stands around it where it is filled. */
interface Placeholder {
  readonly before: string;
  readonly name: string;
  readonly after: string;
}

const NO_NAMES = {};

/** So many values are kept that are known to alert nobody. */
const MOST_KNOWN = 1000;

/** What is behind {@link Gauge}, whose type knows the placeholders of the label. */
class Meter {
  readonly warning: AnyThreshold;
  readonly critical: AnyThreshold;
  readonly #measured: Measured;
  /** The label, cut at its placeholders, because 100,000 queues have one each. */
  readonly #placeholders: readonly Placeholder[];
  readonly #end: string;
  readonly #isTime: boolean;
  /** The thresholds, unless they depend on the maximum. */
  readonly #absolute: Levels | undefined;
  /** Values that alert nobody; none where that depends on the maximum. */
  readonly #fine = new Set<number>();
  readonly named: readonly WrittenPattern[];
  readonly #given: Given;
  /** Made once for all names with the same thresholds. */
  readonly #ofNames: Meter[] = [];

  constructor(
    measured: Measured,
    warning: AnyThreshold,
    critical: AnyThreshold,
    given: Given = { low: warning, high: critical },
  ) {
    this.#measured = measured;
    this.warning = warning;
    this.critical = critical;
    this.#given = given;
    this.named = [given.low, given.high].flatMap((one) => (one instanceof PerName ? one.patterns : []));
    const found = measured.label.matchAll(/\[([^<\]]*)<(\w+)>([^\]]*)\]|([^<[]*)<(\w+)>/g);
    this.#placeholders = Array.from(found, ([, before, name, after = "", alsoBefore, alsoName]) => ({
      before: before ?? alsoBefore ?? "",
      name: name ?? alsoName ?? "",
      after,
    }));
    this.#end = measured.label.replace(/^.*[\]>]/, "");
    this.#isTime = measured.uom === "s";
    this.#absolute = isRelative(warning) || isRelative(critical) ? undefined : { warning, critical };
  }

  get isJudged(): boolean {
    return this.warning !== undefined || this.critical !== undefined || this.named.length > 0;
  }

  by(warning: AnyThreshold, critical: AnyThreshold): Meter {
    return new Meter(this.#measured, warning, critical);
  }

  for(name: string): Meter {
    if (this.named.length === 0) return this;
    const warning = ofName(this.#given.low, name);
    const critical = ofName(this.#given.high, name);
    const isWanted = (one: Meter) => one.warning === warning && one.critical === critical;
    const known = isWanted(this) ? this : this.#ofNames.find(isWanted);
    if (known !== undefined) return known;
    const made = this.by(warning, critical);
    this.#ofNames.push(made);
    return made;
  }

  judge(value: number, max?: number): Status {
    // of thousands of queues most have the values of others
    return this.#fine.has(value) ? Status.OK : this.#judge(value, max);
  }

  #judge(value: number, max: number | undefined): Status {
    if (!Number.isFinite(value)) return Status.OK;
    const { warning, critical } = this.#levels(max);
    const status = judge(this.#exact(value), warning, critical);
    if (status === Status.OK && this.#absolute !== undefined && this.#fine.size < MOST_KNOWN) this.#fine.add(value);
    return status;
  }

  text(value: number): string {
    const { text, show } = this.#measured;
    const plural = value === 1 ? "" : "s";
    return text.replace("(s)", plural).replace("<value>", () => show(this.#exact(value)));
  }

  metric(value: number, names: Readonly<Record<string, string | undefined>> = NO_NAMES, max?: number): Metric {
    const { uom, min } = this.#measured;
    const { warning, critical } = this.#levels(max);
    return { label: this.#label(names), value: this.#exact(value), uom, warning, critical, min, max };
  }

  around(names: Readonly<Record<string, string | undefined>>, open: string): Frame | undefined {
    // no plain label has it
    const gap = "\n";
    const label = this.#label({ ...names, [open]: gap });
    const [before, between, another] = label.split(gap);
    if (this.#absolute === undefined || between === undefined || another !== undefined) return undefined;
    if (!isPlainLabel(`${before}${between}`)) return undefined;
    return [` '${before}`, `${between}'=`, formatMetric(this.metric(0, names)).replace(/^'[^']*'=0/, "")];
  }

  measure(value: number, { names, max, say }: About<string> = NO_NAMES): Result {
    const isKnown = Number.isFinite(value);
    const text = isKnown ? this.text(value) : `${this.#measured.meaning}: not known`;
    const status = isKnown ? this.judge(value, max) : Status.UNKNOWN;
    return {
      status,
      text: say === undefined ? text : say(text, status),
      metrics: [this.metric(value, names, max)],
      parts: [],
    };
  }

  worst<Row>(rows: Iterable<Row>, measured: (row: Row) => number, maxOf?: (row: Row) => number | undefined) {
    let worst:
      | { readonly row: Row; readonly value: number; readonly share: number; readonly status: Status }
      | undefined;
    for (const row of rows) {
      const value = measured(row);
      if (!Number.isFinite(value)) continue;
      const max = maxOf?.(row);
      const status = this.judge(value, max);
      const share = value / (max ?? 1);
      const ahead = worst === undefined ? 1 : urgency(status) - urgency(worst.status) || share - worst.share;
      if (ahead > 0) worst = { row, value, share, status };
    }
    return worst;
  }

  #levels(max: number | undefined): Levels {
    return this.#absolute ?? { warning: resolve(this.warning, max), critical: resolve(this.critical, max) };
  }

  /** Microseconds are as exact as any of it gets; what is judged is what is printed. */
  #exact(value: number): number {
    return this.#isTime ? Number(value.toFixed(6)) : value;
  }

  #label(names: Readonly<Record<string, string | undefined>>): string {
    let label = "";
    // without an iterator: most of what a large server's perfdata costs is spent here
    for (let at = 0; at < this.#placeholders.length; at++) {
      const placeholder = this.#placeholders[at] as Placeholder;
      const filled = names[placeholder.name];
      if (filled !== undefined) label += placeholder.before + filled + placeholder.after;
    }
    return label + this.#end;
  }
}

const forOthers = (given: Given["low"]): AnyThreshold => (given instanceof PerName ? given.others : given);

const ofName = (given: Given["low"], name: string): AnyThreshold => (given instanceof PerName ? given.of(name) : given);

const isRelative = (threshold: AnyThreshold): threshold is RelativeThreshold =>
  threshold !== undefined && "of" in threshold;

const resolve = (threshold: AnyThreshold, max = Number.NaN): Threshold | undefined =>
  isRelative(threshold) ? threshold.of(max) : threshold;
