// Holds what a check prints against plugins/<name>/perfdata.ts, which the pages and the dashboards are made from.

import { basename } from "node:path";
import { fileURLToPath } from "node:url";

import { type Executable, readExecutable } from "../../generate/catalogue.ts";
import { declarationOf } from "../../generate/perfdata.ts";
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
  const [firstLine = ""] = stdout.split("\n", 1);
  const bar = firstLine.indexOf(" | ");
  if (!name.startsWith("check_") || bar < 0) return;
  const executable = await declared(name);
  const isGiven = (condition: string) => given(executable, condition, args);
  if (executable.perfdata.some(({ relayed, with: needed = [] }) => relayed && needed.some(isGiven))) return;
  for (const item of parsePerfdata(firstLine.slice(bar + 3))) {
    const wrong = disagreement(executable, item, isGiven);
    if (wrong !== undefined) {
      throw new Error(`plugins/${name}/perfdata.ts: ${wrong}: ${JSON.stringify(item)} of ${name} ${args.join(" ")}`);
    }
  }
}

function disagreement(
  { perfdata }: Executable,
  item: Item,
  isGiven: (condition: string) => boolean,
): string | undefined {
  const found = declarationOf(item.label, perfdata);
  if (found === undefined) return "a label that is not declared";
  if ((found.uom ?? "") !== item.uom) return `the unit of ${found.label} is another`;
  if (found.min !== item.min) return `the minimum of ${found.label} is another`;
  if (found.max === undefined && item.max !== undefined) return `${found.label} is declared without maximum`;
  if (found.warning === undefined && item.warn !== undefined) return `${found.label} is declared without warning`;
  if (found.critical === undefined && item.crit !== undefined) return `${found.label} is declared without critical`;
  if (found.with !== undefined && !found.with.some(isGiven)) return `${found.label} is declared for other options`;
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
