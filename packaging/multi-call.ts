import { writeSync } from "node:fs";
import { basename } from "node:path";

const UNKNOWN = 3;

/** Starts each program, by the name of its executable. Nothing of the others is loaded. */
export type Programs = Readonly<Record<string, () => void>>;

/**
 * Starts the program that the executable was called as: by the name of the link to it, or else by the first argument,
 * which the program then does not see. Any other call ends with 3 and a line that names the programs.
 *
 * @param own name of the executable itself
 */
export function startCalled(programs: Programs, own: string, version: string): void {
  const link = basename(process.argv0);
  const asLink = find(programs, link);
  const start = asLink ?? find(programs, process.argv[2]);
  if (start === undefined) end(explain(programs, own, version));
  if (asLink === undefined) process.argv.splice(2, 1);
  try {
    start();
  } catch (error) {
    // what the runtime would make of it is the exit code of a WARNING
    end(`${link} UNKNOWN - internal error: ${error instanceof Error ? error.message : error}`);
  }
}

function find(programs: Programs, name: string | undefined): (() => void) | undefined {
  return name !== undefined && Object.hasOwn(programs, name) ? programs[name] : undefined;
}

function explain(programs: Programs, own: string, version: string): string {
  const [, , name] = process.argv;
  if (name === "-V" || name === "--version") return `${own} ${version}`;
  const help = name === undefined || name === "-h" || name === "--help";
  const what = help
    ? "call it by the name of a plugin, or with one as first argument"
    : `no plugin '${printable(name)}' in here`;
  return `${own} UNKNOWN - ${what}: ${Object.keys(programs).join(", ")}`;
}

/** No character of an argument may look like something else: a control character, a line end, perfdata. */
const printable = (text: string) => text.replaceAll(/[^\x20-\x7e]|[|;]/g, "?").slice(0, 100);

function end(line: string): never {
  try {
    writeSync(1, `${line}\n`);
  } catch {
    // nobody reads: the exit code is all there is left to say
  }
  process.exit(UNKNOWN);
}
