import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  formatMemory,
  keep,
  type Look,
  type Memory,
  parseMemory,
  remember,
  stillKnown,
} from "../../../../plugins/check_liveproxy/memory.ts";
import { busy, processOf, state } from "./facts.ts";

type Known = Parameters<typeof remember>[0];

const look = (more: Partial<Look> = {}): Look => ({
  id: "muc",
  isDown: false,
  process: processOf("liveproxyd[muc]"),
  masterAge: 7300,
  state: state("muc"),
  stateAge: 2,
  ...more,
});

/** Looks one after the other, each so many seconds after boot. */
function lookAt(...looks: readonly (readonly [time: number, look: Look])[]) {
  let known: Known = {};
  let told = remember({}, look(), 0).past;
  for (const [time, one] of looks) ({ memory: known, past: told } = remember(known, one, time));
  return { known, told };
}

const down = look({ isDown: true, state: state("muc", { state: "starting", heartbeats: 0 }) });

test("a site is down since the first run that saw it so, until one sees it ready", () => {
  assert.equal(lookAt([100_000, look()]).told.downFor, undefined);
  assert.equal(lookAt([100_000, down]).told.downFor, 0);
  assert.equal(lookAt([100_000, down], [100_300, down]).told.downFor, 300);
  assert.equal(lookAt([100_000, down], [100_060, look()], [100_300, down]).told.downFor, 0);
  // a run that may not look knows nothing new
  assert.equal(lookAt([100_000, down], [100_060, look({ isDown: undefined })], [100_300, down]).told.downFor, 300);
});

test("a process is gone since the first run that missed it", () => {
  const gone = look({ process: "gone" });
  assert.equal(lookAt([100_000, gone], [100_012, gone]).told.goneFor, 12);
  assert.equal(lookAt([100_000, gone], [100_012, look()]).told.goneFor, undefined);
  assert.equal(lookAt([100_000, gone], [100_005, look()], [100_012, gone]).told.goneFor, 0);
});

const beating = (heartbeats: number, more: Parameters<typeof state>[1] = {}) =>
  look({ state: state("muc", { heartbeats, ...more }) });

test("heartbeats that were not received between two state files", () => {
  assert.equal(lookAt([100_000, beating(7)]).told.beatlessFor, 0);
  assert.equal(lookAt([100_000, beating(7)], [100_060, beating(19)]).told.beatlessFor, 0);
  assert.equal(lookAt([100_000, beating(7)], [100_060, beating(7)], [100_120, beating(7)]).told.beatlessFor, 120);
  // the same file twice
  assert.equal(lookAt([100_000, beating(7)], [100_010, { ...beating(7), stateAge: 12 }]).told.beatlessFor, 0);
});

test("a number that is the same by chance, or because no channel was free, is no missing heartbeat", () => {
  assert.equal(lookAt([100_000, beating(7)], [100_060, beating(7, { resetAge: 37 })]).told.beatlessFor, 0);
  const full = beating(7, { channels: busy(5) });
  assert.equal(lookAt([100_000, beating(7)], [100_060, full]).told.beatlessFor, undefined);
  assert.equal(lookAt([100_000, beating(7)], [100_060, full], [100_120, beating(7)]).told.beatlessFor, 0);
  const starting = beating(7, { state: "starting" });
  assert.equal(lookAt([100_000, beating(7)], [100_060, starting], [100_120, beating(7)]).told.beatlessFor, 0);
});

test("a state file that is too old to count takes nothing from what is known", () => {
  const stale = look({ state: undefined, stateAge: undefined });
  assert.equal(lookAt([100_000, beating(7)], [100_060, stale], [100_120, beating(7)]).told.beatlessFor, 120);
});

/** Ready, and reset so many seconds ago. */
const reset = (resetAge: number, more: Partial<Look> = {}) => look({ state: state("muc", { resetAge }), ...more });

test("resets are counted for an hour, each of them once", () => {
  assert.equal(lookAt([100_000, reset(7200)]).told.resets, 0);
  assert.equal(lookAt([100_000, reset(100)]).told.resets, 1);
  // ages are cut to seconds, so that the time of a reset wavers
  assert.equal(lookAt([100_000, reset(100)], [100_061.9, reset(160)], [100_118.2, reset(219)]).told.resets, 1);
  const three = [
    [100_000, reset(100)],
    [101_000, reset(100)],
    [102_000, reset(100)],
  ] as const;
  assert.equal(lookAt(...three).told.resets, 3);
  assert.equal(lookAt(...three, [104_000, reset(2100)]).told.resets, 2);
  assert.equal(lookAt(...three, [106_000, reset(4100)]).told.resets, 0);
});

test("no reset: the start of its process, attempts to connect, a clock that was set", () => {
  const started = { process: processOf("liveproxyd[muc]", { age: 105 }) };
  assert.equal(lookAt([100_000, reset(7200)], [101_000, reset(100, started)]).told.resets, 0);
  const attempt = look({ isDown: true, state: state("muc", { state: "starting", resetAge: 2 }) });
  assert.equal(lookAt([100_000, reset(7200)], [101_000, attempt], [101_060, attempt]).told.resets, 0);
  assert.equal(lookAt([100_000, reset(7200)], [101_000, reset(-3000)]).told.resets, 0);
  // nobody knows how old the processes are: only what was seen to change counts
  const hidden = { process: undefined, masterAge: undefined };
  assert.equal(lookAt([100_000, reset(100, hidden)]).told.resets, 0);
  assert.equal(lookAt([100_000, reset(100, hidden)], [101_000, reset(100, hidden)]).told.resets, 1);
});

test("threads are compared with the fewest seen while the site is down, of the same process", () => {
  const threads = (count: number, more = {}) =>
    look({ isDown: true, state: undefined, process: processOf("liveproxyd[muc]", { threads: count, ...more }) });
  assert.equal(lookAt([100_000, threads(12)]).told.threadsGained, 0);
  assert.equal(lookAt([100_000, threads(12)], [100_060, threads(10)], [100_120, threads(40)]).told.threadsGained, 30);
  assert.equal(lookAt([100_000, threads(12)], [100_060, threads(40, { pid: 9 })]).told.threadsGained, 0);
  assert.equal(lookAt([100_000, threads(12)], [100_060, look()], [100_120, threads(40)]).told.threadsGained, 0);
});

const memory = (sites: readonly (readonly [string, Known])[], more: Partial<Memory> = {}): Memory => ({
  boot: "b",
  seen: 100_000,
  sites: new Map(sites),
  pending: new Map([["lmd:1 id1", 99_000]]),
  ...more,
});

test("what is written is read; anything else is no memory", () => {
  const whole: Known = { down: 1, gone: 2, beats: [3, 4], pool: 5, resets: [6, 7], threads: [8, 9] };
  const kept = memory([
    ["muc", whole],
    ["__proto__", { down: 1 }],
  ]);
  assert.deepEqual(parseMemory(JSON.parse(JSON.stringify(formatMemory(kept)))), kept);
  const content = formatMemory(kept);
  const spoilt: readonly unknown[] = [
    undefined,
    null,
    [],
    "x",
    { ...content, version: 2 },
    { ...content, boot: 1 },
    { ...content, seen: null },
    { ...content, sites: [["muc"]] },
    { ...content, sites: [["muc", { down: "1" }]] },
    { ...content, sites: [["muc", { beats: [1] }]] },
    { ...content, sites: [["muc", { resets: [Number.NaN] }]] },
    { ...content, sites: [["muc", { resets: Array.from({ length: 21 }, () => 1) }]] },
    { ...content, sites: [[1, {}]] },
    { ...content, pending: [["x", null]] },
    { ...content, sites: Array.from({ length: 1001 }, (_, n) => [`${n}`, {}]) },
  ];
  for (const one of spoilt) assert.equal(parseMemory(one), undefined, JSON.stringify(one)?.slice(0, 80));
});

test("any JSON in the file's place is refused or taken, never an exception", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (sites, pending) => {
      parseMemory({ version: 1, boot: "b", seen: 1, sites, pending });
    }),
  );
});

test("nothing counts of another boot or the future, and after two hours without a run no state does", () => {
  const known = memory([["muc", { down: 1, gone: 2, beats: [3, 4], pool: 5, resets: [6], threads: [7, 8] }]]);
  assert.equal(stillKnown(known, "c", 100_060), undefined);
  assert.equal(stillKnown(known, "b", 99_999), undefined);
  assert.equal(stillKnown(known, "b", 107_200), known);
  assert.deepEqual(
    stillKnown(known, "b", 107_201),
    memory([["muc", { beats: [3, 4], pool: 5, resets: [6] }]], { pending: new Map() }),
  );
});

test("a file never has more than is read again, whatever the sites are called", () => {
  const resets = Array.from({ length: 20 }, (_, n) => 10_000_000.5 + n);
  const most: Known = { down: 1e7, gone: 1e7, beats: [1e9, 1e7], pool: 1e7, resets, threads: [1e6, 1e6] };
  const id = (n: number) => "\u0001".repeat(41) + `${n}`.padStart(5, "0");
  const sites = keep(Array.from({ length: 1500 }, (_, n) => [id(n), most] as const));
  const pending = keep(Array.from({ length: 1500 }, (_, n) => [`${"ü".repeat(124)}${n}`, 1e7] as const));
  assert.deepEqual([sites.size, pending.size], [1000, 1000]);
  const text = JSON.stringify(formatMemory(memory([...sites], { pending })));
  assert.ok(Buffer.byteLength(text) < 1024 * 1024, `${text.length}`);
  assert.equal(keep([["x".repeat(255), most]]).size, 0);
  assert.equal(keep([["x", { down: undefined }]]).size, 0);
});
