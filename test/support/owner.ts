import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Who stops what it has started: node:test's `t`, `{ after }` of node:test for a whole file, or a list that a program
 * outside the tests works off at its end.
 */
export interface Owner {
  after(stop: () => unknown): void;
}

/** Ends the process groups in the last line of its input as soon as that ends: when this process does, however it ends. */
const WATCHER =
  'trap "" HUP INT TERM; while read -r line; do groups=$line; done; [ -z "$groups" ] || kill -s KILL -- $groups';

const groups = new Set<string>();
let watcher: ChildProcess | undefined;

function tellWatcher(): void {
  if (watcher === undefined) {
    watcher = spawn("/bin/sh", ["-c", WATCHER], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    watcher.unref();
    (watcher.stdin as unknown as { unref(): void }).unref();
  }
  watcher.stdin?.write(`${[...groups].join(" ")}\n`);
}

/**
 * Starts a program in a process group of its own. The whole group ends with its owner, whether the test passes or fails, and with
 * this process, even when that is killed.
 */
export function spawnOwned(
  owner: Owner,
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(command, args, { ...options, detached: true });
  const { pid } = child;
  if (pid === undefined) return child;
  groups.add(`-${pid}`);
  tellWatcher();
  owner.after(async () => {
    signalGroup(child, "SIGKILL");
    await gone(child);
    groups.delete(`-${pid}`);
    tellWatcher();
  });
  return child;
}

/** To the program and to those that it has started. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // all of them have ended
  }
}

/** Resolves when the process is gone, not those that it has started. SIGKILL, because a stopped one hears nothing else. */
export async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await gone(child);
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
