import { constants, openSync, writeSync } from "node:fs";
import { emitKeypressEvents } from "node:readline";
import {
  beginSynchronizedOutput,
  cursorHide,
  cursorShow,
  cursorTo,
  endSynchronizedOutput,
  enterAlternativeScreen,
  eraseEndLine,
  eraseScreen,
  exitAlternativeScreen,
} from "ansi-escapes";

import type { TerminalEvents } from "./open.ts";
import { type Line, lineColumns, paint } from "./paint.ts";

/** Without wrapping, a character that is wider than thought spoils its own line only (DECAWM). */
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h";
const PLAIN = "\x1b[0m";

/** Ends an escape code that was cut in the middle (CAN). */
const CANCEL = "\x18";

/** How soon a terminal that takes no more is tried again. */
const RETRY_MS = 20;

/** How often it is tried when the screen is given back: a terminal that has stalled must not keep the program alive. */
const LAST_TRIES = 10;

/**
 * The whole screen of the terminal at stdin and stdout. What was there before comes back with {@link close}, which has to
 * be called on every way out.
 *
 * Drawing never waits for the terminal: while it takes no more (a stalled connection), frames are left out.
 */
export class Terminal {
  readonly #events: TerminalEvents;
  readonly #fd = openUnblocked();
  #state: "closed" | "open" | "suspended" = "suspended";
  #shown: readonly string[] = [];
  #size = "";
  #unwritten = Buffer.alloc(0);
  #retry: NodeJS.Timeout | undefined;
  #next: readonly Line[] | undefined;

  constructor(events: TerminalEvents) {
    this.#events = events;
    const { stdin, stdout } = process;
    if (stdin.isTTY) {
      emitKeypressEvents(stdin);
      stdin.on("keypress", this.#press);
      stdin.on("end", this.#lost);
      stdin.on("error", this.#lost);
    }
    stdout.on("error", this.#lost);
    stdout.on("resize", this.#resized);
    process.on("SIGTSTP", this.#stop);
    process.on("SIGCONT", this.#resume);
    this.#enter();
  }

  get columns(): number {
    return process.stdout.columns || 80;
  }

  get rows(): number {
    return process.stdout.rows || 24;
  }

  /** Shows these lines, from the top; each at most as wide as the screen. */
  draw(lines: readonly Line[]): void {
    if (this.#state !== "open") return;
    if (this.#unwritten.length > 0) {
      this.#next = lines;
      return;
    }
    const size = `${this.columns}x${this.rows}`;
    let output = "";
    if (size !== this.#size) {
      this.#size = size;
      this.#shown = [];
      output += eraseScreen;
    }
    const painted = lines.slice(0, this.rows).map((line) => this.#paint(line));
    for (let y = 0; y < Math.max(painted.length, this.#shown.length); y++) {
      const line = painted[y] ?? eraseEndLine;
      if (line !== this.#shown[y]) output += cursorTo(0, y) + line;
    }
    this.#shown = painted;
    if (output !== "") this.#write(beginSynchronizedOutput + output + endSynchronizedOutput);
  }

  /** Draws everything anew next time: something else has written to the screen. */
  refresh(): void {
    this.#size = "";
  }

  /** Gives the screen back and stops the program, as Ctrl-Z does elsewhere: the whole job, a pipe's other ends too. */
  suspend(): void {
    this.#stopAll(0);
  }

  /** Gives the screen back for good; may be called again. */
  close(): void {
    this.#leave();
    this.#state = "closed";
    const { stdin, stdout } = process;
    stdin.off("keypress", this.#press);
    stdout.off("resize", this.#resized);
    process.off("SIGTSTP", this.#stop);
    process.off("SIGCONT", this.#resume);
    stdin.pause();
  }

  readonly #press = (_text: string | undefined, key: { name?: string; sequence?: string; ctrl?: boolean }): void => {
    const { sequence = "", name = "", ctrl = false } = key;
    // a name is lower case and lacks where the key writes a sign, so what it writes tells more
    const isWritten = !ctrl && /^[!-~]$/.test(sequence);
    this.#events.key({ name: isWritten ? sequence : name, ctrl });
  };

  readonly #resized = (): void => this.#events.resize();

  readonly #lost = (): void => this.#events.lost();

  /** Somebody else sent SIGTSTP, to us alone perhaps. */
  readonly #stop = (): void => this.#stopAll(process.pid);

  #stopAll(target: number): void {
    this.#leave();
    this.#events.suspend();
    process.off("SIGTSTP", this.#stop);
    process.kill(target, "SIGTSTP");
    // here again after SIGCONT, or at once where nobody could continue us and the system does not stop us
    process.on("SIGTSTP", this.#stop);
    setTimeout(() => {
      if (this.#state === "suspended") this.#resume();
    }, RETRY_MS);
  }

  readonly #resume = (): void => {
    if (this.#state === "closed") return;
    // after SIGSTOP it is still open, but the shell has changed the terminal's mode and has written to it
    if (this.#state === "open") this.#setRaw(false);
    this.#enter();
    this.#events.resume();
  };

  #enter(): void {
    this.#state = "open";
    this.#setRaw(true);
    this.#size = "";
    this.#write(enterAlternativeScreen + cursorHide + NO_WRAP);
  }

  #leave(): void {
    if (this.#state !== "open") return;
    this.#state = "suspended";
    clearTimeout(this.#retry);
    const cut = this.#unwritten.length > 0 ? CANCEL : "";
    this.#unwritten = Buffer.alloc(0);
    this.#next = undefined;
    let rest = Buffer.from(cut + endSynchronizedOutput + PLAIN + WRAP + cursorShow + exitAlternativeScreen);
    for (let tries = 0; rest.length > 0 && tries < LAST_TRIES; tries++) {
      try {
        rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") break;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
    }
    this.#setRaw(false);
  }

  #setRaw(raw: boolean): void {
    try {
      if (process.stdin.isTTY) process.stdin.setRawMode(raw);
    } catch {
      // the terminal is gone, and with it its mode
    }
  }

  #paint(line: Line): string {
    const painted = paint(line);
    // behind a full line the cursor stands on its last character, which erasing would take away
    return lineColumns(line) < this.columns ? painted + eraseEndLine : painted;
  }

  #write(text: string): void {
    this.#unwritten = Buffer.concat([this.#unwritten, Buffer.from(text)]);
    this.#flush();
  }

  readonly #flush = (): void => {
    try {
      while (this.#unwritten.length > 0) {
        this.#unwritten = this.#unwritten.subarray(writeSync(this.#fd, this.#unwritten));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") {
        clearTimeout(this.#retry);
        this.#retry = setTimeout(this.#flush, RETRY_MS);
      } else {
        this.#unwritten = Buffer.alloc(0);
        this.#lost();
      }
      return;
    }
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) this.draw(next);
  };
}

/**
 * The terminal at stdout once more, for writes that never wait. Another descriptor of it, because the mode of the one we
 * were given is shared with the shell. Where it cannot be opened (after su), writes may wait.
 */
function openUnblocked(): number {
  try {
    return openSync("/proc/self/fd/1", constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return 1;
  }
}
