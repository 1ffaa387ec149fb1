import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { temporaryFolder } from "#test/support/proc-tree.ts";
import { until } from "#test/support/until.ts";
import { type Delivery, keepDraining, type Left, withQueue } from "../../../lib/passive/delivery.ts";
import type { Outcome } from "../../../lib/passive/outcome.ts";
import { Queue } from "../../../lib/passive/queue.ts";
import type { PassiveResult } from "../../../lib/passive/result.ts";

const folder = temporaryFolder({ after });
const result = (host: string): PassiveResult => ({ host, exitCode: 0, output: "x", perfdata: "", time: 1 });
const none = async () => {};

test("a queue is drained at once, and again and again, also after a failure; the end waits for what is under way", async () => {
  const failures: string[] = [];
  let drains = 0;
  let finish: (() => void) | undefined;
  const delivery: Delivery = {
    name: "x",
    submit: async () => ({ kind: "accepted", text: "" }),
    close: none,
    async drain(signal): Promise<Left> {
      drains++;
      if (drains === 2) throw new Error("no space left");
      if (drains === 4) {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        failures.push(`aborted: ${signal.aborted}`);
      }
      return { count: 0, others: 0 };
    },
  };
  const end = keepDraining(
    delivery,
    0.001,
    () => {},
    ({ message }) => failures.push(message),
  );
  assert.equal(drains, 1);
  await until(
    () => finish !== undefined,
    () => `the fourth one, there were ${drains}`,
    1,
  );
  let isOver = false;
  const over = end().then(() => {
    isOver = true;
  });
  await setImmediate();
  assert.equal(isOver, false);
  finish?.();
  await over;
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual([drains, failures], [4, ["no space left", "aborted: true"]]);
});

test("what was delivered and cannot be removed is not delivered again, and the others come to their end", async () => {
  let isReadOnly = true;
  class Stubborn extends Queue {
    override async remove(one: Parameters<Queue["remove"]>[0]): Promise<void> {
      if (isReadOnly) throw new Error("read-only file system");
      await super.remove(one);
    }
  }
  const queue = new Stubborn(`${folder}/queue`, "x");
  await queue.put(result("a"));
  await queue.put(result("b"));
  const submitted: string[] = [];
  const reported: string[] = [];
  const target = {
    name: "x",
    close: none,
    async submit({ host }: PassiveResult): Promise<Outcome> {
      await setImmediate();
      submitted.push(host);
      return { kind: "accepted", text: "" };
    },
  };
  const kept = withQueue(target, queue, { most: 10, age: 60 });
  const drain = () => kept.drain(new AbortController().signal, (one) => reported.push(`${one?.host}`));
  await assert.rejects(drain(), /read-only file system/);
  await assert.rejects(drain(), /read-only file system/);
  isReadOnly = false;
  assert.deepEqual(await drain(), { count: 0, others: 0 });
  assert.deepEqual(
    [submitted.sort(), reported.sort()],
    [
      ["a", "b"],
      ["a", "b"],
    ],
  );
  assert.deepEqual(readdirSync(queue.folder), []);
});
