import assert from "node:assert/strict";
import { test } from "node:test";

import { Controller, sleep } from "../../../lib/plugin/signal.ts";

test("a signal tells all that listen, once, with the reason", () => {
  const controller = new Controller();
  const { signal } = controller;
  const told: unknown[] = [];
  const listener = () => told.push(signal.reason);
  const removed = () => told.push("removed");
  signal.addEventListener("abort", listener);
  signal.addEventListener("abort", listener, { once: true });
  signal.addEventListener("abort", removed);
  signal.removeEventListener("abort", removed);
  assert.deepEqual([signal.aborted, signal.reason], [false, undefined]);
  controller.abort("time is over");
  controller.abort("again");
  assert.deepEqual(told, ["time is over"]);
  assert.deepEqual([signal.aborted, signal.reason], [true, "time is over"]);
});

test("a listener may add and remove others while all are told", () => {
  const { signal, abort } = withAbort();
  const told: string[] = [];
  signal.addEventListener("abort", () => {
    told.push("first");
    signal.addEventListener("abort", () => told.push("late"));
  });
  signal.addEventListener("abort", () => told.push("second"));
  abort();
  assert.deepEqual(told, ["first", "second"]);
});

test("sleep ends when the signal aborts, which may have been before, and leaves no listener", async () => {
  const { signal, abort } = withAbort();
  const long = sleep(1e9, signal);
  abort();
  await long;
  await sleep(1e9, signal);
  await sleep(0);

  const calls: string[] = [];
  const counted = {
    aborted: false,
    reason: undefined,
    addEventListener: () => calls.push("added"),
    removeEventListener: () => calls.push("removed"),
  };
  await sleep(1, counted);
  assert.deepEqual(calls, ["added", "removed"]);
});

function withAbort() {
  const controller = new Controller();
  return { signal: controller.signal, abort: () => controller.abort() };
}
