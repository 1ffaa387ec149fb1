import { readdirSync } from "node:fs";

import { CheckError } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";
import { attempt, readSmall, type Unreadable } from "./file.ts";

/** What the kernel tells everybody about a process, from `stat` and `status`; see proc_pid_stat(5). */
export interface Process {
  readonly pid: number;
  /** Its id in its own pid namespace, as it knows itself; the same as `pid` outside of containers. */
  readonly innerPid: number;
  /** At most 15 bytes, which is all the kernel keeps. */
  readonly comm: string;
  /** One letter: `R`, `S`, `D`, `T`, `Z` for a zombie, `X`. */
  readonly state: string;
  /** When it started, in clock ticks since boot. With the pid it is a name no other process of this boot has. */
  readonly startTicks: number;
  /** Its parent's id. */
  readonly parent: number;
  /** Effective user. */
  readonly uid: number;
  /** Resident memory in bytes; undefined for zombies and kernel threads. */
  readonly rss: number | undefined;
}

/** The kernel keeps this much of a process' name (TASK_COMM_LEN without its NUL). */
const COMM_LENGTH = 15;

/** Processes found by name. */
export interface Found {
  /** In the order of the name they match, then by number. */
  readonly pids: readonly { readonly pid: number; readonly name: string }[];
  /** Processes whose name may not be read, as with `hidepid=1`. */
  readonly denied: number;
}

/**
 * Processes by their names as in `/proc/PID/comm`; a longer name is compared by what the kernel keeps of it. The caller's
 * own process is left out.
 *
 * @param root where proc is mounted
 * @throws {@link CheckError} UNKNOWN when `root` cannot be listed
 */
export function findProcesses(root: string, names: readonly string[]): Found {
  // a character cut in two is no character here, and none there
  const wanted = names.map((name) => Buffer.from(name).toString("utf8", 0, COMM_LENGTH));
  const found = names.map((name) => ({ name, pids: [] as number[] }));
  let denied = 0;
  for (const pid of listPids(root)) {
    const comm = attempt(() => readSmall(`${root}/${pid}/comm`));
    if (comm === "denied") denied++;
    else found[wanted.indexOf(comm.slice(0, -1))]?.pids.push(pid);
  }
  return { pids: found.flatMap(({ name, pids }) => pids.map((pid) => ({ pid, name }))), denied };
}

/** All processes but the caller's own. */
function listPids(root: string): readonly number[] {
  try {
    const pids = readdirSync(root).filter((name) => /^[1-9]\d*$/.test(name));
    return pids
      .map(Number)
      .filter((pid) => pid !== process.pid)
      .sort((a, b) => a - b);
  } catch (cause) {
    throw new CheckError(Status.UNKNOWN, `cannot list ${root}: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}

/** @param root where proc is mounted */
export function readProcess(root: string, pid: number): Process | Unreadable {
  const folder = `${root}/${pid}`;
  return attempt(() => parseProcess(pid, readSmall(`${folder}/stat`), readSmall(`${folder}/status`)) ?? "gone");
}

/**
 * Reads `/proc/PID/stat` and `/proc/PID/status`; undefined when the texts are not what the kernel writes, and for a thread:
 * `/proc` does not list threads, yet finds them.
 */
export function parseProcess(pid: number, stat: string, status: string): Process | undefined {
  // the name is the program's own choice and may hold blanks and parentheses
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ");
  const [state = "", parent = "", startTicks = ""] = [fields[0], fields[1], fields[19]];
  const [, uid] = /^Uid:\s+\d+\s+(\d+)/m.exec(status) ?? [];
  if (open < 0 || close < open || !/^[A-Za-z]$/.test(state) || !/^\d+$/.test(startTicks) || uid === undefined) {
    return undefined;
  }
  const [, leader = String(pid)] = /^Tgid:\s+(\d+)$/m.exec(status) ?? [];
  if (Number(leader) !== pid) return undefined;
  const [, innerPid = pid] = /^NSpid:.*?\s(\d+)$/m.exec(status) ?? [];
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
  return {
    pid,
    innerPid: Number(innerPid),
    comm: stat.slice(open + 1, close),
    state,
    startTicks: Number(startTicks),
    parent: Number(parent),
    uid: Number(uid),
    rss: kilobytes === undefined ? undefined : Number(kilobytes) * 1024,
  };
}
