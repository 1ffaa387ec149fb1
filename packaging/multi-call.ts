import { existsSync, fstatSync, readFileSync, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

const UNKNOWN = 3;

/** Starts each program, by the name of its executable. Nothing of the others is loaded. */
export type Programs = Readonly<Record<string, () => void>>;

/**
 * Starts the program that the executable was called as: by the name of the link to it, or else by the first argument,
 * which the program then does not see. Any other call ends with 3 and a line that names the programs.
 *
 * @param own name of the executable itself
 * @param argv0 what it was called as
 */
export function startCalled(programs: Programs, own: string, version: string, argv0 = process.argv0): void {
  const link = basename(argv0);
  if (wasClosed(1)) end(`${link} UNKNOWN - cannot write the answer: stdout is closed`, 2);
  const asLink = find(programs, link);
  const start = asLink ?? find(programs, process.argv[2]);
  if (start === undefined) end(explain(programs, own, version));
  // where Node has the path of the script, which a plugin needs to tell how to start it again, the runtime has one that
  // nobody else can open
  process.argv[1] = asLink === undefined ? siblingOf(process.execPath, process.argv[2] ?? "") : started(argv0);
  if (asLink === undefined) process.argv.splice(2, 1);
  const [, path = "", option] = process.argv;
  // before anything of the program is loaded, and where it cannot be written like this, by the program
  if (process.argv.length === 3 && (option === "-V" || option === "--version")) {
    if (written(`${basename(path)} ${version}`)) process.exit(UNKNOWN);
  }
  try {
    start();
  } catch (error) {
    // what the runtime would make of it is the exit code of a WARNING
    end(`${link} UNKNOWN - internal error: ${error instanceof Error ? error.message : error}`);
  }
}

/** The absolute path of what was started by this name: a path, or a name that a shell found on its PATH. */
function started(name: string): string {
  if (name.includes("/")) return resolve(name);
  const folders = (process.env.PATH ?? "").split(":").filter((folder) => folder.startsWith("/"));
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? name;
}

/** The link of a program beside the executable, or where there is none its name alone. */
function siblingOf(executable: string, name: string): string {
  const path = join(dirname(executable), name);
  return existsSync(path) ? path : name;
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

function end(line: string, fd = 1): never {
  // where nobody reads, the exit code is all there is left to say
  written(line, fd);
  process.exit(UNKNOWN);
}

function written(line: string, fd = 1): boolean {
  try {
    writeSync(fd, `${line}\n`);
    return true;
  } catch {
    return false;
  }
}

/** Major and minor number 1 and 3. */
const NULL_DEVICE = 0x103;

const O_CLOEXEC = 0o2000000;

/**
 * Whether a descriptor was closed when the process started. The runtime opens /dev/null in its place, to be closed on
 * exec(2): one that was given to the process cannot be that.
 */
function wasClosed(fd: number): boolean {
  try {
    if (fstatSync(fd).rdev !== NULL_DEVICE) return false;
    const [, flags = "0"] = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
    return (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
  } catch {
    // no /proc: nothing is known against it
    return false;
  }
}
