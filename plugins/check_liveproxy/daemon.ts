import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";

import {
  findTitledProcesses,
  isAlive,
  listeningPaths,
  readProcess,
  readProcessUse,
  readTitledProcess,
  type TitledProcess,
} from "monitoring-plugins-ts/linux";

import type { DaemonFacts } from "./facts.ts";

/** The title a process of liveproxyd gives itself: the master's, or a site's. */
const TITLE = /^liveproxyd\[(.+)\]$/;

/** The program by any title: not an editor or pager whose pid is one that the proxy had, and whose file is named after it. */
const PROGRAM = /(?:^|[ /])liveproxyd(?:$|[ [])/;

/** A pid file holds a number and nothing else. */
const MAX_PID_FILE = 64;

/**
 * Reads the pid file, and finds the processes of that daemon.
 *
 * @param socketDir folder of its sockets, where it is known
 */
export function probeDaemon(pidFile: string, socketDir: string | undefined): DaemonFacts {
  const found = readPidFile(pidFile);
  const running = found.pid === undefined ? undefined : readTitledProcess(found.pid);
  // several OMD sites of one host have a proxy each: which one's a process is tells the user it runs as
  const user = running?.user ?? found.owner;
  const processes = user === undefined ? [] : findTitledProcesses(TITLE, user);
  const masterPids = new Set(processes.filter(({ title }) => title === "liveproxyd[master]").map(({ pid }) => pid));
  const siteProcesses = processes.filter(({ pid }) => !masterPids.has(pid));
  const orphans = siteProcesses.filter(({ parent }) => !masterPids.has(parent));
  const masters = findMasters(siteProcesses, masterPids, socketDir);
  const facts = { pidFile, ...found, title: running?.title, age: running?.age, masters, orphans };
  if (found.state !== "alive") return { ...facts, state: found.state, sites: undefined };
  if (running === undefined) {
    // one that has ended and waits for its parent to notice has a number, too, and can be seen
    const state = typeof readProcess("/proc", found.pid ?? 0) === "object" ? "dead" : "hidden";
    return { ...facts, state, sites: undefined };
  }
  if (!PROGRAM.test(running.title)) return { ...facts, state: "other program", sites: undefined };
  // before Checkmk 1.5 it was one process for all sites
  const hasChildren = TITLE.test(running.title);
  const own = siteProcesses.filter(({ parent }) => parent === running.pid);
  return { ...facts, state: "running", sites: hasChildren ? bySite(own) : undefined };
}

/** Of one folder of sockets, where it has several: a user may run the proxies of several, so it has to be seen. */
function findMasters(
  siteProcesses: readonly TitledProcess[],
  masters: ReadonlySet<number>,
  socketDir: string | undefined,
): readonly number[] {
  if (masters.size < 2 || socketDir === undefined) return [];
  const folder = realPath(socketDir);
  const isHere = (path: string) => isAbsolute(path) && realPath(dirname(path)) === folder;
  const here = siteProcesses.filter(({ pid, parent }) => masters.has(parent) && listeningPaths(pid)?.some(isHere));
  const found = [...new Set(here.map(({ parent }) => parent))];
  return found.length < 2 ? [] : found.sort((a, b) => a - b);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

const bySite = (processes: readonly TitledProcess[]) =>
  new Map(
    processes.map((process) => [TITLE.exec(process.title)?.[1] ?? "", { ...process, ...readProcessUse(process.pid) }]),
  );

interface PidFile {
  readonly state: "alive" | "missing" | "unreadable" | "empty" | "no pid" | "dead" | "other program";
  readonly pid: number | undefined;
  readonly writtenMs: number | undefined;
  readonly owner: number | undefined;
}

function readPidFile(path: string): PidFile {
  try {
    const found = statSync(path);
    const { mtimeMs: writtenMs, uid: owner, size } = found;
    // opening a pipe would wait for somebody to write to it
    const text = !found.isFile() || size > MAX_PID_FILE ? "no pid" : readFileSync(path, "utf8").trim();
    const pid = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
    const state = text === "" ? "empty" : pid === undefined ? "no pid" : isAlive(pid) ? "alive" : "dead";
    return { state, pid, writtenMs, owner };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const state = code === "ENOENT" || code === "ENOTDIR" ? "missing" : "unreadable";
    return { state, pid: undefined, writtenMs: undefined, owner: undefined };
  }
}
