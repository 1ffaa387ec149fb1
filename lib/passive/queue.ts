import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

import { objectKey, type PassiveResult, toResult } from "./result.ts";

/** A result in the queue, by the name of its file. */
export interface Queued {
  readonly file: string;
  /** When it was put there, in milliseconds since 1970. */
  readonly since: number;
  /** The same for all results of one object. */
  readonly object: string;
}

/** Digits of a time in microseconds, so that names sort by it. */
const DIGITS = 17;

const NAME = /^(\d{17})-([0-9a-f]{8})-([0-9a-f]{8})-\d+\.json$/;

/** What a run that was killed has left half written is removed after so long. */
const HALF_WRITTEN_MS = 3_600_000;

/** More than the longest result, all of it escaped. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Results that could not be delivered: a file each, in the order of their coming. What {@link put} has taken outlives kill -9 and a power
 * cut. Several processes may use one folder; results of other targets are left alone.
 */
export class Queue {
  readonly folder: string;
  readonly #target: string;
  #last = 0;

  /** @throws Error of the file system when the folder cannot be made or used */
  constructor(folder: string, target: string) {
    // not those above it: below /proc Node would never come back
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    if (!statSync(folder).isDirectory()) throw new Error("it is no folder");
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    this.folder = folder;
    this.#target = hash(target);
  }

  /** Keeps a result. @throws Error of the file system when it cannot be kept */
  async put(result: PassiveResult): Promise<void> {
    this.#last = Math.max(Date.now() * 1000, this.#last + 1);
    const when = `${this.#last}`.padStart(DIGITS, "0");
    const file = `${when}-${this.#target}-${this.objectOf(result)}-${process.pid}.json`;
    const path = join(this.folder, file);
    const temporary = `${path}.tmp`;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const handle = await open(temporary, flags, 0o600);
    try {
      const { host, service, exitCode: exit_code, output, perfdata, started, time } = result;
      await handle.writeFile(`${JSON.stringify({ host, service, exit_code, output, perfdata, started, time })}\n`);
      await handle.sync();
    } catch (error) {
      await unlink(temporary).catch(() => {});
      throw error;
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await this.#syncFolder();
  }

  /** See {@link Queued.object}. */
  objectOf(result: PassiveResult): string {
    return hash(objectKey(result));
  }

  /** A new name is on the disk when its folder is. */
  async #syncFolder(): Promise<void> {
    const handle = await open(this.folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** What is there for this target, the oldest first, and how many there are for others. @throws Error of the file system */
  async list(): Promise<{ readonly queued: readonly Queued[]; readonly others: number }> {
    const queued: Queued[] = [];
    let others = 0;
    for (const file of (await readdir(this.folder)).sort()) {
      const [, when, target, object] = NAME.exec(file) ?? [];
      if (target === this.#target && object !== undefined) queued.push({ file, since: Number(when) / 1000, object });
      else if (target !== undefined) others++;
      else if (file.endsWith(".tmp")) await this.#removeHalfWritten(file);
    }
    return { queued, others };
  }

  async #removeHalfWritten(file: string): Promise<void> {
    const path = join(this.folder, file);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > HALF_WRITTEN_MS) await unlink(path).catch(() => {});
  }

  /** @returns undefined when it is gone @throws Error that says why it is no result */
  async read({ file }: Queued): Promise<PassiveResult | undefined> {
    const path = join(this.folder, file);
    try {
      const { size } = await stat(path);
      if (size > MAX_BYTES) throw new Error(`it is longer than ${MAX_BYTES} bytes`);
      const raw = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
      return toResult({ ...raw, host: raw.host, exitCode: raw.exit_code, output: raw.output }, Date.now() / 1000);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new Error(`${path} is no result: ${(error as Error).message}`, { cause: error });
    }
  }

  async remove({ file }: Queued): Promise<void> {
    await unlink(join(this.folder, file)).catch((error) => {
      if (error.code !== "ENOENT") throw error;
    });
  }

  /** Puts a file that is no result out of the way. */
  async setAside({ file }: Queued): Promise<void> {
    await rename(join(this.folder, file), join(this.folder, `${file}.bad`));
  }

  /**
   * Makes this process the only one that delivers from the folder, until it is released or the process ends, however it does.
   *
   * @returns undefined when another one is at it
   */
  async lock(): Promise<{ release(): Promise<void> } | undefined> {
    const { dev, ino } = await stat(this.folder);
    // a name in the kernel's own space of sockets: nothing is left over of a process that was killed
    const name = `\0monitoring-plugins-queue-${dev}-${ino}-${this.#target}`;
    const server = createServer();
    const isOurs = await listen(server, name);
    if (!isOurs) return undefined;
    server.unref();
    return { release: () => new Promise((resolve) => server.close(() => resolve())) };
  }
}

function listen(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen(name, () => resolve(true));
  });
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);
