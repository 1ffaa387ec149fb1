// How the tests of check_liveproxy run it, and a proxy for it to look at.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";

import { startCannedCore } from "../servers/canned-core.ts";
import { startLiveproxyd } from "../servers/liveproxyd/start.ts";
import { patiently, runPlugin } from "./exec.ts";
import { parseOutput } from "./perfdata.ts";

const memories = mkdtempSync(join(tmpdir(), "liveproxy-"));
after(() => rmSync(memories, { recursive: true, force: true }));
let runs = 0;

/** An answer takes its time on a busy machine. */
const PATIENT = { "-t": "50", "-w": "30", "-c": "40" };

/** Runs it without a memory of other runs, with these variables in its environment. */
export const runWith = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  runPlugin("check_liveproxy", patiently(args, PATIENT), {
    env: { MP_STATE_PATH: join(memories, `${runs++}`), ...env },
  });

export const run = (...args: readonly string[]) => runWith({}, ...args);

/** Runs it, and takes its answer apart: whatever it says must be well-formed. */
export async function check(...args: readonly string[]) {
  const { code, stdout, stderr } = await run(...args);
  assert.equal(stderr, "");
  return { code, stdout, ...parseOutput(stdout) };
}

/** Verdict and first line. */
export async function expects(code: number, text: RegExp, ...args: readonly string[]) {
  const answer = await check(...args);
  assert.match(answer.text, text);
  assert.equal(answer.code, code, answer.stdout);
  return answer;
}

export const labels = ({ perfdata }: { perfdata: readonly { label: string }[] }) => perfdata.map(({ label }) => label);

/** A proxy of two sites, both ready, in front of a core that always answers. */
export async function cannedProxy(t: TestContext, options: Partial<Parameters<typeof startLiveproxyd>[1]> = {}) {
  const core = await startCannedCore(t);
  const proxy = await startLiveproxyd(t, {
    sites: [
      { id: "muc", target: core.socket },
      { id: "ber", target: core.socket },
    ],
    ...options,
  });
  await proxy.untilState(/\[muc\]\n {2}State: +ready/);
  await proxy.untilState(/\[ber\]\n {2}State: +ready/);
  return { core, proxy, args: ["--omd-root", proxy.root] };
}
