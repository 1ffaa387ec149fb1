import assert from "node:assert/strict";
import { test } from "node:test";

import { report } from "../../../../lib/plugin/result.ts";
import { Status } from "../../../../lib/plugin/status.ts";
import { parseOutput } from "../../../support/perfdata.ts";
import { answer, busy, failure, judge, NOW, peer, processOf, type Scene, site, state } from "./facts.ts";

const { OK, WARNING, CRITICAL, UNKNOWN } = Status;
const ok = site("muc", answer());
const starting = (age: number, lastError = "[Errno 111] Connection refused") =>
  state("muc", { state: "starting", resetAge: age, channels: [], lastError, nextHeartbeat: -1, heartbeats: 0 });
const error = (text: string, code = 502) => site("muc", failure("error answer", `error ${code}: ${text}`, code));
const dead = (more: Scene["daemon"]): Scene => ({
  sites: [site("muc", failure("refused"))],
  daemon: { sites: undefined, ...more },
});

/** Number of the failure in the catalogue of the reference, what happens, the scene, the verdict, and more options. */
const ROWS: readonly (readonly [number, string, Scene, Status, RegExp, ...string[]])[] = [
  [
    1,
    "no pid file",
    dead({ state: "missing", writtenMs: undefined }),
    CRITICAL,
    /^Proxy: liveproxyd is not running \(no pid file .*liveproxyd\.pid, state file last written 2 s ago\)$/,
  ],
  [
    1,
    "an empty pid file",
    dead({ state: "empty", writtenMs: NOW - 60_000 }),
    CRITICAL,
    /not running \(pid file .* empty since 60 s/,
  ],
  [1, "no such process", dead({ state: "dead" }), CRITICAL, /pid file .* stale, written 2h 1m ago, no process 4711/],
  [1, "another program", dead({ state: "other program", title: "vi; x|y" }), CRITICAL, /process 4711 is vi, x\/y/],
  [
    1,
    "an empty pid file of a daemon that starts",
    { sites: [ok], daemon: { state: "empty", writtenMs: NOW - 2000, sites: undefined } },
    OK,
    /1 site ready/,
  ],
  [
    1,
    "a stale pid file, yet the sites answer",
    { sites: [ok], daemon: { state: "dead", sites: undefined } },
    WARNING,
    /stale.*, yet 1 site of 1 can be reached/,
  ],
  [
    1,
    "a tmpfs that is gone",
    { socketDirProblem: "ENOENT", states: [] },
    CRITICAL,
    /no folder of sockets .*its site is stopped/,
  ],
  [
    2,
    "a socket missing",
    { sites: [site("muc", failure("missing"))] },
    CRITICAL,
    /^Proxy: no socket for site muc \(.*muc\): not configured in the proxy or its process never started$/,
  ],
  [
    3,
    "a path that is no socket",
    { sites: [site("muc", failure("no socket"))] },
    UNKNOWN,
    /^Site muc: failed: no socket$/,
  ],
  [3, "a path too long", { sites: [site("muc", failure("path too long"))] }, UNKNOWN, /path too long/],
  [
    4,
    "a socket refusing",
    { sites: [site("muc", failure("refused"))] },
    CRITICAL,
    /^Proxy: stale socket, site process of muc is gone .*, the master should restart it$/,
  ],
  [
    4,
    "a socket refusing, no master",
    { sites: [site("muc", failure("refused"))], daemon: undefined },
    CRITICAL,
    /site process of muc is gone \(.*muc\)$/,
  ],
  [
    4,
    "a socket left by a removed site",
    { sites: [site("muc", failure("refused")), site("ber", answer())], states: [state("ber")] },
    WARNING,
    /stale socket of muc .* not in the state file: removed/,
  ],
  [
    4,
    "the same, but asked for by name",
    { sites: [site("muc", failure("refused"), { isNamed: true }), site("ber", answer())], states: [state("ber")] },
    CRITICAL,
    /site process of muc is gone/,
  ],
  [
    5,
    "permission denied",
    { sites: [site("muc", failure("denied"))] },
    UNKNOWN,
    /^Cannot judge site muc: permission denied on .*muc, add the check's user to the group/,
  ],
  [
    6,
    "accept queue full",
    { sites: [site("muc", failure("not accepting", "does not accept connections (its queue is full)"))] },
    CRITICAL,
    /^Proxy: process for site muc does not accept connections/,
  ],
  [
    7,
    "no answer",
    { sites: [site("muc", failure("no answer", "no answer within 8 s (connected)"))] },
    CRITICAL,
    /^Site muc: no answer within 8 s \(connected\) \(socket .*muc\), state file says ready: hung/,
  ],
  [
    8,
    "closed without a byte",
    { sites: [site("muc", failure("closed", "connection closed without an answer (x)"))] },
    CRITICAL,
    /^Site muc: connection closed without an answer/,
  ],
  [
    9,
    "no Livestatus",
    { sites: [site("muc", failure("stranger", "not a Livestatus answer: 'HTTP'"))] },
    CRITICAL,
    /^Site muc: not a Livestatus answer: 'HTTP'/,
  ],
  [
    10,
    "starting",
    { sites: [error("x")], states: [starting(18)] },
    WARNING,
    /^Site muc is starting for 20 s: \[Errno 111\] Connection refused$/,
  ],
  [
    10,
    "starting for long",
    { sites: [error("x")], states: [starting(250)] },
    CRITICAL,
    /^Site muc not connected for 4m: \[Errno 111\] Connection refused$/,
  ],
  [
    10,
    "starting, less patience",
    { sites: [error("x")], states: [starting(18)] },
    CRITICAL,
    /not connected for 20 s/,
    "--grace",
    "10",
  ],
  [
    10,
    "starting, each attempt counted as a reset, not seen ready for longer than the grace",
    { sites: [error("x")], states: [starting(2)], past: { downFor: 250 } },
    CRITICAL,
    /^Site muc not connected for 4m: \[Errno 111\] Connection refused$/,
  ],
  [
    10,
    "starting with a proxy that was started anew: what was before does not count",
    {
      sites: [error("x")],
      states: [starting(2)],
      past: { downFor: 250 },
      daemon: { age: 20, sites: new Map([["muc", processOf("liveproxyd[muc]", { age: 15 })]]) },
    },
    WARNING,
    /^Site muc is starting for 15 s/,
  ],
  [
    11,
    "dead for long",
    { sites: [error("no luck")], stateFile: { problem: "missing", sites: [] }, past: { downFor: 1500 } },
    CRITICAL,
    /^Site muc: the proxy reports error 502: no luck \(socket .*\), failing for 25m$/,
  ],
  [
    11,
    "dead, no state file",
    { sites: [error("no luck")], stateFile: { problem: "missing", sites: [] } },
    CRITICAL,
    /^Site muc: the proxy reports error 502: no luck \(socket/,
  ],
  [
    11,
    "dead, another state",
    { sites: [error("x", 503)], states: [state("muc", { state: "dead", channels: [], resetAge: 10 })] },
    CRITICAL,
    /^Site muc not connected for 12 s \(state dead\): error 503: x$/,
  ],
  [
    11,
    "dead, as planned",
    { sites: [error("no luck"), site("ber", answer())], states: [state("ber")] },
    WARNING,
    /no luck .*\(planned\)$/,
    "--planned",
    "muc",
  ],
  [
    12,
    "certificate refused",
    { sites: [error("verify failed", 495)] },
    CRITICAL,
    /^Certificate of site muc not trusted: error 495: verify failed$/,
  ],
  [
    12,
    "certificate in the text",
    { sites: [error("Zertifikat: certificate verify failed")] },
    CRITICAL,
    /^Certificate of site muc not trusted/,
  ],
  [
    12,
    "certificate in the state file",
    { sites: [error("not up")], states: [starting(5, "[SSL] unknown CA")] },
    CRITICAL,
    /not trusted: error 502: not up, \[SSL\] unknown CA$/,
  ],
  [
    13,
    "all channels busy, once",
    { sites: [error("All 5 channels busy, timeout")], stateFile: { problem: "missing", sites: [] } },
    WARNING,
    /^Proxy: site muc has all channels busy \(error 502: All/,
  ],
  [
    13,
    "all channels busy, twice",
    { sites: [{ ...error("All 5 channels busy, timeout"), failures: 2 }], states: [] },
    CRITICAL,
    /all channels busy/,
  ],
  [
    13,
    "all channels busy, by the file",
    { sites: [error("Besetzt")], states: [state("muc", { channels: busy(5), clients: 7 })] },
    CRITICAL,
    /^Proxy: site muc has 5 of 5 channels busy, 7 clients waiting \(error 502: Besetzt\): raise channels/,
  ],
  [
    13,
    "most channels busy",
    { sites: [ok], states: [state("muc", { channels: busy(4), clients: 4 })] },
    WARNING,
    /^Site muc: 4 of 5 channels busy, 4 clients$/,
  ],
  [13, "three channels busy", { sites: [ok], states: [state("muc", { channels: busy(3) })] }, OK, /1 site ready/],
  [
    13,
    "five busy in the file, but served at once",
    { sites: [ok], states: [state("muc", { channels: busy(5) })] },
    WARNING,
    /4 of 5 channels busy/,
  ],
  [
    13,
    "five busy in the file, served late",
    { sites: [site("muc", answer(2))], states: [state("muc", { channels: busy(5) })] },
    CRITICAL,
    /5 of 5 channels busy/,
  ],
  [
    13,
    "a number",
    { sites: [ok], states: [state("muc", { channels: busy(3) })] },
    CRITICAL,
    /3 of 5/,
    "--busy-critical",
    "3",
  ],
  [
    14,
    "fewer channels",
    { sites: [ok], states: [state("muc", { channels: busy(0).slice(2) })] },
    WARNING,
    /^Site muc is ready with 3 of 5 channels$/,
    "--channels-warning",
    "5:",
  ],
  [
    15,
    "a query for long",
    { sites: [ok], states: [state("muc", { channels: busy(1, 110) })] },
    WARNING,
    /^Site muc: query running for 110 s on channel 9$/,
  ],
  [
    15,
    "a query for too long",
    { sites: [ok], states: [state("muc", { channels: busy(1, 121) })] },
    CRITICAL,
    /query running for 2m on channel 9/,
  ],
  [
    16,
    "heartbeat overdue",
    { sites: [ok], states: [state("muc", { nextHeartbeat: -7.1 })] },
    WARNING,
    /^Site muc: no heartbeat for 12 s$/,
  ],
  [16, "heartbeat not overdue yet", { sites: [ok], states: [state("muc", { nextHeartbeat: -6.9 })] }, OK, /ready/],
  [
    16,
    "no heartbeat by the channels",
    {
      sites: [ok],
      states: [
        state("muc", { nextHeartbeat: undefined, channels: busy(0).map((channel) => ({ ...channel, age: 35 })) }),
      ],
    },
    CRITICAL,
    /no heartbeat for 35 s/,
  ],
  [
    16,
    "an old channel that is busy is no missing heartbeat",
    {
      sites: [ok],
      states: [
        state("muc", { nextHeartbeat: undefined, channels: busy(2, 35).map((channel) => ({ ...channel, age: 20 })) }),
      ],
    },
    OK,
    /ready/,
  ],
  [
    16,
    "no heartbeat was received between two looks",
    { sites: [ok], past: { beatlessFor: 60 } },
    CRITICAL,
    /^Site muc: no heartbeat for 60 s$/,
  ],
  [16, "no heartbeat between two looks, but not for long", { sites: [ok], past: { beatlessFor: 4 } }, OK, /ready/],
  [
    17,
    "an old state file, all answer",
    { sites: [ok], stateFile: { writtenMs: NOW - 180_000 } },
    WARNING,
    /^Proxy: state file is 3m old .*hangs, yet all sites answer$/,
  ],
  [
    17,
    "an old state file, not all answer",
    { sites: [ok, site("ber", failure("no answer"))], stateFile: { writtenMs: NOW - 180_000 } },
    CRITICAL,
    /state file is 3m old/,
  ],
  [
    17,
    "a file touched, its dump old",
    { sites: [ok], states: [state("muc", { dumped: "2026-03-02 10:18:00" })] },
    WARNING,
    /state file is 2m old/,
  ],
  [
    17,
    "one site's dump old",
    { sites: [ok, site("ber", answer())], states: [state("ber"), state("muc", { dumped: "2026-03-02 10:18:00" })] },
    WARNING,
    /state of site muc is 2m old, while others are fresh/,
  ],
  [
    17,
    "a dump in the future",
    { sites: [ok], states: [state("muc", { dumped: "2026-03-02 11:20:15" })] },
    WARNING,
    /^Proxy: state file is dated 59m in the future .*clock or time zone$/,
  ],
  [
    18,
    "no state file",
    { sites: [ok], stateFile: { problem: "missing", sites: [], writtenMs: undefined } },
    OK,
    /1 site ready/,
  ],
  [
    18,
    "only a state file, unreadable",
    { socketDir: undefined, stateFile: { problem: "unreadable", sites: [], writtenMs: undefined }, daemon: undefined },
    UNKNOWN,
    /^State file .* is unreadable$/,
  ],
  [18, "no sites configured", { states: [] }, WARNING, /^Proxy: no sites configured/],
  [19, "a slow site", { sites: [site("muc", answer(1.5))] }, WARNING, /^Site muc took 1\.500 s to answer$/],
  [19, "a very slow site", { sites: [site("muc", answer(5.5))] }, CRITICAL, /took 5\.500 s/],
  [
    20,
    "site process missing, site answers",
    { sites: [ok], daemon: { sites: new Map() } },
    WARNING,
    /^Proxy: site process of muc is missing, yet the site answers$/,
  ],
  [
    20,
    "site process missing, master just started",
    { sites: [site("muc", failure("refused"))], daemon: { age: 4, sites: new Map() } },
    WARNING,
    /site process of muc is gone/,
  ],
  [
    20,
    "site process missing for long",
    { sites: [site("muc", failure("refused"))], daemon: { sites: new Map() } },
    CRITICAL,
    /site process of muc is gone/,
  ],
  [
    20,
    "site process missing at this look only",
    { sites: [site("muc", failure("refused"))], daemon: { sites: new Map() }, past: { goneFor: 0, downFor: 0 } },
    WARNING,
    /^Proxy: stale socket, site process of muc is gone \(.*\), the master should restart it$/,
  ],
  [
    20,
    "site process missing at two looks",
    { sites: [site("muc", failure("refused"))], daemon: { sites: new Map() }, past: { goneFor: 10, downFor: 10 } },
    CRITICAL,
    /site process of muc is gone \(.*\), the master should restart it, failing for 10 s$/,
  ],
  [
    20,
    "site process missing for long, yet the site answers",
    { sites: [ok], daemon: { sites: new Map() }, past: { goneFor: 600 } },
    WARNING,
    /^Proxy: site process of muc is missing for 10m, yet the site answers$/,
  ],
  [
    21,
    "a site process without master",
    { sites: [ok], daemon: { orphans: [processOf("liveproxyd[muc]", { parent: 1 })] } },
    CRITICAL,
    /^Proxy: orphaned site process liveproxyd\[muc\] \(pid 4712\)/,
  ],
  [
    22,
    "a site just reset",
    { sites: [ok], states: [state("muc", { resetAge: 18, lastError: "Heartbeat" })] },
    WARNING,
    /^Site muc was reset 20 s ago \(last error Heartbeat\)$/,
  ],
  [
    22,
    "a site process just started",
    {
      sites: [ok],
      states: [state("muc", { resetAge: 18 })],
      daemon: { sites: new Map([["muc", processOf("liveproxyd[muc]", { age: 21 })]]) },
    },
    OK,
    /ready/,
  ],
  [
    22,
    "many resets",
    { sites: [ok], states: [state("muc", { resetAge: 1198, lastError: "Heartbeat" })], past: { resets: 3 } },
    WARNING,
    /^Site muc was reset 3 times within an hour, the last time 20m ago \(last error Heartbeat\)$/,
  ],
  [22, "two resets", { sites: [ok], past: { resets: 2 } }, OK, /ready/],
  [22, "many resets, as usual", { sites: [ok], past: { resets: 9 } }, OK, /ready/, "--resets-warning", "0"],
  [
    22,
    "a reset in the future, by a clock that was set back",
    { sites: [ok], states: [state("muc", { resetAge: -3000 })] },
    OK,
    /ready/,
  ],
  [23, "a core just restarted", { sites: [site("muc", answer(0.01, { programStart: NOW / 1000 - 30 }))] }, OK, /ready/],
  [
    23,
    "the same, a warning on demand",
    { sites: [site("muc", answer(0.01, { programStart: NOW / 1000 - 30 }))] },
    WARNING,
    /^Site muc: core restarted or reloaded 30 s ago$/,
    "--restart-warning",
    "5m",
  ],
  [
    24,
    "the core's connections nearly used",
    { sites: [site("muc", answer(0.01, { activeConnections: 16 }))] },
    WARNING,
    /16 of 20 Livestatus connections/,
  ],
  [
    24,
    "the core's connections used",
    { sites: [site("muc", answer(0.01, { activeConnections: 19 }))] },
    CRITICAL,
    /19 of 20/,
  ],
  [
    24,
    "the core's connections nearly used on average, though not at this moment",
    { sites: [site("muc", answer(0.01, { activeConnections: 2, usage: 0.82 }))] },
    WARNING,
    /^Site muc: 16\.4 of 20 Livestatus connections of the core in use$/,
  ],
  [
    24,
    "the core's connections used at this moment, not on average",
    { sites: [site("muc", answer(0.01, { activeConnections: 20, usage: 0.1 }))] },
    OK,
    /ready/,
  ],
  [
    24,
    "a number, on average",
    { sites: [site("muc", answer(0.01, { activeConnections: 2, usage: 0.5 }))] },
    CRITICAL,
    /10 of 20/,
    "--slots-critical",
    "10",
  ],
  [
    25,
    "descriptors",
    { sites: [ok], daemon: { sites: new Map([["muc", processOf("liveproxyd[muc]", { descriptors: 820 })]]) } },
    WARNING,
    /^Proxy: site process of muc has 820 of 1024 files open \(pid 4712\)$/,
  ],
  [
    25,
    "nearly all descriptors",
    { sites: [ok], daemon: { sites: new Map([["muc", processOf("liveproxyd[muc]", { descriptors: 1000 })]]) } },
    CRITICAL,
    /1000 of 1024/,
  ],
  [
    25,
    "descriptors that may not be counted",
    { sites: [ok], daemon: { sites: new Map([["muc", processOf("liveproxyd[muc]", { descriptors: undefined })]]) } },
    OK,
    /ready/,
  ],
  [
    26,
    "threads",
    { sites: [ok], daemon: { sites: new Map([["muc", processOf("liveproxyd[muc]", { threads: 201 })]]) } },
    WARNING,
    /has 201 threads/,
  ],
  [
    26,
    "threads, while the site is down, as many sites may be",
    {
      sites: [error("no luck"), site("ber", answer())],
      daemon: { sites: new Map([["muc", processOf("liveproxyd[muc]", { threads: 201 })]]) },
    },
    WARNING,
    /has 201 threads/,
    "--down-critical",
    "5",
  ],
  [
    26,
    "threads that grow while the site is down",
    { sites: [error("no luck"), site("ber", answer())], past: { downFor: 600, threadsGained: 20 } },
    WARNING,
    /^Proxy: site process of muc has gained 20 threads in 10m, while the site is down \(pid 4712\)$/,
    "--down-critical",
    "5",
  ],
  [
    27,
    "a peer stale",
    { peers: [peer({ state: "stale", lastError: "timeout\nmore" })] },
    WARNING,
    /^Site id1 \(muc\) is stale, last update 5 s ago: timeout$/,
  ],
  [
    27,
    "a peer down",
    { peers: [peer({ state: "down", lastOnline: NOW / 1000 - 600, lastError: "refused" })] },
    CRITICAL,
    /is down, last update 10m ago: refused$/,
  ],
  [27, "a peer broken", { peers: [peer({ state: "broken", lastError: "broken: x" })] }, CRITICAL, /is broken/],
  [
    27,
    "a peer pending",
    { peers: [peer({ state: "pending", lastOnline: undefined })] },
    WARNING,
    /is pending, never updated$/,
  ],
  [27, "a peer pending for a while", { peers: [peer({ state: "pending" })], pending: 119 }, WARNING, /is pending, /],
  [
    27,
    "a peer pending for too long",
    { peers: [peer({ state: "pending", lastOnline: undefined, lastError: "connecting..." })], pending: 120 },
    CRITICAL,
    /^Site id1 \(muc\) is pending for 2m, never updated: connecting\.\.\.$/,
  ],
  [
    27,
    "the same, more patience",
    { peers: [peer({ state: "pending" })], pending: 120 },
    WARNING,
    /is pending/,
    "--grace",
    "2m",
  ],
  [27, "a peer syncing", { peers: [peer({ state: "syncing" })] }, WARNING, /is syncing/],
  [
    27,
    "a peer in a state of a later version",
    { peers: [peer({ state: "unknown" })] },
    CRITICAL,
    /a state this check does not know/,
  ],
  [
    28,
    "a peer up, but old",
    { peers: [peer({ lastOnline: NOW / 1000 - 22 })] },
    WARNING,
    /is up, but its data are 22 s old$/,
  ],
  [28, "a peer up, but very old", { peers: [peer({ lastOnline: NOW / 1000 - 71 })] }, CRITICAL, /71 s old/],
  [
    28,
    "old by another measure",
    { peers: [peer({ lastOnline: NOW / 1000 - 71 })] },
    OK,
    /ready/,
    "--fresh-warning",
    "2m",
    "--fresh-critical",
    "5m",
  ],
  [
    28,
    "up, and updated in the future",
    { peers: [peer({ lastOnline: NOW / 1000 + 600 })] },
    WARNING,
    /^Site id1 \(muc\) is up, but its last update is dated 10m in the future: clock of LMD$/,
  ],
  [28, "up and never updated", { peers: [peer({ lastOnline: undefined })] }, WARNING, /was never updated/],
  [
    29,
    "an idling peer",
    { peers: [peer({ idling: true, lastOnline: NOW / 1000 - 1700 })] },
    OK,
    /1 site ready, 1 idling/,
  ],
  [
    29,
    "an idling peer, too old even so",
    { peers: [peer({ idling: true, lastOnline: NOW / 1000 - 1900 })] },
    WARNING,
    /idling, but its data are 31m old/,
  ],
  [30, "no peers at all", { peers: [] }, CRITICAL, /^LMD lmd.example.com:3333 has no backends$/],
  [
    31,
    "answers without data",
    { sites: [site("muc", failure("no data", "answers without data (empty)"))] },
    CRITICAL,
    /^Site muc: answers without data \(empty\)/,
  ],
  [
    1,
    "a pid file that holds something else",
    { sites: [ok], daemon: { state: "no pid", writtenMs: NOW - 120_000, sites: undefined } },
    WARNING,
    /^Proxy: pid file \S+liveproxyd\.pid holds no pid, yet 1 site of 1 can be reached$/,
  ],
  [
    30,
    "two masters",
    { sites: [ok], daemon: { masters: [4711, 5000] } },
    WARNING,
    /^Proxy: two masters \(pids 4711, 5000\), each with site processes: the channels of each on every core$/,
  ],
  [
    13,
    "ready without a channel, yet the site answers",
    { sites: [ok], states: [state("muc", { channels: [] })] },
    WARNING,
    /^Site muc is ready by the state file, which lists no channel: it contradicts itself$/,
  ],
  [
    13,
    "the same, where it is too few anyway",
    { sites: [ok], states: [state("muc", { channels: [] })] },
    CRITICAL,
    /^Site muc is ready with 0 of 2 channels$/,
    "--channels-critical",
    "2:",
  ],
];

for (const [number, what, scene, status, text, ...argv] of ROWS) {
  test(`${number}: ${what}`, async () => {
    const result = await judge(scene, ...argv);
    assert.match(result.text.replace(/\.(?: Site| Proxy).*$/, ""), text);
    assert.equal(result.status, status);
    parseOutput(report("check_liveproxy", result, 2));
  });
}

test("every failure of the catalogue has a test", () => {
  assert.deepEqual(
    [...new Set(ROWS.map(([number]) => number))],
    Array.from({ length: 31 }, (_, n) => n + 1),
  );
});

test("when the daemon is gone, one sentence says so, not one for each site", async () => {
  const sites = ["muc", "ber", "ham"].map((id) => site(id, failure("missing")));
  const result = await judge({ sites, daemon: { state: "missing", sites: undefined } });
  assert.equal(result.parts.length, 1);
  assert.match(report("check_liveproxy", result, 0), /'sites_down'=3;;;0;3/);
});

const five = ["a", "b", "c", "d"].map((id) => site(id, answer()));

test("the number of sites that are down decides where it has thresholds, and the sites are listed", async () => {
  const scene = { sites: [...five, site("muc", failure("no answer", "no answer within 8 s (connected)"))] };
  assert.equal((await judge(scene)).status, CRITICAL);
  const tolerated = await judge(scene, "--down-warning", "0", "--down-critical", "2");
  assert.deepEqual([tolerated.status, tolerated.text], [WARNING, "1 of 5 sites down"]);
  assert.match(report("check_liveproxy", tolerated, 0), /\ndown: Site muc: no answer within 8 s/);
  const fine = await judge(scene, "--down-critical", "2");
  assert.equal(fine.status, OK);
  assert.match(fine.text, /^4 of 5 sites ready, 1 down, slowest a in /);
  assert.equal((await judge(scene, "--down-warning", "0", "--planned", "muc")).status, OK);
});

test("when none is left, a number that is allowed to be down is no excuse", async () => {
  const result = await judge({ sites: [site("muc", failure("no answer"))] }, "--down-critical", "2");
  assert.equal(result.status, CRITICAL);
});

test("nothing found to check is not OK", async () => {
  assert.equal((await judge({ isAddressed: true })).status, UNKNOWN);
  assert.equal((await judge({ states: [state("muc")] })).status, UNKNOWN);
});

test("frozen checks of a core that answers alert, and so does a core that never checked", async () => {
  const frozen = (lastCheck: number | "never") => ({
    isAddressed: true,
    sites: [site("h:1", { ...answer(), lastCheck }, { isProxied: false })],
  });
  const limits = ["--fresh-warning", "5m", "--fresh-critical", "1h"];
  const old = await judge(frozen(NOW / 1000 - 600), ...limits);
  assert.deepEqual([old.status, old.text], [WARNING, "h:1 answers, but checked nothing for 10m"]);
  assert.equal((await judge(frozen(NOW / 1000 - 7200), ...limits)).status, CRITICAL);
  assert.equal((await judge(frozen(NOW / 1000 - 20), ...limits)).status, OK);
  assert.equal((await judge(frozen("never"), ...limits)).status, UNKNOWN);
});

test("a state file more than a minute old explains nothing about a site", async () => {
  const old = { writtenMs: NOW - 180_000 };
  const result = await judge({ sites: [ok], states: [state("muc", { channels: busy(5, 500) })], stateFile: old });
  assert.equal(result.status, WARNING);
  assert.doesNotMatch(report("check_liveproxy", result, 2), /query running|muc_channels/);
});

test("the state file alone is judged where there are no sockets to ask", async () => {
  const alone = { socketDir: undefined, daemon: undefined };
  const only = (states: Scene["states"]): Scene => ({
    ...alone,
    sites: [site("muc", undefined)],
    states: states ?? [],
  });
  assert.equal((await judge(only([state("muc")]))).status, OK);
  assert.equal((await judge(only([starting(20)]))).status, WARNING);
  assert.equal((await judge(only([starting(200)]))).status, CRITICAL);
  assert.equal((await judge(only([state("ber")]))).status, CRITICAL);
});

test("labels and their order stay when sites fail, and hostile names stay apart", async () => {
  const labels = async (scene: Scene) =>
    parseOutput(report("x", await judge(scene), 0)).perfdata.map(({ label }) => label);
  const healthy = await labels({ sites: [ok, site("ber", answer())] });
  const broken = await labels({ sites: [site("muc", failure("no answer")), site("ber", answer())] });
  assert.deepEqual(
    broken,
    healthy.filter((label) => label !== "muc_time" && label !== "muc_slots"),
  );
  const odd = ["a b", "a_b", "ü", "a'b", "x=1", "€", " \u00ac"].map((id) => site(id, answer()));
  assert.equal(new Set(await labels({ sites: odd })).size, (await labels({ sites: odd })).length);
});

test("one name in two places has one set of labels, two LMDs have one each", async () => {
  const twice = [site("muc", answer()), site("muc", answer(), { isProxied: false })];
  parseOutput(report("x", await judge({ sites: twice }), 0));
});

test("what could not be looked at is noted in the long output, and is no reason for another state", async () => {
  const uncounted = { sites: new Map([["muc", processOf("liveproxyd[muc]", { descriptors: undefined })]]) };
  const lines = async (scene: Scene) => {
    const result = await judge(scene);
    assert.equal(result.status, OK);
    return report("x", result, 0).split("\n").slice(1, -1);
  };
  assert.deepEqual(await lines({ sites: [ok] }), []);
  assert.deepEqual(await lines({ sites: [ok], daemon: uncounted }), [
    "note: open files of 1 site process not counted: that takes the proxy's user, root, or Linux 6.2",
  ]);
  assert.match(
    (await lines({ sites: [ok], daemon: { state: "hidden", sites: undefined } })).join(),
    /^note: .* hidden/,
  );
  assert.deepEqual(await lines({ sites: [ok], problem: "nothing is remembered" }), ["nothing is remembered"]);
});

test("a site whose state is outdated is not taken for one that is not in the state file", async () => {
  const old = state("muc", { dumped: "2026-03-02 10:10:15" });
  const states = [old, state("ber")];
  const stale = await judge({ sites: [site("muc", failure("refused")), site("ber", answer())], states, daemon: {} });
  assert.match(stale.text, /stale socket, site process of muc is gone/);
  assert.doesNotMatch(stale.text, /not in the state file/);
  const unasked = await judge({ sites: [site("muc", undefined)], states, socketDir: undefined, daemon: undefined });
  assert.doesNotMatch(unasked.text, /not in the state file/);
});

test("20: a site process that stays missing is CRITICAL where nobody can ask the site", async () => {
  const scene = { sites: [site("muc", undefined)], socketDir: undefined, daemon: { sites: new Map() } };
  assert.equal((await judge({ ...scene, past: { goneFor: 5 } })).status, Status.WARNING);
  assert.equal((await judge({ ...scene, past: { goneFor: 60 } })).status, Status.CRITICAL);
});

test("a state file that is of no use has no age, in the verdict, the line and the perfdata", async () => {
  for (const problem of ["not a state file", "too large"] as const) {
    const stateFile = { problem, writtenMs: NOW - 600_000, sites: [] };
    const result = await judge({ sites: [ok], stateFile });
    assert.equal(result.status, OK);
    assert.doesNotMatch(report("x", result, 3), /state_age|state file \d+/);
  }
});
