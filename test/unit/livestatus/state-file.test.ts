import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { localTimeMs, parseAge, parseStateFile } from "../../../lib/livestatus/state-file.ts";
import type { SiteReport } from "../../servers/liveproxyd/config.ts";
import { age, formatState } from "../../servers/liveproxyd/state-file.ts";

const SAMPLE = `----------------------------------------------
Current state:
[muc]
  State:                   ready
  State dump time:         2026-03-02 10:20:15 (0:00:00)
  Last reset:              2026-03-02 10:17:49 (0:02:25)
  Site's last reload:      2026-03-02 09:45:00 (0:35:15)
  Last failed connect:     Never
  Last failed error:       None
  Cached responses:        1
  Channels:
       9 - ready             -  client: none - since: 2026-03-02 10:20:00 (0:00:14)
      10 - ready             -  client: none - since: 2026-03-02 10:20:10 (0:00:04)
  Clients:
  Heartbeat:
    heartbeats received: 29
    next in 0.2s
  Inventory:
    State: not running
    Last update: 2026-03-02 10:17:50 (0:02:25)
[ber]
  State:                   starting
  State dump time:         2026-03-02 10:20:15 (0:00:00)
  Last reset:              2026-03-02 10:20:09 (0:00:06)
  Site's last reload:      2026-03-02 10:20:09 (0:00:06)
  Last failed connect:     2026-03-02 10:20:13 (0:00:01)
  Last failed error:       [Errno 111] Connection refused
  Cached responses:        0
  Channels:
  Clients:
  Heartbeat:
    heartbeats received: 0
    next in -1.0s
  Inventory:
    State: not running
    Last update: 2026-03-02 10:09:25 (0:10:50)
`;

const MUC = {
  id: "muc",
  state: "ready",
  dumped: "2026-03-02 10:20:15",
  resetAge: 145,
  failedConnectAge: undefined,
  lastError: "",
  cached: 1,
  channels: [
    { number: 9, state: "ready", age: 14 },
    { number: 10, state: "ready", age: 4 },
  ],
  clients: 0,
  heartbeats: 29,
  nextHeartbeat: 0.2,
};

const BER = {
  id: "ber",
  state: "starting",
  dumped: "2026-03-02 10:20:15",
  resetAge: 6,
  failedConnectAge: 1,
  lastError: "[Errno 111] Connection refused",
  cached: 0,
  channels: [],
  clients: 0,
  heartbeats: 0,
  nextHeartbeat: -1,
};

test("both documented samples are read: a site that is ready and one that is starting", () => {
  assert.deepEqual(parseStateFile(SAMPLE), [MUC, BER]);
});

test("the line of dashes may be missing, as in one published sample", () => {
  assert.deepEqual(parseStateFile(SAMPLE.slice(SAMPLE.indexOf("Current"))), [MUC, BER]);
});

test("a proxy without sites writes 62 bytes", () => {
  const text = `${"-".repeat(46)}\nCurrent state:\n`;
  assert.equal(text.length, 62);
  assert.deepEqual(parseStateFile(text), []);
});

test("what is no state file is told apart from one without sites", () => {
  for (const text of ["", "\n", "Hello\n", "\0\0\0", "State: ready\n"]) assert.equal(parseStateFile(text), undefined);
});

test("the error text begins with a bracket and is no site; clients are counted whatever their lines look like", () => {
  const text = SAMPLE.replace("  Clients:\n  Heartbeat", "  Clients:\n    [x] any: line\n      another\n  Heartbeat");
  assert.deepEqual(parseStateFile(text), [{ ...MUC, clients: 2 }, BER]);
});

test("unknown states, keys and blocks are kept or passed over", () => {
  const text = SAMPLE.replace("ready\n", "half dead\n")
    .replace("10 - ready  ", "10 - polling")
    .replace("  Clients:", "  Weather:\n    sunny: 7 - yes\n  Mood:                  fine\n  Clients:");
  assert.deepEqual(parseStateFile(text), [
    { ...MUC, state: "half dead", channels: [MUC.channels[0], { number: 10, state: "polling", age: 4 }] },
    BER,
  ]);
});

test("a name that is a path is no site", () => {
  for (const name of ["../../etc", ".", "..", "a/b"]) {
    assert.deepEqual(parseStateFile(`Current state:\n[${name}]\n  State:   ready\n`), [], name);
  }
});

const report = fc.record({
  id: fc.stringMatching(/^[a-z][a-z0-9_]{0,15}$/),
  state: fc.constantFrom("ready", "starting", "dead", "cooling"),
  resetMs: fc.integer({ min: 0, max: 4e9 }),
  failedConnectMs: fc.option(fc.integer({ min: 0, max: 4e9 }), { nil: undefined }),
  lastError: fc.option(fc.constantFrom("[Errno 111] Connection refused", "a: b: c (0:00:01)"), { nil: undefined }),
  channels: fc.array(
    fc.record({
      fd: fc.integer({ min: 3, max: 99999 }),
      state: fc.constantFrom("ready", "busy", "heartbeat", "other"),
      client: fc.constantFrom("none", "client - 7", "x (y)"),
      sinceMs: fc.integer({ min: 0, max: 4e9 }),
    }),
    { maxLength: 6 },
  ),
  clients: fc.array(fc.constantFrom("one - query", "two", "[three]"), { maxLength: 4 }),
  heartbeats: fc.nat(),
  nextHeartbeatMs: fc.integer({ min: -1e6, max: 1e4 }),
  omitted: fc.constant(false),
});
const NOW = 1_780_000_000_000;
/** Times drawn as ages. */
const placed = report.map(
  (drawn): SiteReport => ({
    ...drawn,
    resetMs: NOW - drawn.resetMs,
    failedConnectMs: drawn.failedConnectMs === undefined ? undefined : NOW - drawn.failedConnectMs,
    channels: drawn.channels.map((channel) => ({ ...channel, sinceMs: NOW - channel.sinceMs })),
  }),
);
const reports = fc.uniqueArray(placed, { selector: ({ id }) => id, maxLength: 6 });

test("whatever the stand-in writes is read back", () => {
  fc.assert(
    fc.property(reports, (sites) => {
      const read = parseStateFile(formatState(sites, NOW)) ?? [];
      assert.deepEqual(
        read.map(({ id, state, channels, clients, heartbeats, resetAge, lastError }) => ({
          id,
          state,
          channels,
          clients,
          heartbeats,
          resetAge,
          lastError,
        })),
        sites.map((site) => ({
          id: site.id,
          state: site.state,
          channels: site.channels.map(({ fd, state, sinceMs }) => ({
            number: fd,
            state,
            age: Math.floor((NOW - sinceMs) / 1000),
          })),
          clients: site.clients.length,
          heartbeats: site.heartbeats,
          resetAge: Math.floor((NOW - site.resetMs) / 1000),
          lastError: site.lastError ?? "",
        })),
      );
    }),
  );
});

test("a file cut anywhere never throws, and says no site is ready that was not", () => {
  fc.assert(
    fc.property(reports, fc.nat(), (sites, cut) => {
      const text = formatState(sites, NOW);
      const read = parseStateFile(text.slice(0, cut % (text.length + 1))) ?? [];
      assert.ok(read.length <= sites.length);
      for (const [index, { id, state }] of read.entries()) {
        assert.equal(id, sites[index]?.id);
        assert.ok(sites[index]?.state.startsWith(state), state);
      }
    }),
  );
});

test("any bytes at all are read without an error", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => void parseStateFile(text)));
  const lines = fc.array(fc.constantFrom(...SAMPLE.split("\n"), "[", "]", "[]", "  :", "    "), { maxLength: 60 });
  fc.assert(fc.property(lines, (drawn) => void parseStateFile(drawn.join("\n"))));
});

test("500 sites are 500 sites", () => {
  const site = SAMPLE.slice(SAMPLE.indexOf("[ber]"));
  const text = `Current state:\n${Array.from({ length: 500 }, (_, n) => site.replace("[ber]", `[s${n}]`)).join("")}`;
  assert.equal(parseStateFile(text)?.length, 500);
});

test("ages are read as Python prints them", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["0:00:00", 0],
    ["0:02:25", 145],
    ["23:59:59", 86_399],
    ["1 day, 0:00:01", 86_401],
    ["12 days, 3:04:05", 12 * 86_400 + 11_045],
    ["-1 day, 23:59:58", -2],
    ["0:00:01.500000", 1],
    ["", undefined],
    ["soon", undefined],
    ["1:2:3", undefined],
  ];
  for (const [text, seconds] of cases) assert.equal(parseAge(text), seconds, text);
  fc.assert(fc.property(fc.integer({ min: -1e8, max: 1e8 }), (n) => assert.equal(parseAge(age(n * 1000)), n)));
});

test("a local time is a time; in the hour that is there twice, the one near the file's", () => {
  const zone = process.env.TZ;
  process.env.TZ = "Europe/Berlin";
  try {
    const summer = Date.UTC(2026, 9, 25, 0, 30);
    const winter = Date.UTC(2026, 9, 25, 1, 30);
    assert.equal(localTimeMs("2026-10-25 02:30:00", summer + 3000), summer);
    assert.equal(localTimeMs("2026-10-25 02:30:00", winter + 3000), winter);
    assert.equal(localTimeMs("2026-07-01 12:00:00", 0), Date.UTC(2026, 6, 1, 10));
    assert.equal(localTimeMs("2026-13-01 12:00:00", 0), undefined);
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});
