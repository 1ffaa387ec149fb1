import assert from "node:assert/strict";
import { test } from "node:test";

import { askAll, timeToAsk } from "../../../../plugins/check_liveproxy/pool.ts";

const inMs = (ms: number) => process.uptime() * 1000 + ms;
const never = new AbortController().signal;
const numbers = (n: number) => Array.from({ length: n }, (_, index) => index);
const untilAborted = (signal: AbortSignal) =>
  new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve("slow")));
const isSlow = (result: string) => result === "slow";

test("all are asked, sixteen at a time, and the results are in their order", async () => {
  let running = 0;
  let most = 0;
  const ask = async (n: number) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return `${n}`;
  };
  assert.deepEqual(await askAll(numbers(100), ask, isSlow, inMs(10_000), never), numbers(100).map(String));
  assert.equal(most, 16);
});

test("none is none", async () => {
  assert.deepEqual(await askAll([], () => Promise.resolve(""), isSlow, inMs(100), never), []);
});

test("forty that hang keep nobody from being asked, and are asked once more themselves", async () => {
  const asked = new Map<number, number>();
  const ask = (n: number, signal: AbortSignal) => {
    asked.set(n, (asked.get(n) ?? 0) + 1);
    return n < 40 ? untilAborted(signal) : Promise.resolve("fine");
  };
  const results = await askAll(numbers(100), ask, isSlow, inMs(4000), never);
  assert.deepEqual(
    results,
    numbers(100).map((n) => (n < 40 ? "slow" : "fine")),
  );
  assert.ok(numbers(100).every((n) => n < 40 || asked.get(n) === 1));
  assert.ok(numbers(40).some((n) => asked.get(n) === 2));
  assert.ok(Math.max(...asked.values()) <= 2);
});

test("twenty that are slow, but not too slow, are all in time", async () => {
  const ask = (n: number, signal: AbortSignal) =>
    n >= 20
      ? Promise.resolve("fine")
      : Promise.race([untilAborted(signal), new Promise<string>((resolve) => setTimeout(resolve, 900, "fine"))]);
  const results = await askAll(numbers(120), ask, isSlow, inMs(5000), never);
  assert.ok(
    results.every((result) => result === "fine"),
    `${results}`,
  );
});

test("the deadline of the check ends everything", async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("over")), 50);
  const results = await askAll(numbers(3), (_, signal) => untilAborted(signal), isSlow, inMs(60_000), abort.signal);
  assert.deepEqual(results, ["slow", "slow", "slow"]);
});

test("what is left for the answer grows with the sites, and is three tenths of the time at most", () => {
  assert.equal(timeToAsk(10_000, 1), 9799);
  assert.equal(timeToAsk(10_000, 500), 9300);
  assert.equal(timeToAsk(1000, 500), 700);
  assert.equal(timeToAsk(0, 500), 0);
});
