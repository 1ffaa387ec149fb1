import { readFileSync } from "node:fs";

import { type ProgramContext, printable, readFile, Status, worst } from "monitoring-plugins-ts";
import { objectName, type PassiveResult, statusOf, type Target } from "monitoring-plugins-ts/passive";

import { type Reading, readMessage } from "./message.ts";
import { Poison } from "./poison.ts";

/** Standard input, in place of a file. */
const STDIN = "-";

export interface Decoding {
  readonly reading: Reading;
  /** Who takes the results; undefined prints them alone. */
  readonly target: Target | undefined;
  /** Whether a result has to be read back. */
  readonly proof: boolean;
  /** Also prints the results that are submitted. */
  readonly verbose: boolean;
}

/**
 * Prints, and submits where there is a target, what becomes of the messages in files, one a file.
 *
 * @returns the exit code: OK when every message became a result, which was taken
 */
export async function decodeFiles(
  files: readonly string[],
  { reading, target, proof, verbose }: Decoding,
  { now, print }: ProgramContext,
): Promise<Status> {
  const states: Status[] = [];
  for (const file of files) {
    const result = await read(file, reading, now() / 1000);
    if (result instanceof Poison) {
      states.push(Status.CRITICAL);
      print(`${printable(file)}: no result: ${printable(result.message)}\n`);
      continue;
    }
    if (target === undefined || verbose) print(`${formatCommand(result)}\n`);
    if (target === undefined) continue;
    const { kind, text } = await target.submit(result, new AbortController().signal);
    states.push(statusOf(kind, proof));
    print(`${printable(file)}: ${kind}: ${objectName(result)}: ${printable(text)}\n`);
  }
  await target?.close();
  return states.length === 0 ? Status.OK : worst(states);
}

async function read(file: string, reading: Reading, now: number): Promise<PassiveResult | Poison> {
  const message = file === STDIN ? readFileSync(0) : readFile(file);
  try {
    return await readMessage(message, reading, now);
  } catch (error) {
    if (error instanceof Poison) return error;
    throw error;
  }
}

/** A result as the external command of Nagios that submits it. */
function formatCommand({ host, service, exitCode, output, perfdata, time }: PassiveResult): string {
  const [command, name] =
    service === undefined
      ? ["PROCESS_HOST_CHECK_RESULT", host]
      : ["PROCESS_SERVICE_CHECK_RESULT", `${host};${service}`];
  const text = output.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `[${Math.floor(time)}] ${command};${name};${exitCode};${text}${perfdata === "" ? "" : `|${perfdata}`}`;
}
