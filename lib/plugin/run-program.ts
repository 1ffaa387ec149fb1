import { helpText, readValues, shortUsage, splitCommandLine } from "./command-line.ts";
import { CheckError, noDescriptors, UsageError } from "./error.ts";
import type { Options } from "./option.ts";
import type { Program, ProgramContext } from "./program.ts";
import { commonOptions } from "./run.ts";
import { Status, statusName } from "./status.ts";
import { printable } from "./text.ts";
import { describeUnwritten, isUnread, STDERR, STDOUT, write } from "./write.ts";

/** What ends a program from outside, and the signals' numbers. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGALRM: 14, SIGTERM: 15, SIGXCPU: 24 } as const;
type Signal = keyof typeof SIGNALS;
const NAMES = Object.keys(SIGNALS) as Signal[];

/** By which a program is asked to end. */
const ENDING = ["SIGTERM", "SIGINT"] as const;

/** Options that every program has; `-t` and `-v` mean something else in each. */
const programOptions = { version: commonOptions.version, help: commonOptions.help };

/** The program together with the options every program has: what `--help` and the generated pages list. */
export function withProgramOptions<O extends Options>(program: Program<O>): Program<O & typeof programOptions> {
  return { ...program, options: { ...program.options, ...programOptions } };
}

/**
 * Runs a program as the whole process: command line, exit tasks, exit code. Help, version and a wrong command line end
 * with 3 and on stdout, as those of the checks do.
 *
 * @param version printed by `-V` and `--help`
 */
export function runProgram<O extends Options>(program: Program<O>, { version }: { readonly version: string }): void {
  const declared = withProgramOptions(program) as unknown as Program<typeof programOptions>;
  const tasks: (() => void)[] = [];
  const tidy = () => {
    for (const task of tasks.splice(0)) task();
  };
  /** @returns false when nobody reads any more. @throws CheckError when it cannot be written */
  const print = (text: string) => {
    const failure = write(STDOUT, Buffer.from(text), Number.POSITIVE_INFINITY);
    if (failure === undefined) return true;
    if (isUnread(failure)) return false;
    throw new CheckError(Status.UNKNOWN, describeUnwritten(failure));
  };
  const end = (code: number, text = "") => {
    tidy();
    try {
      print(text);
    } catch (error) {
      write(STDERR, Buffer.from(line(error as CheckError)), Number.POSITIVE_INFINITY);
      process.exit(Status.UNKNOWN);
    }
    process.exit(code);
  };
  const command: string[] = [];
  const context: ProgramContext = {
    env: process.env,
    command,
    now: () => Date.now(),
    print,
    onExit: (task) => {
      // only now: without a handler a signal ends even a process that is stuck in a write
      if (tasks.push(task) === 1) for (const name of NAMES) process.once(name, () => dieOf(name));
    },
    stopped: () => {
      const stop = new AbortController();
      const asked = () => {
        for (const name of ENDING) process.removeListener(name, asked);
        stop.abort();
      };
      for (const name of ENDING) process.on(name, asked);
      return stop.signal;
    },
  };
  const dieOf = (name: Signal) => {
    tidy();
    for (const other of NAMES) process.removeAllListeners(other);
    // the shell is told the truth about the end, which an exit code of our own would hide
    process.kill(process.pid, name);
    // the first process of a container does not die of it
    process.exit(128 + SIGNALS[name]);
  };
  const line = ({ status, message }: CheckError) => `${declared.name} ${statusName(status)} - ${printable(message)}\n`;
  const fail = (thrown: unknown) => {
    const error = noDescriptors(thrown) ?? thrown;
    const bug = `internal error: ${error instanceof Error ? error.message : error}`;
    const failure = error instanceof CheckError ? error : new CheckError(Status.UNKNOWN, bug);
    end(failure.status, line(failure) + (error instanceof UsageError ? `${shortUsage(declared)}\n` : ""));
  };

  process.exitCode = Status.UNKNOWN;
  process.on("uncaughtException", fail);
  process.on("exit", tidy);
  // a warning of the runtime would land in the middle of a screen
  process.removeAllListeners("warning");
  main(declared, version, context, command).then(({ code, text }) => end(code, text), fail);
}

interface Outcome {
  readonly code: number;
  readonly text?: string;
}

async function main(
  program: Program<typeof programOptions>,
  version: string,
  context: ProgramContext,
  command: string[],
): Promise<Outcome> {
  const texts = await splitCommandLine(program, process.argv.slice(2), program.takesCommand && command);
  if (texts.help.length > 0) return { code: Status.UNKNOWN, text: await helpText(program, version) };
  if (texts.version.length > 0) return { code: Status.UNKNOWN, text: `${program.name} ${version}\n` };
  return { code: await program.run(await readValues(program.options, texts), context) };
}
