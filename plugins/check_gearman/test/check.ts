import assert from "node:assert/strict";

import { adminCommand, untilQueues } from "#test/servers/admin.ts";
import { fillQueue, registerQueues } from "#test/servers/gearman-worker.ts";
import { type Gearmand, startGearmand } from "#test/servers/gearmand.ts";
import { neverAnswers, startRawWorker } from "#test/servers/raw-worker.ts";
import { execPlugin, type Finished, patiently, startPlugin } from "#test/support/exec.ts";
import type { Owner } from "#test/support/owner.ts";
import { type Output, parseOutput } from "#test/support/perfdata.ts";

const STATES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

export interface Answer extends Output {
  readonly state: string;
  readonly stdout: string;
  readonly labels: readonly string[];
  /** The value of one perfdata item. */
  readonly value: (label: string) => number | undefined;
}

/** Runs check_gearman and asserts what holds of every answer: well-formed, a state that fits the text, a silent stderr. */
export async function check(...args: readonly string[]): Promise<Answer> {
  const { code, signal, stdout, stderr } = await execPlugin("check_gearman", ...patiently(args, { "-t": "50" }));
  assert.deepEqual({ signal, stderr }, { signal: null, stderr: "" }, stdout);
  assert.doesNotMatch(stdout, /^\s+at |node:internal|internal error/m);
  const state = STATES[code ?? -1] ?? assert.fail(`exit code ${code}`);
  const output = parseOutput(stdout);
  const [, word] = /^(?:check_gearman )?([A-Z]+) - /.exec(output.text) ?? [];
  if (word !== undefined) assert.equal(word, state, stdout);
  return {
    ...output,
    state,
    stdout,
    labels: output.perfdata.map(({ label }) => label),
    value: (label) => output.perfdata.find((item) => item.label === label)?.value,
  };
}

/** What a queue shall look like in `status`; running jobs have a worker each, which counts as one of `worker`. */
export interface QueueState {
  readonly waiting?: number;
  readonly running?: number;
  readonly worker?: number;
}

/** Brings queues of a real job server into the state wanted. */
export async function populate(
  owner: Owner,
  address: string,
  queues: Readonly<Record<string, QueueState>>,
): Promise<void> {
  for (const [name, { waiting = 0, running = 0, worker = running }] of Object.entries(queues)) {
    if (waiting + running > 0) await fillQueue(address, name, waiting + running);
    for (let i = 0; i < running; i++) await startRawWorker(owner, address, name, neverAnswers);
    // registered, but never asking for a job
    for (let i = running; i < worker; i++) await registerQueues(owner, address, [name]);
    if (waiting + running + worker === 0) await (await registerQueues(owner, address, [name])).release();
    await untilQueues(address, (now) => {
      const queue = now.get(name);
      return queue?.total === waiting + running && queue.running === running && queue.workers === worker;
    });
  }
}

/** A real job server with these queues. */
export async function gearmandWith(owner: Owner, queues: Readonly<Record<string, QueueState>>): Promise<Gearmand> {
  const server = await startGearmand(owner);
  await populate(owner, server.address, queues);
  return server;
}

/** The version a job server says it has. */
export async function versionOf(address: string): Promise<string> {
  return (await adminCommand(address, "version")).replace(/^OK /, "").trim();
}

/**
 * Starts check_gearman, and calls `back` when it has seen no worker and is about to ask again, which it tells with -vvv.
 *
 * @throws Error when it ends without asking again
 */
export async function whileItConfirms(args: readonly string[], back: () => Promise<unknown>): Promise<Finished> {
  const { child, finished } = startPlugin("check_gearman", [...args, "-vvv"]);
  const asking = new Promise<void>((asked) => {
    let log = "";
    child.stderr?.on("data", (chunk) => {
      log += chunk;
      if (log.includes("asking again")) asked();
    });
  });
  const early = finished.then(({ stdout, stderr }) => {
    throw new Error(`it did not ask again: ${stdout}${stderr}`);
  });
  await Promise.race([asking, early]);
  await back();
  return finished;
}
