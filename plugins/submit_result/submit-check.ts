import { type ProgramContext, Status, type Timeout, UsageError } from "monitoring-plugins-ts";
import { type Target, toResult } from "monitoring-plugins-ts/passive";

import type { Report } from "./report.ts";
import { resultOf, runCommand } from "./run-check.ts";

/** A plugin to run, and whose result it finds. */
export interface Check {
  readonly host: string;
  /** Undefined: the result is of the host. */
  readonly service: string | undefined;
  readonly command: readonly string[];
  /** Its own deadline; the target's begins when it has ended. */
  readonly timeout: Timeout;
}

/**
 * Runs a plugin, and submits its result.
 *
 * @param before what has to be done before anything is submitted
 * @throws UsageError naming a host or service that cannot be used */
export async function submitCheck(
  { host, service, command, timeout }: Check,
  target: Target,
  report: Report,
  context: Pick<ProgramContext, "now" | "onExit">,
  before: () => Promise<unknown>,
): Promise<void> {
  const started = context.now() / 1000;
  // told before anything is run
  assertNames(host, service, started);
  const running = runCommand(command, timeout.seconds);
  context.onExit(() => running.kill());
  const found = resultOf(await running.ended, timeout);
  const exitCode = service === undefined && found.exitCode === Status.WARNING ? Status.OK : found.exitCode;
  const result = toResult({ host, service, ...found, exitCode, started }, context.now() / 1000);
  await before();
  report.outcome(result, await target.submit(result, new AbortController().signal));
}

function assertNames(host: string, service: string | undefined, now: number): void {
  try {
    toResult({ host, service, exitCode: Status.OK, output: "" }, now);
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}
