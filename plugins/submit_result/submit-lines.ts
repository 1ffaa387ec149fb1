import type { ProgramContext } from "monitoring-plugins-ts";
import { type PassiveResult, parseResultLine, sparingly, type Target } from "monitoring-plugins-ts/passive";

import { type Line, MAX_LINE, readLines } from "./lines.ts";
import type { Report } from "./report.ts";

/** So many results are held at once: enough for a target to be busy, few enough for the memory. */
const MOST_HELD = 64;

/**
 * Submits the results on stdin as they come, and says at the end how many had which outcome.
 *
 * @param stop ends it: no more is read, and what is under way is given up
 */
export async function submitLines(
  target: Target,
  report: Report,
  { now }: Pick<ProgramContext, "now">,
  stop: AbortSignal,
): Promise<void> {
  sparingly();
  const held = new Set<Promise<void>>();
  for await (const line of readLines(untilStopped(process.stdin, stop))) {
    const result = read(line, report, now() / 1000);
    if (result === undefined) continue;
    const submission = target.submit(result, stop).then((outcome) => {
      held.delete(submission);
      report.outcome(result, outcome);
    });
    held.add(submission);
    if (held.size >= MOST_HELD) await Promise.race(held);
  }
  await Promise.all(held);
  report.summary();
}

async function* untilStopped(stream: NodeJS.ReadStream, stop: AbortSignal): AsyncGenerator<Buffer> {
  const end = () => void stream.destroy();
  stop.addEventListener("abort", end);
  if (stop.aborted) end();
  try {
    yield* stream;
  } catch (error) {
    // it was cut off by us
    if (!stop.aborted) throw error;
  }
}

function read({ number, text }: Line, report: Report, now: number): PassiveResult | undefined {
  try {
    if (text === undefined) throw new Error(`longer than ${MAX_LINE} bytes`);
    return parseResultLine(text, now);
  } catch (error) {
    report.noResult(number, (error as Error).message);
    return undefined;
  }
}
