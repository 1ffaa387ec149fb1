import { runPlugin } from "../test/support/exec.ts";
import type { Owner } from "../test/support/owner.ts";

/** The scenes of one plugin: the default export of `plugins/<name>/demo.ts`. */
export type Demo = (stage: Stage) => Promise<void>;

/** Where the scenes are played: runs executables, shows what they say, and clears up at the end. */
export class Stage implements Owner {
  readonly #stops: (() => unknown)[] = [];

  /** What a scene started ends with the demo, the last thing first. */
  after(stop: () => unknown): void {
    this.#stops.unshift(stop);
  }

  /** A line for the reader. */
  say(text: string): void {
    console.log(`\n# ${text}`);
  }

  /** Runs `dist/<name>` and prints command line, output and exit code. */
  async run(name: string, ...args: readonly string[]): Promise<void> {
    console.log(`\n$ ${[name, ...args].map(quoted).join(" ")}`);
    const { code, stdout, stderr } = await runPlugin(name, args);
    process.stdout.write(stdout + stderr);
    console.log(`exit code ${code}`);
  }

  /** Runs `dist/<name>` without showing it, for what goes on between two scenes. */
  async quietly(name: string, ...args: readonly string[]): Promise<void> {
    await runPlugin(name, args);
  }

  async clear(): Promise<void> {
    for (const stop of this.#stops.splice(0)) await stop();
  }
}

/** As it would have to be typed in a shell. */
const quoted = (argument: string) =>
  /^[\w.,:=@%/+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
