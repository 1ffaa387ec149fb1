import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import type { PassiveResult } from "monitoring-plugins-ts/passive";
import { inOrder } from "../../../lib/passive/in-order.ts";

const result = (host: string, output: string): PassiveResult => ({
  host,
  exitCode: 0,
  output,
  perfdata: "",
  time: 1,
});

test("of each object one is under way, of all together so many", async () => {
  const underWay: string[] = [];
  const done: string[] = [];
  const ends: (() => void)[] = [];
  const submit = inOrder(async ({ host, output }) => {
    underWay.push(`${host}${output}`);
    await new Promise<void>((end) => ends.push(end));
    done.push(`${host}${output}`);
    if (output === "2") throw new Error("a bug");
    return { kind: "accepted", text: "" };
  }, 2);
  const { signal } = new AbortController();
  const all = ["a1", "a2", "a3", "b1", "c1"].map(([host = "", output = ""]) => submit(result(host, output), signal));
  const settled = Promise.allSettled(all);
  await setImmediate();
  assert.deepEqual(underWay, ["a1", "b1"]);
  while (done.length < all.length) {
    assert.ok(underWay.length - done.length <= 2);
    ends.shift()?.();
    await setImmediate();
  }
  assert.deepEqual(
    done.filter((name) => name.startsWith("a")),
    ["a1", "a2", "a3"],
  );
  assert.deepEqual(
    (await settled).map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"],
  );
});
