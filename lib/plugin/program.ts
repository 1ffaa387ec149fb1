import { bindValues, type Declarations, type Options, optionsOf, type Values } from "./option.ts";
import type { Plugin } from "./plugin.ts";

/** What a program gets from the one who runs it, besides its options. */
export interface ProgramContext {
  /** The environment it was started in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What stands behind `--`, where {@link Program.takesCommand}. */
  readonly command: readonly string[];
  /** Milliseconds since 1970. */
  now(): number;
  /** Writes all of `text` to stdout, waiting for a reader that is slow. False once nobody reads any more. */
  print(text: string): boolean;
  /**
   * Runs `task` before the process ends, however it ends: by a signal, a bug, or because the program is done. There is no
   * time for anything asynchronous then.
   */
  onExit(task: () => void): void;
  /**
   * For a program that ends in its own way: from now on the first SIGTERM or SIGINT does not end the process, but aborts this
   * signal; a second one ends it.
   */
  stopped(): AbortSignal;
}

/** A program for people that stands beside the checks: it runs until it is told to end, and has no verdict. */
export interface Program<O extends Options = Options> extends Omit<Plugin<O>, "check"> {
  /** Behind `--` stands the command line of another program. */
  readonly takesCommand?: true;
  /** @returns the exit code. @throws CheckError, whose state becomes the exit code */
  run(options: Values<O>, context: ProgramContext): Promise<number> | number;
}

/** A program as its author writes it: quantities stand among the options, and reach `run` as gauges. */
interface Declaration<D extends Declarations> extends Omit<Program, "options" | "quantities" | "run"> {
  readonly options: D;
  /** @returns the exit code. @throws CheckError, whose state becomes the exit code */
  run(values: Values<D>, context: ProgramContext): Promise<number> | number;
}

/** Declares a program; the types of what `run` gets follow from the declaration. Importing it runs nothing. */
export function defineProgram<const D extends Declarations>(program: Declaration<D>): Program {
  const { options: declarations } = program;
  return {
    ...program,
    options: optionsOf(declarations),
    run: (values, context) => program.run(bindValues(declarations, values), context),
  };
}
