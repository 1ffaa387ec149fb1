import assert from "node:assert/strict";
import { test } from "node:test";

import { DeadlineError } from "../../../lib/plugin/error.ts";
import { Controller, patience, sleep } from "../../../lib/plugin/signal.ts";
import { Status } from "../../../lib/plugin/status.ts";

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

test("patience ends with another signal, which may have ended before, or by its own time", async () => {
  const outer = new Controller();
  const long = patience(1e6, outer.signal);
  assert.equal(long.signal.aborted, false);
  outer.abort("enough");
  assert.deepEqual([long.signal.aborted, long.signal.reason], [true, "enough"]);
  const late = patience(1e6, outer.signal);
  assert.deepEqual([late.signal.aborted, late.signal.reason], [true, "enough"]);
  for (const { end } of [long, late]) end();

  const { signal, end } = patience(0.001);
  await new Promise<void>((resolve) => signal.addEventListener("abort", resolve));
  end();
  assert.ok(signal.reason instanceof DeadlineError);
  assert.deepEqual([signal.reason.status, signal.reason.seconds], [Status.CRITICAL, 0.001]);

  const ended = new Controller();
  const short = patience(0.001, ended.signal);
  short.end();
  ended.abort();
  await sleep(20);
  assert.equal(short.signal.aborted, false);
});

function withAbort() {
  const controller = new Controller();
  return { signal: controller.signal, abort: () => controller.abort() };
}
