import { bindValues, type Declarations, type Options, optionsOf, type Values } from "./option.ts";
import { type Declared, quantitiesOf } from "./quantity.ts";
import type { Result } from "./result.ts";
import type { Signal } from "./signal.ts";
import type { Status } from "./status.ts";

/** What a check gets from the one who runs it, besides its options. */
export interface Context {
  /** Aborted at the deadline (`-t`) or on SIGTERM; its reason is a CheckError with the state that stands for it. */
  readonly signal: Signal;
  /** How often `-v` was given, 0 to 3. */
  readonly verbosity: number;
  /** Options that were typed with a value, by the names the code uses: what holds of a threshold need not of a default. */
  readonly given: ReadonlySet<string>;
  /** Path of the executable and its arguments as typed, for messages that tell the user what to type. */
  readonly commandLine: readonly string[];
  /** State of what does not answer in time, as `-t 10:STATE` says. */
  readonly late: Status;
  /** Time left until the deadline, in milliseconds; never negative. */
  remainingMs(): number;
  /** Milliseconds since 1970. */
  now(): number;
  /** A line for whoever diagnoses the plugin itself: on stderr, with `-vvv` only. */
  log(line: string): void;
  /** Runs `task` before the process ends, however it ends; a few hundred milliseconds are all it gets. */
  cleanUp(task: () => Promise<void> | void): void;
}

/** A check: what it is called, what it can be asked, how it finds its verdict. */
export interface Plugin<O extends Options = Options> {
  /** Name of the executable, `check_<thing>`. */
  readonly name: string;
  /** One sentence: what it alerts on. */
  readonly summary: string;
  /** One line behind the name in the short usage, such as `-H HOST -q QUEUE`. */
  readonly usage: string;
  readonly options: O;
  /** What it measures, in the order of printing: for the pages, definitions and dashboards made from it. */
  readonly quantities?: readonly Declared[];
  /** What `--help` says below the options: grammar of thresholds, examples. */
  readonly notes?: string;
  /** Probe, then evaluate. @throws CheckError when the probe fails */
  check(options: Values<O>, context: Context): Promise<Result> | Result;
}

/** A plugin as its author writes it: quantities stand among the options, and reach `check` as gauges. */
interface Declaration<D extends Declarations> extends Omit<Plugin, "options" | "quantities" | "check"> {
  readonly options: D;
  /** Probe, then evaluate. @throws CheckError when the probe fails */
  check(values: Values<D>, context: Context): Promise<Result> | Result;
}

/** Declares a plugin; the types of what `check` gets follow from the declaration. Importing it runs nothing. */
export function definePlugin<const D extends Declarations>(plugin: Declaration<D>): Plugin {
  const { options: declarations } = plugin;
  return {
    ...plugin,
    options: optionsOf(declarations),
    quantities: quantitiesOf(declarations),
    check: (values, context) => plugin.check(bindValues(declarations, values), context),
  };
}
