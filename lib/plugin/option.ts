/**
 * An option, declared once. The command line, `--help`, the reference page and the definitions for monitoring cores read
 * the same object.
 *
 * @typeParam T what the plugin gets: already parsed
 */
export interface Option<T> {
  /** `value`: the last one given counts. `list`: all of them. `flag`: given or not. `count`: how often. */
  readonly kind: "value" | "list" | "flag" | "count";
  /** Short and long form and the placeholder of the value: `-w, --warning <range>`. */
  readonly flags: string;
  /** One sentence or two, for people who know monitoring. */
  readonly help: string;
  /** The default as a user would type it, so help, pages and definitions show the same characters. */
  readonly default?: string | undefined;
  /** Heading in `--help`. */
  readonly section?: string | undefined;
  /**
   * It says what is checked, so it is refused when given empty: the check would look at something else, and say OK of that.
   * Any other option given empty counts as not given. Monitoring cores pass empty texts for variables without a value.
   */
  readonly selects?: true;
  /** A list of which each value is for all names or, written `NAME=VALUE`, for one; of those without a name the last counts. */
  readonly perName?: true;
  /** From texts to value. Throws an Error that names the offending text. */
  readonly read: (texts: readonly string[]) => T | Promise<T>;
}

/** The options of a plugin by the names its code uses. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** Several options that a plugin gets as one value. */
export interface Group<T> {
  readonly options: Options;
  /** From the values of all options of the plugin, by their names, to the one the plugin gets. */
  readonly bind: (values: Readonly<Record<string, unknown>>) => T;
}

/** What a plugin declares, by the names its code uses: options, and groups of them such as a quantity's two thresholds. */
export type Declarations = Readonly<Record<string, Option<unknown> | Group<unknown>>>;

/** What a plugin gets for what it declared. */
export type Values<D extends Declarations> = {
  readonly [K in keyof D]: D[K] extends Option<infer T> | Group<infer T> ? T : never;
};

/** The options alone, those of a group where the group stands. Two groups may have an option in common. */
export function optionsOf(declarations: Declarations): Options {
  const options: Record<string, Option<unknown>> = {};
  for (const [key, declared] of Object.entries(declarations)) {
    if ("bind" in declared) Object.assign(options, declared.options);
    else options[key] = declared;
  }
  return options;
}

/** What the plugin gets, from the values of {@link optionsOf}. */
export function bindValues<D extends Declarations>(
  declarations: D,
  values: Readonly<Record<string, unknown>>,
): Values<D> {
  const bound: Record<string, unknown> = { ...values };
  for (const [key, declared] of Object.entries(declarations)) {
    if ("bind" in declared) bound[key] = declared.bind(values);
  }
  return bound as Values<D>;
}

interface Declaration {
  readonly flags: string;
  readonly help: string;
  readonly section?: string;
  /** See {@link Option.selects}. */
  readonly selects?: true;
}

/** From one text to a value; may load what it needs. Throws an Error that names the offending text. */
type Parse<T> = (text: string) => T | Promise<T>;

/** What an option is that is taken as the text it is given. */
type Plain = Declaration & { readonly parse?: never };

/**
 * An option with one value; `undefined` when it is not given and has no default. Without `parse` the value is the text.
 *
 * @example
 * option({ flags: "-n, --name <text>", help: "Name." }) // string | undefined
 * option({ flags: "-n, --count <n>", help: "How many.", parse: parseNumber, default: "1" }) // number
 */
export function option(declaration: Plain & { readonly default: string }): Option<string>;
export function option(declaration: Plain): Option<string | undefined>;
export function option<T>(declaration: Declaration & { readonly parse: Parse<T>; readonly default: string }): Option<T>;
export function option<T>(declaration: Declaration & { readonly parse: Parse<T> }): Option<T | undefined>;
export function option({
  parse = String,
  ...declaration
}: Declaration & { readonly parse?: Parse<unknown>; readonly default?: string }): Option<unknown> {
  return {
    kind: "value",
    ...declaration,
    read: (texts) => {
      const text = texts.at(-1);
      return text === undefined ? undefined : parse(text);
    },
  };
}

/**
 * A repeatable option: the values in the order given. Without `parse` they are the texts; it may make several values of one
 * text (a comma list).
 */
export function list(declaration: Plain & { readonly default?: string }): Option<readonly string[]>;
export function list<T>(
  declaration: Declaration & { readonly parse: Parse<T | readonly T[]>; readonly default?: string },
): Option<readonly T[]>;
export function list({
  parse = String,
  ...declaration
}: Declaration & { readonly parse?: Parse<unknown>; readonly default?: string }): Option<readonly unknown[]> {
  return {
    kind: "list",
    ...declaration,
    read: (texts) => {
      const values = texts.map(parse);
      // awaited only when there is something to wait for: most options are read in no time
      if (values.some((value) => value instanceof Promise)) return Promise.all(values).then(flatten);
      return flatten(values);
    },
  };
}

const flatten = (values: readonly unknown[]): readonly unknown[] => values.flat();

/** A switch without a value. */
export function flag(declaration: Declaration): Option<boolean> {
  return { kind: "flag", ...declaration, read: (texts) => texts.length > 0 };
}

/** A switch that may be repeated: how often it was given. */
export function count(declaration: Declaration): Option<number> {
  return { kind: "count", ...declaration, read: (texts) => texts.length };
}
