import { type ChildProcess, spawn } from "node:child_process";

import { printable, Status, type Timeout } from "monitoring-plugins-ts";
import { MAX_TEXT, type RawResult } from "monitoring-plugins-ts/passive";

/** More than is submitted of it. */
const MAX_OUTPUT = 2 * MAX_TEXT;

/** From SIGTERM to SIGKILL: some plugins have something to tidy up. */
const TIDY_MS = 1000;

/** How long the rest of the output is waited for once the plugin has ended: what it has left running may keep the pipe. */
const REST_MS = 500;

/** How a plugin ended. */
export interface Ended {
  /** Undefined when it did not end by itself. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly isLate: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** A plugin that runs. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** At once, and all that it has started. */
  kill(): void;
}

/**
 * Starts a plugin without a shell, its stdin empty, and in a process group of its own.
 *
 * @param seconds until it is ended, with all that it has started
 */
export function runCommand([file = "", ...args]: readonly string[], seconds: number): Running {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let isRunning = true;
  const signal = (name: NodeJS.Signals) => {
    if (isRunning) signalGroup(child, name);
  };
  const ended = new Promise<Ended>((resolve) => {
    const [stdout, stderr] = [new Output(child.stdout), new Output(child.stderr)];
    let isLate = false;
    const timers = [
      setTimeout(() => {
        isLate = true;
        signal("SIGTERM");
        timers.push(setTimeout(() => signal("SIGKILL"), TIDY_MS));
      }, seconds * 1000),
    ];
    const end = (code: number | null, by: NodeJS.Signals | null, failure = "") => {
      if (!isRunning) return;
      isRunning = false;
      for (const timer of timers) clearTimeout(timer);
      child.stdout?.destroy();
      child.stderr?.destroy();
      const texts = { stdout: stdout.text, stderr: failure || stderr.text };
      resolve({ code: code ?? undefined, signal: by ?? undefined, isLate, ...texts });
    };
    child.once("error", (error: NodeJS.ErrnoException) => end(null, null, describeStart(file, error)));
    child.once("close", end);
    child.once("exit", (code, by) => timers.push(setTimeout(() => end(code, by), REST_MS)));
  });
  return { ended, kill: () => signal("SIGKILL") };
}

/**
 * What a plugin found, as a core reads it.
 *
 * @param timeout the state it has when it is late
 */
export function resultOf(ended: Ended, timeout: Timeout): Pick<RawResult, "exitCode" | "output"> {
  const { code, signal, isLate, stdout, stderr } = ended;
  const said = stdout.trim() === "" ? withoutOutput(stderr) : stdout;
  if (isLate) return { exitCode: timeout.status, output: `(no end within ${timeout.seconds} s) ${said}` };
  if (signal !== undefined) return { exitCode: Status.UNKNOWN, output: `(ended by ${signal}) ${said}` };
  return { exitCode: code ?? Status.UNKNOWN, output: said };
}

function withoutOutput(stderr: string): string {
  const [line = ""] = stderr.trim().split("\n", 1);
  return line === "" ? "(no output)" : `(no output, stderr:) ${printable(line, 500)}`;
}

function describeStart(file: string, { code, message }: NodeJS.ErrnoException): string {
  const why = code === "ENOENT" ? "no such file" : code === "EACCES" ? "permission denied" : message;
  return `cannot run '${file}': ${why}`;
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // all of them have ended
  }
}

/** What comes of a stream: the first of it is kept, the rest is taken, so that the plugin does not wait for a reader. */
class Output {
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(stream: NodeJS.ReadableStream | null) {
    stream?.on("data", (chunk: Buffer) => {
      if (this.#length < MAX_OUTPUT) this.#chunks.push(chunk);
      this.#length += chunk.length;
    });
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
