import { type ProgramContext, UsageError } from "monitoring-plugins-ts";
import { press, type ScreenState } from "./keys.ts";
import { render } from "./screen.ts";
import type { View } from "./table.ts";
import { hasScreen, type Key, openTerminal, type Terminal, type TerminalEvents } from "./terminal/index.ts";
import type { Watch } from "./watch.ts";

/** How the screen starts. */
export interface ScreenOptions {
  readonly view: View;
  readonly merge: boolean;
  /** Seconds between two looks. */
  readonly interval: number;
}

/** Answers that come within this time are drawn together. */
const COLLECT_MS = 20;

/** The clock on the screen goes on even when no server answers. */
const TICK_MS = 1000;

/** As a shell counts the end by SIGHUP. */
const HUNG_UP = 129;

/**
 * Shows the servers until the operator has seen enough.
 *
 * @returns the exit code
 * @throws UsageError when there is no terminal to show them on
 */
export async function runScreen(
  watches: readonly Watch[],
  options: ScreenOptions,
  context: ProgramContext,
): Promise<number> {
  if (!hasScreen(context.env)) throw new UsageError("no terminal that can show a screen: use -b or --json");
  const live = new Live(watches, options, context);
  const terminal = await openTerminal(live);
  context.onExit(() => terminal.close());
  return live.show(terminal);
}

class Live implements TerminalEvents {
  readonly #watches: readonly Watch[];
  readonly #interval: number;
  readonly #context: ProgramContext;
  readonly #colour: boolean;
  #terminal: Terminal | undefined;
  #end: (code: number) => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #state: ScreenState;
  #page = 1;
  #drawing: NodeJS.Timeout | undefined;
  #tick: NodeJS.Timeout | undefined;
  /** Grows with every suspension: what was started before is over. */
  #turn = 0;

  constructor(watches: readonly Watch[], { view, merge, interval }: ScreenOptions, context: ProgramContext) {
    this.#watches = watches;
    this.#interval = interval;
    this.#context = context;
    // see no-color.org: set to anything but nothing
    this.#colour = (context.env.NO_COLOR ?? "") === "";
    this.#state = { view, merge, top: 0, left: 0, help: false };
  }

  /** @returns the exit code, once there is one */
  show(terminal: Terminal): Promise<number> {
    this.#terminal = terminal;
    return new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
      this.resume();
    });
  }

  key(key: Key): void {
    const pressed = press(this.#state, key, this.#page);
    if (pressed === "quit") this.#end(0);
    else if (pressed === "suspend") this.#terminal?.suspend();
    else if (pressed === "refresh") this.#terminal?.refresh();
    else this.#state = pressed;
    this.#draw();
  }

  resize(): void {
    this.#draw();
  }

  lost(): void {
    this.#end(HUNG_UP);
  }

  /** While we are stopped servers would see us hang, and deadlines would pass unseen. */
  suspend(): void {
    this.#turn++;
    clearInterval(this.#tick);
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    for (const watch of this.#watches) watch.disconnect();
  }

  resume(): void {
    this.suspend();
    const turn = this.#turn;
    for (const watch of this.#watches) this.#poll(watch, turn).catch(this.#fail);
    this.#tick = setInterval(() => this.#draw(), TICK_MS);
    this.#draw();
  }

  /** Each server at its own pace, so that one that hangs holds up no other. */
  async #poll(watch: Watch, turn: number): Promise<void> {
    while (turn === this.#turn) {
      const start = process.uptime();
      await watch.poll();
      if (turn !== this.#turn) return;
      this.#drawSoon();
      const pauseMs = Math.max(0, start + this.#interval - process.uptime()) * 1000;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  #drawSoon(): void {
    this.#drawing ??= setTimeout(() => this.#draw(), COLLECT_MS);
  }

  #draw(): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    if (this.#terminal === undefined) return;
    const { columns, rows } = this.#terminal;
    const { lines, page, top, left } = render(this.#state, {
      servers: this.#watches.map(({ facts }) => facts),
      columns,
      rows,
      time: this.#context.now(),
      now: process.uptime(),
      interval: this.#interval,
      colour: this.#colour,
    });
    this.#page = page;
    this.#state = { ...this.#state, top, left };
    this.#terminal.draw(lines);
  }
}
