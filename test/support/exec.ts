import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { assertDeclared } from "./declared.ts";
import { type Owner, spawnOwned } from "./owner.ts";

/** The folder of the executables that are tested: `dist/`, or the one named by the environment, which need no Node. */
export const PLUGINS_DIR = resolve(process.env.PLUGINS_DIR ?? fileURLToPath(new URL("../../dist/", import.meta.url)));

/** Whether the executables tested are those that need no Node. */
const STANDALONE = process.env.PLUGINS_DIR !== undefined;

/** A setting of the environment, as in a shell, that makes the executables load a file first. */
export const preload = (path: string) =>
  STANDALONE ? `BUN_OPTIONS=--preload=${path}` : `NODE_OPTIONS=--require=${path}`;

/** Options for a test that is about Node itself: `test(name, onlyByNode, fn)`. */
export const onlyByNode = { skip: STANDALONE && "about Node, which the standalone executable does without" };

/** What NRPE gives its children: no LANG, no HOME worth having. */
const NRPE_ENVIRONMENT = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };

/** Far above every `-t` in the tests: reached only by a plugin that hangs. */
const TEST_LIMIT_MS = 120_000;

export interface RunOptions {
  /** Added to the bare environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Without any environment, not even the bare one. */
  readonly noEnvironment?: boolean;
  /** Bytes for stdin, which otherwise is /dev/null. */
  readonly input?: string | Buffer;
  /** `closed`: no descriptor 0 at all. */
  readonly stdin?: "closed";
  /** Another node binary. */
  readonly node?: string;
  readonly timeoutMs?: number;
  /** It ends with its owner, and when the tests are killed: for what does not end by itself. */
  readonly owner?: Owner;
  readonly cwd?: string;
  /** Another user, and the group of the same number; only root may ask for one. */
  readonly uid?: number;
  /**
   * `broken`: a pipe nobody reads from any more (EPIPE); `closed`: no descriptor 1 at all; `full`: a disk without room; `ignored`:
   * it goes where nothing is kept.
   */
  readonly stdout?: "read" | "broken" | "closed" | "full" | "ignored";
}

export interface Finished {
  /** null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as bytes, to see invalid UTF-8. */
  readonly raw: Buffer;
}

export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

const REDIRECT = { read: "", broken: "", closed: ">&-", full: ">/dev/full", ignored: "1<>/dev/null" };

/** Program and arguments that start a plugin; see {@link runPlugin} for `name`. */
export function pluginCommand(name: string, node = process.execPath): readonly [string, ...string[]] {
  const path = resolve(PLUGINS_DIR, name);
  return STANDALONE ? [path] : [node, path];
}

/**
 * Runs `<name>` of {@link PLUGINS_DIR} as a monitoring core does. Does not throw on any exit code, but for perfdata that the
 * plugin does not declare.
 */
export function execPlugin(name: string, ...args: readonly string[]): Promise<Finished> {
  return runPlugin(name, args);
}

/** {@link execPlugin} with options; `name` may also be the absolute path of a copied executable. */
export function runPlugin(name: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return startPlugin(name, args, options).finished;
}

/** Starts the plugin without waiting for it, for tests that send it a signal. */
export function startPlugin(name: string, args: readonly string[], options: RunOptions = {}): Started {
  // as a monitoring core starts it: Node by itself does not know of a closed stdout
  const start = options.stdout === "closed" ? [resolve(PLUGINS_DIR, name)] : pluginCommand(name, options.node);
  const command = [...start, ...args];
  // only a shell can start a program without a descriptor
  const redirect = [options.stdin === "closed" ? "<&-" : "", REDIRECT[options.stdout ?? "read"]].join(" ").trim();
  const [file = "", ...rest] = redirect === "" ? command : ["/bin/sh", "-c", `exec "$@" ${redirect}`, "sh", ...command];
  const settings: SpawnOptions = {
    env: options.noEnvironment ? {} : { ...NRPE_ENVIRONMENT, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    timeout: options.timeoutMs ?? TEST_LIMIT_MS,
    killSignal: "SIGKILL",
  };
  const { owner } = options;
  const child = owner === undefined ? spawn(file, rest, settings) : spawnOwned(owner, file, rest, settings);
  if (options.stdout === "broken") child.stdout?.destroy();
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  // a plugin that does not read its stdin is no reason for the test to fail
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input);
  const finished = new Promise<Finished>((done, failed) => {
    child.once("error", failed);
    child.once("close", (code, signal) => {
      const raw = Buffer.concat(out);
      done({ code, signal, stdout: raw.toString("utf8"), stderr: Buffer.concat(err).toString("utf8"), raw });
    });
  });
  return {
    child,
    finished: finished.then(async (all) => {
      await assertDeclared(name, args, all.stdout);
      return all;
    }),
  };
}

/**
 * Arguments for a check whose test is about something else than time: of these options, which a busy machine would else decide,
 * those that `args` does not have.
 */
export function patiently(args: readonly string[], options: Readonly<Record<string, string>>): readonly string[] {
  const missing = Object.entries(options).filter(([option]) => !args.includes(option));
  return [...missing.flat(), ...args];
}

function collect(stream: NodeJS.ReadableStream | null): Buffer[] {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}
