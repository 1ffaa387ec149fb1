// Holds what a check prints against plugins/<name>/perfdata.ts, which the pages and the dashboards are made from.

import { basename } from "node:path";
import { fileURLToPath } from "node:url";

import type { MetricDeclaration } from "monitoring-plugins-ts";

import { type Executable, readExecutable } from "../../generate/catalogue.ts";
import { declarationsOf } from "../../generate/perfdata.ts";
import { type Item, parsePerfdata } from "./perfdata.ts";

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
 * and under these options.
 *
 * @param path of the executable, or its name
 * @throws Error naming plugin and item
 */
export async function assertDeclared(path: string, args: readonly string[], stdout: string): Promise<void> {
  const name = basename(path);
  // without its end it was cut off by the reader
  const firstLine = stdout.slice(0, Math.max(0, stdout.indexOf("\n")));
  const bar = firstLine.indexOf(" | ");
  if (!name.startsWith("check_") || bar < 0) return;
  const executable = await declared(name);
  const isGiven = (condition: string) => given(executable, condition, args);
  if (executable.perfdata.some(({ relayed, with: needed = [] }) => relayed && needed.some(isGiven))) return;
  for (const item of parsePerfdata(firstLine.slice(bar + 3))) {
    const found = declarationsOf(item.label, executable.perfdata);
    const wrong = found.map((one) => disagreement(one, item, isGiven));
    if (wrong.length > 0 && wrong.includes(undefined)) continue;
    const why = wrong[0] ?? "a label that is not declared";
    throw new Error(`plugins/${name}/perfdata.ts: ${why}: ${JSON.stringify(item)} of ${name} ${args.join(" ")}`);
  }
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
