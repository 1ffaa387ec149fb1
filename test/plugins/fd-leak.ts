import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { PLUGINS_DIR, runPlugin } from "../support/exec.ts";
import type { Owner } from "../support/owner.ts";
import { type Output, parseOutput } from "../support/perfdata.ts";
import { temporaryFolder } from "../support/proc-tree.ts";

const STATES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

export interface Answer extends Output {
  readonly state: string;
  readonly stdout: string;
  readonly labels: readonly string[];
  /** The value of one perfdata item. */
  readonly value: (label: string) => number | undefined;
}

/** Runs the check with samples kept in `state`, and asserts what holds of every answer. */
export async function check(state: string, ...args: readonly string[]): Promise<Answer> {
  const { code, signal, stdout, stderr } = await runPlugin("check_gearman_fd_leak", ["--state-dir", state, ...args]);
  return answer(code, signal, stdout, stderr);
}

/** {@link check} as another user, who has a copy of the executable and a folder of its own. */
export async function checkAs(owner: Owner, user: number, ...args: readonly string[]): Promise<Answer> {
  const folder = temporaryFolder(owner);
  chmodSync(folder, 0o711);
  const copy = join(folder, "check_gearman_fd_leak");
  copyFileSync(join(PLUGINS_DIR, "check_gearman_fd_leak"), copy);
  chmodSync(copy, 0o755);
  const state = join(folder, "state");
  mkdirSync(state);
  chmodSync(state, 0o777);
  const { code, signal, stdout, stderr } = await runPlugin(copy, ["--state-dir", state, ...args], { uid: user });
  return answer(code, signal, stdout.replaceAll(folder, "FOLDER"), stderr);
}

function answer(code: number | null, signal: string | null, stdout: string, stderr: string): Answer {
  assert.deepEqual({ signal, stderr }, { signal: null, stderr: "" }, stdout);
  assert.doesNotMatch(stdout, /^\s+at |node:internal|internal error/m);
  const state = STATES[code ?? -1] ?? assert.fail(`exit code ${code}`);
  const output = parseOutput(stdout);
  assert.ok(output.text.startsWith(`check_gearman_fd_leak ${state} - `), stdout);
  return {
    ...output,
    state,
    stdout,
    labels: output.perfdata.map(({ label }) => label),
    value: (label) => output.perfdata.find((item) => item.label === label)?.value,
  };
}
