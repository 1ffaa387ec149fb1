import {
  emptyLines,
  givenOptions,
  helpText,
  readValues,
  repeatedLines,
  shortUsage,
  splitCommandLine,
} from "./command-line.ts";
import { CheckError, DeadlineError, noDescriptors, UsageError } from "./error.ts";
import { count, flag, type Options, option } from "./option.ts";
import type { Context, Plugin } from "./plugin.ts";
import { emitReport } from "./result.ts";
import { Controller } from "./signal.ts";
import { Status, statusName } from "./status.ts";
import { headline, printable } from "./text.ts";
import { parseTimeout } from "./timeout.ts";
import { describeUnwritten, isUnread, STDERR, STDOUT, withoutBlocking, write } from "./write.ts";

/** What a probe may still do once the deadline has passed or a signal has come: say what it knows, clean up. */
const GRACE_MS = 250;

/** Size of the pieces a long answer is written in, in bytes: what a pipe takes at once. */
const BATCH = 65_536;

/** Options that mean the same in every plugin. */
export const commonOptions = {
  timeout: option({
    flags: "-t, --timeout <seconds[:state]>",
    help: "Time for everything, from name lookup to exit, and the state when it is over.",
    section: "Common options",
    parse: parseTimeout,
    default: "10:CRITICAL",
  }),
  verbose: count({
    flags: "-v, --verbose",
    help: "More lines of output; up to three times, the third writes to stderr.",
    section: "Common options",
  }),
  version: flag({ flags: "-V, --version", help: "Print name and version.", section: "Common options" }),
  help: flag({ flags: "-h, --help", help: "Print this help.", section: "Common options" }),
} as const;

/** The plugin together with the options every plugin has: what `--help` and the generated pages list. */
export function withCommonOptions<O extends Options>(plugin: Plugin<O>): Plugin<O & typeof commonOptions> {
  return { ...plugin, options: { ...plugin.options, ...commonOptions } };
}

/**
 * Runs a plugin as the whole program: command line, deadline, check, one write of the answer, exit code.
 *
 * It ends the process, always with a complete answer: the deadline, signals and bugs have lines of their own.
 *
 * @param version printed by `-V` and `--help`
 */
export function runPlugin<O extends Options>(plugin: Plugin<O>, { version }: { readonly version: string }): void {
  new Run(withCommonOptions(plugin) as unknown as Plugin<typeof commonOptions>, version).start();
}

class Run {
  readonly #plugin: Plugin<typeof commonOptions>;
  readonly #version: string;
  readonly #abort = new Controller();
  readonly #cleanUps: (() => Promise<void> | void)[] = [];
  #deadlineMs = Number.POSITIVE_INFINITY;
  #verbosity = 0;
  #answered = false;

  constructor(plugin: Plugin<typeof commonOptions>, version: string) {
    this.#plugin = plugin;
    this.#version = version;
  }

  start(): void {
    // Node's own answers are wrong verdicts: 0 for an event loop that ran empty, 1 for an uncaught error
    process.exitCode = Status.UNKNOWN;
    process.on("uncaughtException", (error) =>
      this.#finish(this.#failure(noDescriptors(error) ?? error), Status.UNKNOWN),
    );
    process.on("exit", () => this.#answer(this.#line(Status.UNKNOWN, "internal error: ended without a verdict")));
    // a warning of the runtime on stderr would become the first line of the check's output in Icinga 2
    process.emitWarning = () => {};
    for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.on(name, () => this.#stop(new CheckError(Status.UNKNOWN, `stopped by ${name}`)));
    }
    this.#main().catch((thrown) => {
      const error = noDescriptors(thrown) ?? thrown;
      const status = error instanceof CheckError ? error.status : Status.UNKNOWN;
      this.#finish(this.#failure(error), status);
    });
  }

  async #main(): Promise<void> {
    const plugin = this.#plugin;
    const texts = await splitCommandLine(plugin, process.argv.slice(2));
    if (texts.help.length > 0) return this.#finish(await helpText(plugin, this.#version), Status.UNKNOWN);
    if (texts.version.length > 0) return this.#finish(`${plugin.name} ${this.#version}\n`, Status.UNKNOWN);
    this.#verbosity = Math.min(texts.verbose.length, 3);

    const { timeout } = await readValues({ timeout: plugin.options.timeout }, { timeout: texts.timeout });
    this.#deadlineMs = timeout.seconds * 1000;
    // uptime counts from the start of the process, and so does the user; performance.now() would load a module of its own
    setTimeout(() => this.#stop(new DeadlineError(timeout.status, timeout.seconds)), this.#remainingMs());

    const options = await readValues(plugin.options, texts);
    const checked = await plugin.check(options, this.#context(givenOptions(plugin.options, texts), timeout.status));
    const repeated = { verbosity: 1, lines: repeatedLines(plugin.options, texts) } as const;
    const empty = { verbosity: 2, lines: emptyLines(plugin.options, texts) } as const;
    const result = { ...checked, details: [...(checked.details ?? []), repeated, empty] };
    const answer = new Encoder();
    let pending = 0;
    emitReport(plugin.name, result, this.#verbosity, (piece) => {
      answer.add(piece);
      // no timer fires while millions of lines are written
      pending += piece.length;
      if (pending < BATCH) return;
      pending = 0;
      if (process.uptime() * 1000 > this.#deadlineMs + GRACE_MS) {
        throw new DeadlineError(timeout.status, timeout.seconds);
      }
    });
    this.#finish(answer, result.status);
  }

  #context(given: ReadonlySet<string>, late: Status): Context {
    return {
      given,
      late,
      signal: this.#abort.signal,
      verbosity: this.#verbosity,
      commandLine: process.argv.slice(1),
      remainingMs: () => this.#remainingMs(),
      now: () => Date.now(),
      log: (line) => {
        if (this.#verbosity >= 3) write(STDERR, Buffer.from(`${printable(line)}\n`), STALLED_MS);
      },
      cleanUp: (task) => this.#cleanUps.push(task),
    };
  }

  #remainingMs(): number {
    return Math.max(0, this.#deadlineMs - process.uptime() * 1000);
  }

  /** Ends the check: at once when a signal asks for it, after a moment for last words when time is over. */
  #stop(reason: CheckError): void {
    this.#abort.abort(reason);
    const giveUp = () => this.#finish(this.#line(reason.status, reason.message), reason.status);
    if (reason instanceof DeadlineError) setTimeout(giveUp, GRACE_MS);
    else giveUp();
  }

  #failure(error: unknown): string {
    const plugin = this.#plugin;
    if (error instanceof UsageError) {
      return `${this.#line(error.status, error.message)}${shortUsage(plugin)}\n`;
    }
    if (error instanceof CheckError) return this.#line(error.status, error.message);
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    if (this.#verbosity >= 3 && stack !== undefined) write(STDERR, Buffer.from(`${stack}\n`), STALLED_MS);
    return this.#line(Status.UNKNOWN, `internal error: ${message}`);
  }

  #line(status: Status, text: string): string {
    return `${this.#plugin.name} ${statusName(status)} - ${headline(text)}\n`;
  }

  /**
   * Takes the whole answer: what goes wrong while it is made must not follow half of it.
   *
   * @returns false when it cannot be written, which then stands on stderr
   */
  #answer(answer: string | Encoder): boolean {
    if (this.#answered) return true;
    this.#answered = true;
    const batches = typeof answer === "string" ? [Buffer.from(answer)] : answer.batches();
    // a single one fits into the pipe
    const stdout = batches.length > 1 ? withoutBlocking(STDOUT) : STDOUT;
    for (const batch of batches) {
      const failure = write(stdout, batch, STALLED_MS);
      if (failure === undefined) continue;
      if (isUnread(failure)) break;
      write(STDERR, Buffer.from(this.#line(Status.UNKNOWN, describeUnwritten(failure))), STALLED_MS);
      return false;
    }
    return true;
  }

  /** The first verdict counts; later ones, of a probe that outlived its deadline, are dropped. */
  #finish(answer: string | Encoder, verdict: Status): void {
    if (this.#answered) return;
    const status = this.#answer(answer) ? verdict : Status.UNKNOWN;
    process.exitCode = status;
    const leave = () => process.exit(status);
    if (this.#cleanUps.length === 0) {
      leave();
    } else {
      setTimeout(leave, GRACE_MS);
      Promise.allSettled(this.#cleanUps.map(async (task) => task())).then(leave);
    }
  }
}

/** Takes many short pieces of text and keeps few buffers of bytes, outside of the heap. */
class Encoder {
  readonly #full: Buffer[] = [];
  #batch = Buffer.allocUnsafe(BATCH);
  #used = 0;

  add(piece: string): void {
    // UTF-8 has at most three bytes for a unit of UTF-16
    const most = piece.length * 3;
    if (this.#used + most > this.#batch.length) {
      this.#full.push(this.#batch.subarray(0, this.#used));
      this.#batch = Buffer.allocUnsafe(Math.max(BATCH, most));
      this.#used = 0;
    }
    this.#used += this.#batch.write(piece, this.#used);
  }

  batches(): readonly Buffer[] {
    return [...this.#full, this.#batch.subarray(0, this.#used)];
  }
}

/** Longest wait for a reader that does not read; a core that has gone away must not leave plugins behind. */
const STALLED_MS = 5000;
