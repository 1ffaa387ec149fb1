import assert from "node:assert/strict";
import { test } from "node:test";

import { report } from "../../../../lib/plugin/result.ts";
import { Status } from "../../../../lib/plugin/status.ts";
import { answer, failure, judge, NOW, processOf, type Scene, site, state } from "./facts.ts";

const { OK, WARNING, CRITICAL, UNKNOWN } = Status;
const ok = site("muc", answer());
const noFile = { problem: "missing", writtenMs: undefined, sites: [] } as const;
const SIX = [
  ...["--channels-warning", "5:", "--heartbeat-critical", "30", "--state-age-critical", "60"],
  ...["--slots-warning", "80%", "--fds-critical", "90%", "--threads-warning", "100"],
];

/** What is looked at, why a threshold that is given says nothing of it, and the threshold. */
const ROWS: readonly (readonly [string, Scene, RegExp, ...string[]])[] = [
  [
    "no state file",
    { sites: [ok], stateFile: noFile },
    /^--busy-critical, --query-warning cannot be judged: the state file is missing$/,
    ...["--busy-critical", "3", "--query-warning", "5m"],
  ],
  [
    "a file that is no state file",
    { sites: [ok], stateFile: { ...noFile, problem: "not a state file" } },
    /^--state-age-warning cannot be judged: the file given is no state file$/,
    ...["--state-age-warning", "10"],
  ],
  [
    "a site that is not in the state file",
    { sites: [ok, site("ber", answer())], states: [state("muc")] },
    /^--channels-critical, --reset-warning cannot be judged: not in the state file \(ber\)$/,
    ...["--channels-critical", "3:", "--reset-warning", "300"],
  ],
  [
    "a state that is too old",
    {
      sites: [ok, site("ber", answer())],
      states: [state("muc"), state("ber", { dumped: "2026-03-02 10:10:15" })],
    },
    /^--heartbeat-warning cannot be judged: too old in the state file \(ber\)\./,
    ...["--heartbeat-warning", "12"],
  ],
  [
    "a state that is not known",
    { sites: [ok], states: [state("muc", { state: "half dead" })] },
    /^--channels-warning cannot be judged: its state is half dead$/,
    ...["--channels-warning", "5:"],
  ],
  [
    "many sites",
    { sites: ["a", "b", "c", "d", "e", "f"].map((id) => site(id, answer())), states: [state("a")] },
    /^--channels-warning cannot be judged: not in the state file \(b, c, d and 2 more\)$/,
    ...["--channels-warning", "5:"],
  ],
  [
    "a state file without heartbeats",
    { sites: [ok], states: [state("muc", { channels: [], nextHeartbeat: undefined })] },
    /--heartbeat-warning cannot be judged: the state file tells of no heartbeat/,
    ...["--heartbeat-warning", "12"],
  ],
  [
    "no memory",
    { sites: [ok] },
    /^--resets-warning, --threads-growth-warning cannot be judged: nothing is remembered between runs$/,
    ...["--resets-warning", "3", "--threads-growth-warning", "20"],
  ],
  [
    "no pid file",
    { sites: [ok], daemon: undefined },
    /^--fds-warning, --fds-critical, --threads-warning cannot be judged: no pid file is looked at$/,
    ...["--fds-warning", "80%", "--fds-critical", "90%", "--threads-warning", "100"],
  ],
  [
    "hidden processes",
    { sites: [ok], daemon: { state: "hidden", sites: undefined } },
    /^--threads-warning cannot be judged: the proxy's processes are hidden from this account$/,
    ...["--threads-warning", "100"],
  ],
  [
    "no right",
    { sites: [ok], daemon: { sites: new Map([["muc", processOf("liveproxyd[muc]", { descriptors: undefined })]]) } },
    /^--fds-warning cannot be judged: no right to count them$/,
    ...["--fds-warning", "80%"],
  ],
  [
    "a core that does not count",
    { sites: [site("muc", answer(0.01, { threads: undefined, activeConnections: undefined }))] },
    /^--slots-critical cannot be judged: the core does not tell how many it has$/,
    ...["--slots-critical", "95%"],
  ],
  [
    "an address alone",
    { isAddressed: true, sites: [site("h:1", answer(), { isProxied: false })] },
    /^--state-age-critical cannot be judged: no state file is looked at\. --channels-warning, .*--threads-warning cannot be judged: no site of a proxy is looked at\.$/,
    ...SIX,
  ],
  [
    "a state file alone",
    { sites: [site("muc", undefined)], socketDir: undefined, daemon: undefined },
    /^--warning, --fresh-warning, --slots-warning cannot be judged: only the state file is looked at$/,
    ...["-w", "1", "--fresh-warning", "60", "--slots-warning", "80%"],
  ],
];

for (const [what, scene, text, ...argv] of ROWS) {
  test(`a threshold that is given and cannot be judged is UNKNOWN: ${what}`, async () => {
    const result = await judge(scene, ...argv);
    assert.match(result.text, text);
    assert.equal(result.status, UNKNOWN);
    const defaults = await judge(scene);
    assert.doesNotMatch(report("x", defaults, 3), /cannot be judged/);
  });
}

test("what is judged is not said to be missing, nor what is switched off", async () => {
  const all = [...SIX, "-w", "1", "--reset-warning", "300", "--query-warning", "96", "--busy-warning", "80%"];
  assert.equal((await judge({ sites: [ok] }, ...all)).status, OK);
  const blind = { sites: [ok], stateFile: noFile, daemon: undefined };
  const off = ["--heartbeat-warning", "0", "--fds-critical", "0", "--reset-warning", "0", "--resets-warning", "0"];
  assert.equal((await judge(blind, ...off)).status, OK);
});

test("a site with a problem of its own, or about to be ready, has no second one", async () => {
  const starting = [state("muc", { state: "starting", channels: [] })];
  assert.equal((await judge({ sites: [ok], states: starting }, "--channels-warning", "1:")).status, OK);
  const down = { sites: [site("muc", failure("no answer")), site("ber", answer())], states: [state("ber")] };
  const result = await judge(down, "--channels-warning", "1:");
  assert.equal(result.status, CRITICAL);
  assert.doesNotMatch(result.text, /cannot be judged/);
});

test("--unjudged chooses the state; OK leaves a note", async () => {
  const scene = { sites: [ok], stateFile: noFile };
  for (const [name, status] of [
    ["warning", WARNING],
    ["CRITICAL", CRITICAL],
    ["ok", OK],
  ] as const) {
    const result = await judge(scene, "--channels-warning", "5:", "--unjudged", name);
    assert.equal(result.status, status);
    if (status === OK) {
      assert.match(report("x", result, 0), /^note: --channels-warning cannot be judged: the state file is missing$/m);
    }
  }
});

test("a file of the last second is looked at", async () => {
  const result = await judge({ sites: [ok], stateFile: { writtenMs: NOW - 100 } }, "--state-age-critical", "60");
  assert.equal(result.status, OK);
});
