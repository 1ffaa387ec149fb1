import { readdirSync, readFileSync, statSync } from "node:fs";

/** Clock ticks a second in /proc: fixed for everything outside the kernel, see proc(5) and sysconf(3). */
const TICKS = 100;

/** A running process. */
export interface TitledProcess {
  readonly pid: number;
  readonly parent: number;
  /** The whole command line with blanks between, or what the process wrote over it. */
  readonly title: string;
  /** User id it runs as. */
  readonly user: number;
  /** Seconds since it started. */
  readonly age: number;
}

/**
 * A process by its id; undefined when there is none, when it has ended and only waits for its parent to notice, or when
 * this account may not see it.
 *
 * @param root where the proc file system is mounted
 */
export function readTitledProcess(pid: number, root = "/proc"): TitledProcess | undefined {
  try {
    // the name is in parentheses and may hold anything, even a parenthesis
    const stat = readFileSync(`${root}/${pid}/stat`, "utf8");
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    const startTicks = Number(rest[17]);
    const uptime = Number.parseFloat(readFileSync(`${root}/uptime`, "utf8"));
    const title = readFileSync(`${root}/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trimEnd();
    const { uid: user } = statSync(`${root}/${pid}`);
    return { pid, parent: Number(parent), title, user, age: Math.max(0, uptime - startTicks / TICKS) };
  } catch {
    return undefined;
  }
}

/**
 * The processes of a user whose title matches, as far as this account may see them.
 *
 * @param user user id
 */
export function findTitledProcesses(title: RegExp, user: number, root = "/proc"): readonly TitledProcess[] {
  const found: TitledProcess[] = [];
  for (const entry of readdirSync(root)) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // asking whose it is takes half the time of reading its title; root has most of them anyway
      if (user !== 0 && statSync(`${root}/${entry}`).uid !== user) continue;
      if (!title.test(readFileSync(`${root}/${entry}/cmdline`, "utf8").replaceAll("\0", " ").trimEnd())) continue;
    } catch {
      continue;
    }
    const facts = readTitledProcess(Number(entry), root);
    if (facts?.user === user) found.push(facts);
  }
  return found;
}

/**
 * Whether there is a process with this id, even one that `/proc` hides from this account.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** What a process holds of things that are limited. */
export interface ProcessUse {
  readonly threads: number | undefined;
  /** Open file descriptors; undefined when this account may not count them. */
  readonly descriptors: number | undefined;
  /** Soft limit of open files; undefined: none, or not readable. */
  readonly descriptorLimit: number | undefined;
}

/** @param root where the proc file system is mounted */
export function readProcessUse(pid: number, root = "/proc"): ProcessUse {
  const match = (file: string, pattern: RegExp) => {
    try {
      const number = pattern.exec(readFileSync(`${root}/${pid}/${file}`, "utf8"))?.[1];
      return number === undefined ? undefined : Number(number);
    } catch {
      return undefined;
    }
  };
  return {
    threads: match("status", /^Threads:\s+(\d+)$/m),
    descriptors: countDescriptors(`${root}/${pid}/fd`),
    descriptorLimit: match("limits", /^Max open files\s+(\d+)/m),
  };
}

/** Since Linux 6.2 the size of the folder is their number, and asking for it takes no right; older kernels say 0. */
function countDescriptors(folder: string): number | undefined {
  try {
    return statSync(folder).size || readdirSync(folder).length;
  } catch {
    return undefined;
  }
}
