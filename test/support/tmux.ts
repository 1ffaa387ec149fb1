import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { programPath } from "./debian.ts";
import { pluginCommand } from "./exec.ts";
import { type Owner, spawnOwned } from "./owner.ts";
import { until } from "./until.ts";

const PROMPT = "ready>";

/** A real terminal emulator with windows of their own size; its owner ends it with all that runs in it. */
export class Tmux {
  readonly #program: string;
  readonly #socket: string;

  private constructor(program: string, socket: string) {
    this.#program = program;
    this.#socket = socket;
  }

  static async start(owner: Owner): Promise<Tmux> {
    const folder = mkdtempSync(join(tmpdir(), "tmux-"));
    const program = programPath("tmux");
    const socket = join(folder, "socket");
    const tmux = new Tmux(program, socket);
    // in the foreground (-D), so that it is our child and ends with us
    const env = { PATH: process.env.PATH ?? "", LC_ALL: "C.UTF-8", SHELL: "/bin/bash", HOME: folder };
    const server = spawnOwned(owner, program, ["-S", socket, "-f", "/dev/null", "-D"], { stdio: "ignore", env });
    owner.after(() => rmSync(folder, { recursive: true, force: true }));
    await once(server, "spawn");
    let failure: unknown;
    const isUp = async () => {
      if (server.exitCode !== null) throw new Error(`tmux ended: ${failure}`);
      failure = await tmux.run("show-options", "-g").then(
        () => undefined,
        (error) => error,
      );
      return failure === undefined;
    };
    await until(isUp, () => `tmux: ${failure}`, 50);
    return tmux;
  }

  /** One tmux command. @returns what it prints */
  async run(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(this.#program, ["-S", this.#socket, "-u", ...args]);
    return stdout;
  }

  /** A window with an interactive shell in it, waiting for input. */
  async open(columns: number, rows: number): Promise<Window> {
    const shell = `env -i PATH="$PATH" TERM="$TERM" LC_ALL=C.UTF-8 PS1='${PROMPT} ' /bin/bash --norc --noprofile -i`;
    const size = ["-x", String(columns), "-y", String(rows)];
    const id = (await this.run("new-session", "-d", "-P", "-F", "#{pane_id}", ...size, shell)).trim();
    const window = new Window(this, id);
    await window.until(PROMPT);
    return window;
  }
}

/** One terminal of a {@link Tmux}. */
export class Window {
  readonly #tmux: Tmux;
  readonly #id: string;

  constructor(tmux: Tmux, id: string) {
    this.#tmux = tmux;
    this.#id = id;
  }

  /** Types a line for the shell. */
  async type(line: string): Promise<void> {
    await this.#tmux.run("send-keys", "-t", this.#id, "-l", line);
    await this.press("Enter");
  }

  /** Starts a plugin from the shell, with `env` before it, such as `NO_COLOR=1`. */
  async start(name: string, args: readonly string[], env = ""): Promise<void> {
    await this.type(`clear; ${env} ${pluginCommand(name).join(" ")} ${args.join(" ")}`);
  }

  /** Presses keys by their names in tmux: `q`, `C-c`, `PageDown`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux.run("send-keys", "-t", this.#id, ...keys);
  }

  /** What the terminal shows, without the blanks at the ends of lines. */
  async text(): Promise<string> {
    const screen = await this.#tmux.run("capture-pane", "-p", "-t", this.#id);
    return screen
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n");
  }

  /** The same with escape codes for its colours. */
  async styled(): Promise<string> {
    return this.#tmux.run("capture-pane", "-p", "-e", "-N", "-t", this.#id);
  }

  /** Waits for a screen. @throws Error that shows the screen when it does not come */
  async until(wanted: string | RegExp): Promise<string> {
    let text = "";
    const isShown = async () => {
      text = await this.text();
      return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
    };
    await until(isShown, () => `${wanted} on the screen:\n${text}`, 40);
    return text;
  }

  /** A variable of tmux: `alternate_on`, `cursor_flag`. */
  async variable(name: string): Promise<string> {
    return (await this.#tmux.run("display-message", "-p", "-t", this.#id, `#{${name}}`)).trim();
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux.run("resize-window", "-t", this.#id, "-x", String(columns), "-y", String(rows));
  }

  /** Closes the terminal, as a window is closed under what runs in it. */
  async close(): Promise<void> {
    await this.#tmux.run("kill-pane", "-t", this.#id);
  }
}
