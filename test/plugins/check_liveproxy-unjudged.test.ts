// Thresholds that are given, and nothing is there that they could judge.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { startCannedCore, status } from "../servers/canned-core.ts";
import { fixed16 } from "../servers/liveproxyd/answer.ts";
import { startLiveproxyd } from "../servers/liveproxyd/start.ts";
import { runPlugin } from "../support/exec.ts";
import { parseOutput } from "../support/perfdata.ts";
import { temporaryFolder } from "../support/proc-tree.ts";

const SIX = [
  ...["--channels-warning", "1:", "--heartbeat-critical", "30", "--state-age-critical", "60"],
  ...["--slots-warning", "80%", "--fds-critical", "95%", "--threads-warning", "500"],
];

test("six thresholds, and only a socket to judge by", async (t) => {
  const answer = () => fixed16(200, `[[${Math.floor(Date.now() / 1000) - 3600},"2.3.0p1","2.3.0p1",4711,0,0]]\n`);
  const core = await startCannedCore(t, { answer });
  const check = async (...args: readonly string[]) => {
    const { code, stdout } = await runPlugin("check_liveproxy", [
      ...["--socket-dir", join(core.socket, ".."), "--state-dir", temporaryFolder(t)],
      ...args,
    ]);
    return { code, stdout, text: parseOutput(stdout).text };
  };

  const given = await check(...SIX);
  for (const text of [
    /--slots-warning cannot be judged: the core does not tell how many it has\./,
    /--state-age-critical, --channels-warning, --heartbeat-critical cannot be judged: no state file is looked at\./,
    /--fds-critical, --threads-warning cannot be judged: no pid file is looked at\.$/,
  ]) {
    assert.match(`${given.text}`, text);
  }
  assert.equal(given.code, 3, given.stdout);

  assert.equal((await check()).code, 0);
  const chosen = await check(...SIX, "--unjudged", "ok");
  assert.match(chosen.text, /^check_liveproxy OK - 1 site ready/);
  assert.match(chosen.stdout, /\nnote: --fds-critical, --threads-warning cannot be judged: /);
  assert.equal(chosen.code, 0);
  assert.equal((await check(...SIX, "--unjudged", "warning")).code, 1);
  const wrong = await check("--unjudged", "maybe");
  assert.match(wrong.text, /'maybe' is not a state/);
  assert.equal(wrong.code, 3);
});

test("the same six, and all of it there", async (t) => {
  const core = await startCannedCore(t, { answer: () => status() });
  const proxy = await startLiveproxyd(t, { sites: [{ id: "muc", target: core.socket }] });
  await proxy.untilState(/State: +ready/);
  const args = ["--omd-root", proxy.root, "--state-dir", temporaryFolder(t), "--reset-warning", "0", ...SIX];
  const { code, stdout } = await runPlugin("check_liveproxy", args);
  assert.match(stdout, /^check_liveproxy OK - 1 site ready/);
  assert.equal(code, 0);
});
