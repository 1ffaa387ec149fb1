import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Who stops what it has started: node:test's `t`, `{ after }` of node:test for a whole file, or a list that a program
 * outside the tests works off at its end.
 */
export interface Owner {
  after(stop: () => unknown): void;
}

const running = new Set<ChildProcess>();

function killRunning(): void {
  for (const child of running) child.kill("SIGKILL");
}

// the runner ends a file that takes too long by SIGTERM, which alone would leave our servers behind
process.once("exit", killRunning);
process.once("SIGTERM", () => process.exit(143));

/** Starts a program that cannot outlive its owner, whether the test passes, fails or is killed. */
export function spawnOwned(
  owner: Owner,
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(command, args, options);
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.once("error", () => running.delete(child));
  owner.after(() => kill(child));
  return child;
}

/** Resolves when the process is gone. SIGKILL, because a stopped one (SIGSTOP) hears nothing else. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
