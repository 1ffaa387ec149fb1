import type { Command, CommanderError } from "commander";

import { flagsOf, splitArguments, type Texts, takesValue } from "./arguments.ts";
import { UsageError } from "./error.ts";
import { bindValues, type Declarations, type Option, type Options, optionsOf, type Values } from "./option.ts";
import { isForAll } from "./per-name.ts";
import type { Plugin } from "./plugin.ts";

/** Help is read in terminals of this width, and pasted into tickets. */
const COLUMNS = 80;

type Described = Pick<Plugin, "name" | "options">;

async function commandFor(plugin: Described): Promise<Command> {
  const { Command, Option: CommanderOption } = await import("commander");
  const command = new Command(plugin.name)
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} });
  for (const option of Object.values(plugin.options)) {
    const declared = new CommanderOption(option.flags, option.help);
    if (option.default !== undefined) declared.default(option.default, option.default);
    if (option.section !== undefined) declared.helpGroup(`${option.section}:`);
    command.addOption(declared);
  }
  return command;
}

/**
 * Splits the command line, see {@link splitArguments}.
 *
 * @param argv without interpreter and script
 * @param command takes what stands behind `--`, which otherwise is refused
 * @throws UsageError naming the argument: unknown option, missing value, positional argument
 */
export async function splitCommandLine<O extends Options>(
  plugin: Pick<Plugin<O>, "name" | "options">,
  argv: readonly string[],
  command?: string[],
): Promise<Texts<O>> {
  const texts = splitArguments(plugin.options, argv, command);
  if (texts !== undefined) return texts;
  throw await explainRefusal(plugin, argv);
}

/** What is wrong with a command line, in commander's words: it suggests the option that was meant. */
async function explainRefusal(plugin: Described, argv: readonly string[]): Promise<UsageError> {
  const command = await commandFor(plugin);
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    const { code, message } = error as CommanderError;
    if (code !== "commander.excessArguments") {
      return new UsageError(message.replace(/^error: /, "").replaceAll("\n", " "), { cause: error });
    }
  }
  return new UsageError(`unexpected argument '${command.args[0]}': every value belongs to an option`);
}

/**
 * Parses what was typed, or else the defaults.
 *
 * @throws UsageError naming option and text, or the option that is empty or given twice where it must not be
 */
export async function readValues<O extends Options>(options: O, texts: Texts<O>): Promise<Values<O>> {
  const values: Record<string, unknown> = {};
  for (const key in options) {
    const option = options[key] as Option<unknown>;
    const typed = withoutEmpty(option, texts[key]);
    // the last one would silently take the place of the others
    if (option.selects && isRepeated(option, typed)) {
      throw new UsageError(`${flagsOf(option)[0]} is given ${times(typed)}: give it once`);
    }
    const read = typed.length === 0 && option.default !== undefined ? [option.default] : typed;
    try {
      const value = option.read(read);
      // awaited only when there is something to wait for: most options are read in no time
      values[key] = value instanceof Promise ? await value : value;
    } catch (error) {
      throw new UsageError(`option '${option.flags}': ${(error as Error).message}`, { cause: error });
    }
  }
  return values as Values<O>;
}

const NONE: readonly string[] = [];

/** @throws UsageError when the option says what is checked */
function withoutEmpty(option: Option<unknown>, texts = NONE): readonly string[] {
  if (!isEmpty(option, texts)) return texts;
  if (option.selects) {
    throw new UsageError(`${flagsOf(option)[0]} is empty: give it a value or leave it out`);
  }
  return texts.filter((text) => text !== "");
}

const isEmpty = (option: Option<unknown>, texts = NONE) => texts.includes("") && takesValue(option);

/** Options that were given empty, and so count as not given: a line about each. */
export function* emptyLines<O extends Options>(options: O, texts: Texts<O>): Iterable<string> {
  for (const key in options) {
    const option = options[key] as Option<unknown>;
    if (isEmpty(option, texts[key])) yield `${flagsOf(option)[0]} is empty: it counts as not given`;
  }
}

/** Options of which one value counts that were given several: a line about each. */
export function* repeatedLines<O extends Options>(options: O, texts: Texts<O>): Iterable<string> {
  for (const key in options) {
    const option = options[key] as Option<unknown>;
    const given = withoutEmpty(option, texts[key]);
    const typed = option.perName ? given.filter(isForAll) : given;
    if (isRepeated(option, typed)) yield `${flagsOf(option)[0]} is given ${times(typed)}: the last one counts`;
  }
}

const isRepeated = ({ kind, perName }: Option<unknown>, typed: readonly string[]) =>
  (kind === "value" || perName === true) && typed.length > 1;

const times = ({ length }: readonly string[]) => (length === 2 ? "twice" : `${length} times`);

/** Options that were typed with a value, by the names the code uses. */
export function givenOptions<O extends Options>(options: O, texts: Texts<O>): ReadonlySet<string> {
  const isGiven = (key: string) => withoutEmpty(options[key] as Option<unknown>, texts[key]).length > 0;
  return new Set(Object.keys(options).filter(isGiven));
}

/**
 * What `check` gets for a command line: for tests of what comes after it.
 *
 * @throws UsageError naming option and text
 */
export async function readCommandLine<const D extends Declarations>(
  declarations: D,
  argv: readonly string[],
): Promise<Values<D>> {
  const options = optionsOf(declarations);
  const texts = await splitCommandLine({ name: "", options }, argv);
  return bindValues(declarations, await readValues(options, texts));
}

/** The lines below an error of usage: how to call it, where to read more. */
export function shortUsage({ name, usage }: Pick<Plugin, "name" | "usage">): string {
  return `Usage: ${name} ${wrapUsage({ name, usage })}\nTry '${name} --help' for all options.`;
}

/** Breaks the usage between its bracketed groups. */
function wrapUsage({ name, usage }: Pick<Plugin, "name" | "usage">): string {
  const indent = `Usage: ${name} `.length;
  const [first = "", ...words] = usage.match(/(?:\[(?:[^[\]]|\[[^[\]]*\])*\]|[^\s[])+/g) ?? [];
  const lines = [first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (indent + longer.length <= COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}

/** The whole help, 80 columns wide, beginning with name and version because it is pasted into tickets. */
export async function helpText(plugin: Omit<Plugin, "check">, version: string): Promise<string> {
  const command = (await commandFor(plugin))
    .usage(wrapUsage(plugin))
    .description(plugin.summary)
    .configureHelp({ helpWidth: COLUMNS, showGlobalOptions: false })
    .configureOutput({ getOutHasColors: () => false });
  const notes = plugin.notes === undefined ? "" : `\n${plugin.notes.trim()}\n`;
  return `${plugin.name} ${version}\n\n${command.helpInformation().trimEnd()}\n${notes}`;
}
