import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import {
  type Declared,
  type MetricDeclaration,
  type Option,
  type Options,
  type Plugin,
  type Program,
  withCommonOptions,
  withProgramOptions,
} from "monitoring-plugins-ts";

/** An executable as it declares itself. */
export interface Executable {
  readonly name: string;
  readonly summary: string;
  /** A program for people has no verdict that a monitoring core could run it for. */
  readonly isCheck: boolean;
  /** Those every executable has included, by the names its code uses. */
  readonly options: Options;
  /** What it prints, in the order of printing. */
  readonly perfdata: readonly MetricDeclaration[];
  /** What is behind it. */
  readonly quantities: readonly Declared[];
}

/** An option as definitions of monitoring cores know it. */
export interface Argument {
  /** By which the plugin's code, and the table of services, knows it. */
  readonly key: string;
  /** How it is written in front of its value: `-w`, or `--include` where there is no short form. */
  readonly flag: string;
  /** Custom variable: `load1_warning`. */
  readonly variable: string;
  readonly kind: Option<unknown>["kind"];
  readonly help: string;
  readonly default?: string | undefined;
}

/** A check as definitions know it. */
export interface Command {
  /** The executable: `check_load1`. */
  readonly plugin: string;
  /** The object in Icinga 2, and the beginning of its variables: `load1`. */
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly Argument[];
}

/** Everything below `plugins/`, sorted by name. */
export async function readExecutables(root: string): Promise<readonly Executable[]> {
  const names = readdirSync(join(root, "plugins")).sort();
  const present = names.filter((name) => existsSync(join(root, "plugins", name, "index.ts")));
  return Promise.all(present.map((name) => readExecutable(root, name)));
}

/** One of them. A check whose perfdata does not follow from quantities has it declared in `perfdata.ts`, which nothing else imports. */
export async function readExecutable(root: string, name: string): Promise<Executable> {
  const read = (file: string) => import(pathToFileURL(join(root, "plugins", name, file)).href);
  const { default: declared } = (await read("index.ts")) as { default: Plugin | Program };
  if (!existsSync(join(root, "plugins", name, "perfdata.ts"))) return describeExecutable(declared);
  const { default: perfdata } = (await read("perfdata.ts")) as { default: readonly MetricDeclaration[] };
  return describeExecutable(declared, perfdata);
}

export function describeExecutable(declared: Plugin | Program, perfdata?: readonly MetricDeclaration[]): Executable {
  const { name, summary, quantities = [] } = declared;
  if (!("check" in declared)) {
    return { name, summary, isCheck: false, options: withProgramOptions(declared).options, perfdata: [], quantities };
  }
  return {
    name,
    summary,
    isCheck: true,
    options: withCommonOptions(declared).options,
    perfdata: perfdata ?? quantities.map((quantity) => quantity.declared),
    quantities,
  };
}

/** These print something and exit 3, which no core has a use for. */
const FOR_PEOPLE = ["version", "help"];

/** What definitions are made of. */
export function commandOf({ name, summary, options }: Executable): Command {
  const short = name.replace(/^check_/, "");
  const usable = Object.entries(options).filter(([key, { help }]) => !FOR_PEOPLE.includes(key) && !isRefused(help));
  return {
    plugin: name,
    name: short,
    summary,
    arguments: usable.map(([key, option]) => describeArgument(short, key, option)),
  };
}

/** An option that is there to be refused with a reason has no place in a definition. */
const isRefused = (help: string) => help.startsWith("Refused:");

function describeArgument(command: string, key: string, option: Option<unknown>): Argument {
  const flags = option.flags.split(/[ ,]+/).filter((word) => word.startsWith("-"));
  const long = flags.find((flag) => flag.startsWith("--"));
  const [flag] = flags;
  if (flag === undefined || long === undefined) throw new Error(`${command}: '${option.flags}' has no long form`);
  return {
    key,
    flag,
    variable: `${command}_${long.slice(2).replaceAll("-", "_")}`,
    kind: option.kind,
    help: option.help,
    default: option.default,
  };
}

/** @throws Error naming plugin and option, when the table of services asks for an option that is not there */
export function argumentOf(command: Command, key: string): Argument {
  const argument = command.arguments.find((known) => known.key === key);
  if (argument === undefined) throw new Error(`${command.plugin} has no option '${key}'`);
  return argument;
}
