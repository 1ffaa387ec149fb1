import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Most letters kept: whoever may write to the queue could else fill the disk. */
const MOST = 10_000;

const MESSAGE = ".message";

/** A folder for messages that were not delivered: `NAME.message` as it came, and `NAME.reason` with one line. */
export class DeadLetters {
  readonly #folder: string;
  #count: number;
  #number = 0;

  /** @throws Error when the folder cannot be made or read */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#count = readdirSync(folder).filter((name) => name.endsWith(MESSAGE)).length;
  }

  /**
   * Keeps a message: it is on the disk when this returns.
   *
   * @param now milliseconds since 1970
   * @throws Error when it cannot be kept
   */
  keep(message: Buffer, reason: string, now: number): void {
    if (this.#count >= MOST) throw new Error(`'${this.#folder}' holds ${MOST} messages`);
    const time = new Date(now).toISOString().replaceAll(/[-:]/g, "").replace(".", "-");
    const name = `${time}-${process.pid}-${++this.#number}`;
    this.#write(`${name}.reason`, Buffer.from(`${reason}\n`));
    this.#write(`${name}${MESSAGE}`, message);
    this.#count++;
  }

  #write(name: string, content: Buffer): void {
    const unfinished = join(this.#folder, `.${name}`);
    const file = openSync(unfinished, "w", 0o600);
    try {
      for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, join(this.#folder, name));
    // the new name is in the folder
    const folder = openSync(this.#folder, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}
