import assert from "node:assert/strict";

import { queueCounts } from "#test/servers/admin.ts";
import { KEY } from "#test/servers/mod-gearman-worker.ts";
import { type Finished, patiently, type Started, startPlugin } from "#test/support/exec.ts";
import { type Output, parseOutput } from "#test/support/perfdata.ts";

const STATES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

export interface Answer extends Output {
  readonly state: string;
  readonly stdout: string;
  /** The text without plugin and state, its numbers of seconds as `N s`, ports as `PORT`. */
  readonly says: string;
  /** The value of one perfdata item. */
  readonly value: (label: string) => number | undefined;
}

/** Runs check_mod_gearman with the workers' key and asserts what holds of every answer. */
export async function check(...args: readonly string[]): Promise<Answer> {
  return read(await start(...args).finished);
}

/** The round trip of a job takes its time on a busy machine. */
const PATIENT = { "-t": "50", "-w": "30", "-c": "40" };

/** {@link check} without waiting for it. */
export function start(...args: readonly string[]): Started {
  const key = args.some((argument) => /^--(?:key|config|no-enc)/.test(argument)) ? [] : ["--key-env", "THE_KEY"];
  return startPlugin("check_mod_gearman", [...key, ...patiently(args, PATIENT)], { env: { THE_KEY: KEY } });
}

/** Takes the answer of a run apart. */
function read({ code, signal, stdout, stderr }: Finished): Answer {
  assert.deepEqual({ signal, stderr }, { signal: null, stderr: "" }, stdout);
  assert.doesNotMatch(stdout, /internal error/);
  const state = STATES[code ?? -1] ?? assert.fail(`exit code ${code}`);
  const output = parseOutput(stdout);
  const [, word, text = ""] = /^check_mod_gearman ([A-Z]+) - (.*)$/.exec(output.text) ?? [];
  assert.equal(word, state, stdout);
  return {
    ...output,
    state,
    stdout,
    says: text.replace(/\d+\.\d+ s/g, "N s").replace(/127\.0\.0\.1:\d+/g, "PORT"),
    value: (label) => output.perfdata.find((item) => item.label === label)?.value,
  };
}

/** What the server lists, a line a queue: `name total running workers`. */
export async function listed(address: string): Promise<readonly string[]> {
  const queues = await queueCounts(address);
  return [...queues].map(([name, { total, running, workers }]) => `${name} ${total} ${running} ${workers}`).sort();
}
