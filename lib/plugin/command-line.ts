import { Command, CommanderError, Option as CommanderOption } from "commander";

import { UsageError } from "./error.ts";
import { longName, type Option, type Options, type Values } from "./option.ts";
import type { Plugin } from "./plugin.ts";

/** Help is read in terminals of this width, and pasted into tickets. */
const COLUMNS = 80;

/** What was typed for each option, by the name the plugin's code uses; nothing parsed yet. */
export type Texts<O extends Options> = { readonly [K in keyof O]: readonly string[] };

function commandFor(plugin: Pick<Plugin, "name" | "options">): Command {
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
 * Splits the command line as getopt does: `-w10`, `-w 10`, `--warning=10`, `-vvv`; what follows an option that takes a
 * value is its value, whatever it looks like. An empty value counts as not given, because Icinga 2 passes empty strings
 * for variables that are empty.
 *
 * @param argv without interpreter and script
 * @throws UsageError naming the argument: unknown option, missing value, positional argument
 */
export function splitCommandLine<O extends Options>(
  plugin: { readonly name: string; readonly options: O },
  argv: readonly string[],
): Texts<O> {
  const { name, options } = plugin;
  try {
    return { ...untyped(options), ...split(name, mentioned(options, argv), argv) } as Record<
      string,
      string[]
    > as Texts<O>;
  } catch {
    // what it says of an unknown option depends on all the others: it suggests similar ones
    return split(name, options, argv) as Texts<O>;
  }
}

const untyped = (options: Options) => Object.fromEntries(Object.keys(options).map((key) => [key, []]));

/**
 * The options whose flags occur in some argument, and perhaps some more: a plugin has fifty options, a command line five,
 * and declaring an option takes a noticeable part of a start.
 */
function mentioned(options: Options, argv: readonly string[]): Options {
  const dashed = argv.filter((argument) => argument.startsWith("-"));
  const isMentioned = ({ flags }: Option<unknown>) =>
    flags
      .split(/[ ,]+/)
      .some((flag) =>
        dashed.some((argument) =>
          flag.startsWith("--") ? argument.startsWith(flag) : argument.includes(flag.slice(1)),
        ),
      );
  return Object.fromEntries(Object.entries(options).filter(([, option]) => isMentioned(option)));
}

function split(name: string, options: Options, argv: readonly string[]): Record<string, string[]> {
  const command = commandFor({ name, options });
  const texts: Record<string, string[]> = {};
  for (const [key, option] of Object.entries(options)) {
    const typed: string[] = [];
    texts[key] = typed;
    command.on(`option:${longName(option)}`, (value: string | undefined) => {
      if (value !== "") typed.push(value ?? "");
    });
  }
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const message =
      error.code === "commander.excessArguments"
        ? `unexpected argument '${command.args[0]}': every value belongs to an option`
        : error.message.replace(/^error: /, "").replaceAll("\n", " ");
    throw new UsageError(message, { cause: error });
  }
  return texts;
}

/**
 * Parses what was typed, or else the defaults.
 *
 * @throws UsageError naming option and text
 */
export async function readValues<O extends Options>(options: O, texts: Texts<O>): Promise<Values<O>> {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    const typed = texts[key] ?? [];
    values[key] = await readValue(
      option,
      typed.length === 0 && option.default !== undefined ? [option.default] : typed,
    );
  }
  return values as Values<O>;
}

async function readValue(option: Option<unknown>, texts: readonly string[]): Promise<unknown> {
  try {
    return await option.read(texts);
  } catch (error) {
    throw new UsageError(`option '${option.flags}': ${(error as Error).message}`, { cause: error });
  }
}

/** The lines below an error of usage: how to call it, where to read more. */
export function shortUsage({ name, usage }: Pick<Plugin, "name" | "usage">): string {
  return `Usage: ${name} ${usage}\nTry '${name} --help' for all options.`;
}

/** The whole help, 80 columns wide, beginning with name and version because it is pasted into tickets. */
export function helpText(plugin: Plugin, version: string): string {
  const command = commandFor(plugin)
    .usage(plugin.usage)
    .description(plugin.summary)
    .configureHelp({ helpWidth: COLUMNS, showGlobalOptions: false })
    .configureOutput({ getOutHasColors: () => false });
  const notes = plugin.notes === undefined ? "" : `\n${plugin.notes.trim()}\n`;
  return `${plugin.name} ${version}\n\n${command.helpInformation().trimEnd()}\n${notes}`;
}
