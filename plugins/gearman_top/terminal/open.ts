import type { Terminal } from "./terminal.ts";

/** A key that was pressed. */
export interface Key {
  /** `up`, `pagedown`, `escape`; of a key that writes, what it writes: `q`, `Q`, `?`. Empty for what nobody knows. */
  readonly name: string;
  readonly ctrl: boolean;
}

/** What happens on a terminal. */
export interface TerminalEvents {
  key(key: Key): void;
  /** The size is another one. */
  resize(): void;
  /** The program is about to be stopped (Ctrl-Z), and goes on after that. */
  suspend(): void;
  resume(): void;
  /** The terminal is gone. */
  lost(): void;
}

/** Whether stdout is a terminal that can show a screen. */
export function hasScreen(env: Readonly<Record<string, string | undefined>>): boolean {
  return process.stdout.isTTY === true && env.TERM !== undefined && env.TERM !== "" && env.TERM !== "dumb";
}

/**
 * Takes the terminal at stdin and stdout over, see {@link Terminal}. What that needs is loaded now: a program that only
 * prints does not pay for it.
 */
export async function openTerminal(events: TerminalEvents): Promise<Terminal> {
  const { Terminal } = await import("./terminal.ts");
  return new Terminal(events);
}
