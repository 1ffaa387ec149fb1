import { CheckError, type ProgramContext, report, Status, type Values } from "monitoring-plugins-ts";

import { evaluate } from "./evaluate.ts";
import type { Snapshot } from "./ledger.ts";
import type { quantities } from "./quantities.ts";
import { readStatus } from "./status-file.ts";

/** Prints the verdict on a relay that runs. @returns the exit code @throws CheckError when it says nothing of itself */
export function printStatus(
  path: string,
  options: Values<typeof quantities> & { readonly verbose: boolean },
  context: ProgramContext,
): Status {
  const snapshot = read(path);
  const result = evaluate(snapshot, { isRunning: isRunning(snapshot.pid), now: context.now() }, options);
  context.print(report("relay_results", result, options.verbose ? 1 : 0));
  return result.status;
}

function read(path: string): Snapshot {
  try {
    return readStatus(path);
  } catch (cause) {
    throw new CheckError(Status.UNKNOWN, (cause as Error).message, { cause });
  }
}

/** Also when it is another user's. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
