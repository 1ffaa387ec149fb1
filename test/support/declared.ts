// Holds what a check prints against what it declares, which pages, definitions and dashboards are made from.

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { MetricDeclaration } from "monitoring-plugins-ts";

import { type Executable, readExecutable } from "../../generate/catalogue.ts";
import { declarationsOf } from "../../generate/perfdata.ts";
import { alerts, type Item, parsePerfdata } from "./perfdata.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const executables = new Map<string, Promise<Executable>>();

/** What a plugin says of itself. */
export function declared(name: string): Promise<Executable> {
  const known = executables.get(name) ?? readExecutable(ROOT, name);
  executables.set(name, known);
  return known;
}

/**
 * Every item a check printed has to be declared: its label, with this unit, these bounds, thresholds where it takes some,
 * and under these options. Whenever it is not OK because of a number, that number stands in the perfdata, with the thresholds
 * that judged it; and what alerts there is not OK.
 *
 * @param path of the executable, or its name
 * @throws Error naming plugin, text and perfdata
 */
export async function assertDeclared(path: string, args: readonly string[], stdout: string): Promise<void> {
  const name = basename(path);
  // without its end it was cut off by the reader
  if (!name.startsWith("check_") || !stdout.includes("\n") || !existsSync(join(ROOT, "plugins", name))) return;
  const executable = await declared(name);
  const why = undeclared(executable, args, stdout) ?? misjudged(executable, args, stdout);
  if (why !== undefined) throw new Error(`${name} ${args.join(" ")}: ${why}: ${stdout}`);
}

/** The item of an answer that is not declared so, and what is wrong with it. */
export function undeclared(executable: Executable, args: readonly string[], stdout: string): string | undefined {
  const [firstLine = ""] = stdout.split("\n");
  const bar = firstLine.indexOf(" | ");
  const isGiven = (condition: string) => given(executable, condition, args);
  if (bar < 0) return undefined;
  if (executable.perfdata.some(({ relayed, with: needed = [] }) => relayed && needed.some(isGiven))) return undefined;
  for (const item of parsePerfdata(firstLine.slice(bar + 3))) {
    const found = declarationsOf(item.label, executable.perfdata);
    const wrong = found.map((one) => disagreement(one, item, isGiven));
    if (wrong.length > 0 && wrong.includes(undefined)) continue;
    return `${wrong[0] ?? "a label that is not declared"}: ${JSON.stringify(item)}`;
  }
  return undefined;
}

function disagreement(
  declaration: MetricDeclaration,
  item: Item,
  isGiven: (condition: string) => boolean,
): string | undefined {
  const { label, uom = "", min, max, warning, critical, with: needed } = declaration;
  if (uom !== item.uom) return `the unit of ${label} is another`;
  if (min !== item.min) return `the minimum of ${label} is another`;
  if (max === undefined && item.max !== undefined) return `${label} is declared without maximum`;
  if (warning === undefined && item.warn !== undefined) return `${label} is declared without warning`;
  if (critical === undefined && item.crit !== undefined) return `${label} is declared without critical`;
  if (needed !== undefined && !needed.some(isGiven)) return `${label} is declared for other options`;
  return undefined;
}

/** The sentence of an answer whose number is not in its perfdata, or what alerts there though the answer is OK. */
export function misjudged(executable: Executable, args: readonly string[], stdout: string): string | undefined {
  const { perfdata, options, quantities } = executable;
  const isGiven = (condition: string) => given(executable, condition, args);
  // printed by somebody else's thresholds, or not all of it
  if (perfdata.some(({ relayed, with: needed = [] }) => relayed && needed.some(isGiven))) return undefined;
  if (options.perfdata && ["perfdata none", "perfdata totals", "perfdataFilter"].some(isGiven)) return undefined;
  const [firstLine = "", ...long] = stdout.split("\n");
  const [text = "", printed] = firstLine.split(" | ");
  const items = printed === undefined ? [] : parsePerfdata(printed);
  const alerting = items.filter(({ value, warn, crit }) => alerts(warn, value) || alerts(crit, value));
  if (/^\w+ OK - /.test(text)) {
    const ignored = quantities.length === 0 ? undefined : alerting.find((item) => !isBoundary(item));
    return ignored && `OK in spite of ${ignored.label}`;
  }
  const problems = [text, ...long.filter((line) => /^(?:WARNING|CRITICAL) - /.test(line))];
  for (const { declared: declaration, text: pattern, show } of quantities) {
    if (declaration.warning === undefined && declaration.critical === undefined) continue;
    const said = alerting
      .filter(({ label }) => declarationsOf(label, perfdata).includes(declaration))
      .map(({ value = Number.NaN }) => pattern.replace("(s)", value === 1 ? "" : "s").replace("<value>", show(value)));
    const [before = "", after = ""] = pattern.split("<value>").map((part) => escaped(part).replace("\\(s\\)", "s?"));
    for (const problem of problems) {
      for (const { index } of problem.matchAll(new RegExp(before + NUMBER + after, "g"))) {
        if (!said.some((shown) => problem.startsWith(shown, index))) {
          return `'${problem.slice(index)}' is not what ${declaration.label} shows`;
        }
      }
    }
  }
  return undefined;
}

/** A value as a text shows it: `8.000 s`, `12`, `5 MiB`, `3 d 2 h`. */
const NUMBER = String.raw`-?\d[\d.]*%?(?: ?[A-Za-z]{1,3}\b(?: \d+ ?[a-z]{1,3}\b)?)?`;

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What alerts only where the end of a range is taken for one of "N or more". */
const isBoundary = ({ value, warn, crit }: Item) => [warn, crit].some((range) => range === String(value));

/** Whether a command line has an option, given by its key and, behind a blank, its value. */
function given({ name, options }: Executable, condition: string, args: readonly string[]): boolean {
  const [key = "", value] = condition.split(" ");
  const flags = options[key]?.flags.split(/[ ,]+/).filter((word) => word.startsWith("-"));
  if (flags === undefined) throw new Error(`perfdata of ${name}: there is no option '${key}'`);
  return args.some((arg, at) =>
    flags.some((flag) => {
      if (arg === flag) return value === undefined || args[at + 1] === value;
      const joined = flag.startsWith("--") ? `${flag}=` : flag;
      return arg.startsWith(joined) && (value === undefined || arg.slice(joined.length) === value);
    }),
  );
}
