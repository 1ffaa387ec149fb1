import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Owner } from "../support/owner.ts";

/** The timings of one plugin, in Markdown: the default export of `plugins/<name>/bench.ts`. */
export type Bench = (owner: Owner) => Promise<string>;

const root = fileURLToPath(new URL("../../", import.meta.url));
/** What is measured inherits no more than this: with `NODE_EXTRA_CA_CERTS` set, every start of Node takes as long again. */
const ENVIRONMENT = { PATH: process.env.PATH };

const reportPeak = fileURLToPath(new URL("report-peak.cjs", import.meta.url));

/** A command and what the table calls it. */
export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  /** Path of a file on stdin, which is otherwise empty. */
  readonly input?: string;
}

/** What was measured of one contender. */
export interface Measured {
  readonly name: string;
  /** Median wall time of the whole process, in milliseconds. */
  readonly medianMs: number;
  /** Median of the ratios to the first contender's run of the same round. */
  readonly ratio: number;
  /** The same of the processor time, in user mode and in the kernel. */
  readonly cpuMs: number;
  readonly cpuRatio: number;
}

interface Times {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Runs `dist/<name>` with this very Node. */
export const plugin = (name: string, ...args: readonly string[]): readonly string[] => [
  process.execPath,
  `dist/${name}`,
  ...args,
];

/** A command that is over too soon to be measured alone, run so often. */
export const repeated = (times: number, command: readonly string[]): readonly string[] => [
  "bash",
  "-c",
  `for run in {1..${times}}; do "$@"; done`,
  "bash",
  ...command,
];

/** What every start of Node costs: the yardstick. */
export const EMPTY_NODE: Contender = { name: "node -e 0", command: [process.execPath, "-e", "0"] };

/**
 * Runs all contenders in turn, round by round, so that a machine that slows down slows down all of them. Its first round
 * is not counted.
 */
export async function race(contenders: readonly Contender[], rounds: number): Promise<readonly Measured[]> {
  const times = contenders.map((): Times[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { command, input }] of contenders.entries()) {
      const measured = await time(command, input);
      if (round > 0) times[index]?.push(measured);
    }
  }
  const [first = []] = times;
  return contenders.map(({ name }, index) => {
    const own = times[index] ?? [];
    const ratio = (of: (times: Times) => number) =>
      median(own.map((one, round) => of(one) / of(first[round] ?? { wallMs: Number.NaN, cpuMs: Number.NaN })));
    return {
      name,
      medianMs: median(own.map(({ wallMs }) => wallMs)),
      ratio: ratio(({ wallMs }) => wallMs),
      cpuMs: median(own.map(({ cpuMs }) => cpuMs)),
      cpuRatio: ratio(({ cpuMs }) => cpuMs),
    };
  });
}

/** Node does not tell what its children took, bash does: in seconds, to the millisecond. */
const TIMED = 'TIMEFORMAT="%3R %3U %3S"; time "$@" > /dev/null 2>&1';

async function time(command: readonly string[], input?: string): Promise<Times> {
  const stdin = openInput(input);
  const shell = spawn("bash", ["-c", TIMED, "bash", ...command], {
    cwd: root,
    env: ENVIRONMENT,
    stdio: [stdin, "ignore", "pipe"],
  });
  let text = "";
  shell.stderr?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(shell, "close");
  closeSync(stdin);
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = text.trim().split(" ").map(Number);
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 };
}

const openInput = (path = "/dev/null") => openSync(path, "r");

/** The most memory a Node program held, in MiB: median of three runs. @param input path of a file on stdin */
export async function peakMiB([node = "", ...args]: readonly string[], input?: string): Promise<number> {
  const peaks: number[] = [];
  for (let run = 0; run < 3; run++) {
    const stdin = openInput(input);
    const child = spawn(node, ["--require", reportPeak, ...args], {
      cwd: root,
      env: ENVIRONMENT,
      stdio: [stdin, "ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stdio[3]?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(child, "close");
    closeSync(stdin);
    peaks.push(Number(text) / 1024);
  }
  return median(peaks);
}

/** Of an even number of values that in the middle of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The usual table of a race: how long it took, and how much of that the processor was at work. */
export function raceTable(measured: readonly Measured[]): string {
  const first = measured[0]?.name;
  return table(
    ["", "median", `ratio to ${first}`, "CPU", "ratio of CPU"],
    measured.map(({ name, medianMs, ratio, cpuMs, cpuRatio }) => [
      name,
      `${medianMs.toFixed(1)} ms`,
      ratio.toFixed(2),
      `${cpuMs.toFixed(1)} ms`,
      cpuRatio.toFixed(2),
    ]),
  );
}
