import assert from "node:assert/strict";
import { test } from "node:test";

import type { Signal } from "../../../../lib/plugin/signal.ts";
import { Status } from "../../../../lib/plugin/status.ts";
import { askAll, type PoolLimits, timeNeeded, timeToAsk } from "../../../../plugins/check_liveproxy/pool.ts";

const never = new AbortController().signal;
const numbers = (n: number) => Array.from({ length: n }, (_, index) => index);
const untilAborted = (signal: Signal) =>
  signal.aborted
    ? Promise.resolve("slow")
    : new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve("slow")));
const within = (ms: number, more: Partial<PoolLimits> = {}): PoolLimits => ({
  endMs: process.uptime() * 1000 + ms,
  atOnce: 1000,
  patienceMs: 60_000,
  fullMs: 60_000,
  late: Status.CRITICAL,
  ...more,
});

test("all are asked, and the results are in their order", async () => {
  const ask = async (n: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    return `${n}`;
  };
  const asked = await askAll(numbers(100), ask, within(60_000), never);
  assert.deepEqual(
    asked,
    numbers(100).map((n) => ({ result: `${n}`, isCut: false })),
  );
});

test("none is none", async () => {
  assert.deepEqual(await askAll([], () => Promise.resolve(""), within(100), never), []);
});

test("those that hang wait on while all others are asked, each once and for all the time there is", async () => {
  const asked = new Map<number, number>();
  let open = 0;
  const ask = (n: number, signal: Signal) => {
    asked.set(n, (asked.get(n) ?? 0) + 1);
    if (n % 2 === 1) return Promise.resolve("fine");
    open += 1;
    return untilAborted(signal);
  };
  const results = await askAll(numbers(500), ask, within(8000), never);
  assert.deepEqual(
    results,
    numbers(500).map((n) => ({ result: n % 2 === 1 ? "fine" : "slow", isCut: false })),
  );
  assert.equal(open, 250);
  assert.deepEqual([...new Set(asked.values())], [1]);
});

test("where descriptors are few, one that hangs has its time, and who had none is not said to hang", async () => {
  let open = 0;
  let most = 0;
  const ask = async (n: number, signal: Signal) => {
    open += 1;
    most = Math.max(most, open);
    const result = n < 8 ? await untilAborted(signal) : "fine";
    open -= 1;
    return result;
  };
  // eight that hang, by four, for a second each: the last are begun after two
  const all = await askAll(numbers(20), ask, within(60_000, { atOnce: 4, patienceMs: 1000, fullMs: 900 }), never);
  assert.deepEqual(
    all,
    numbers(20).map((n) => ({ result: n < 8 ? "slow" : "fine", isCut: false })),
  );
  assert.equal(most, 4);
  const few = await askAll(numbers(20), ask, within(1500, { atOnce: 4, patienceMs: 1000, fullMs: 900 }), never);
  assert.deepEqual(
    few.slice(0, 8).map(({ isCut }) => isCut),
    [false, false, false, false, true, true, true, true],
  );
  assert.equal(few.length, 20);
});

test("where any answer counts, one that had to make room is not said to hang", async () => {
  const ask = (_: number, signal: Signal) => untilAborted(signal);
  const limits = within(2000, { atOnce: 2, patienceMs: 500, fullMs: Number.POSITIVE_INFINITY });
  const asked = await askAll(numbers(4), ask, limits, never);
  assert.deepEqual(
    asked.map(({ isCut }) => isCut),
    [true, true, true, true],
  );
});

test("one that is begun after the end is stopped before it is asked, with the state of what is late", async () => {
  const reasons: unknown[] = [];
  const ask = async (_: number, signal: Signal) => {
    reasons.push((signal.reason as { status?: unknown } | undefined)?.status);
    return "slow";
  };
  const asked = await askAll(numbers(2), ask, within(-1, { late: Status.UNKNOWN }), never);
  assert.deepEqual(
    asked.map(({ isCut }) => isCut),
    [true, true],
  );
  assert.deepEqual(reasons, [Status.UNKNOWN, Status.UNKNOWN]);
});

test("the deadline of the check ends everything", async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("over")), 50);
  const asked = await askAll(numbers(3), (_, signal) => untilAborted(signal), within(60_000), abort.signal);
  assert.deepEqual(
    asked.map(({ result }) => result),
    ["slow", "slow", "slow"],
  );
});

test("a failure of the program itself is thrown", async () => {
  await assert.rejects(
    askAll(numbers(3), () => Promise.reject(new Error("bug")), within(60_000), never),
    /bug/,
  );
});

test("what is left for the answer grows with the sites, and is three tenths of the time at most", () => {
  assert.equal(timeToAsk(10_000, 1), 9799);
  assert.equal(timeToAsk(10_000, 500), 9300);
  assert.equal(timeToAsk(1000, 500), 700);
  assert.equal(timeToAsk(0, 500), 0);
});

test("in the time that would do there is time for all", () => {
  for (const [targets, atOnce, each] of [
    [1, 1000, 5.5],
    [500, 1000, 5.5],
    [500, 30, 5.5],
    [40, 4, 0.5],
  ] as const) {
    const ask = timeToAsk((timeNeeded(targets, atOnce, each) - 1) * 1000, targets);
    assert.ok(ask >= Math.ceil(targets / atOnce) * each * 1000, `${targets} ${atOnce}`);
  }
});
