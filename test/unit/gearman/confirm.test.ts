import assert from "node:assert/strict";
import { test } from "node:test";

import { askWhile } from "../../../lib/gearman/confirm.ts";

const patience = (remainingMs: number) => ({
  signal: new AbortController().signal,
  remainingMs: () => remainingMs,
  log: () => {},
});
const positive = (n: number) => n > 0;
const decrease = async (n: number) => n - 1;

test("what is not in doubt is not asked again", async () => {
  const sure = await askWhile(positive, 0, () => Promise.reject(new Error("asked")), 5, patience(10_000));
  assert.deepEqual(sure, { facts: 0, seconds: 0, isCutShort: false });
});

test("it asks until the doubt is gone", async () => {
  const { facts, seconds, isCutShort } = await askWhile(positive, 2, decrease, 5, patience(10_000));
  assert.deepEqual([facts, seconds > 0, isCutShort], [0, true, false]);
});

test("no seconds, or none left before the deadline, mean one look; it is cut short in the second case only", async () => {
  const once = { facts: 9, seconds: 0 };
  assert.deepEqual(await askWhile(positive, 9, decrease, 0, patience(10_000)), { ...once, isCutShort: false });
  assert.deepEqual(await askWhile(positive, 9, decrease, 5, patience(400)), { ...once, isCutShort: true });
});

test("doubt that lasts ends with the time", async () => {
  const last = await askWhile(positive, 99, decrease, 0.3, patience(10_000));
  assert.ok(0 < last.facts && last.facts < 99, `${last.facts}`);
  assert.equal(last.isCutShort, false);
});

test("where the deadline leaves less time than wanted, doubt that lasts is cut short", async () => {
  const last = await askWhile(positive, 99, decrease, 60, patience(800));
  assert.ok(0 < last.facts && last.facts < 99 && last.seconds > 0, `${last.facts}`);
  assert.equal(last.isCutShort, true);
});

test("a look that the deadline cuts short leaves what was seen before, any other failure does not", async () => {
  const late = { ...patience(10_000), signal: AbortSignal.abort() };
  const cut = await askWhile(positive, 3, () => Promise.reject(new Error("too late")), 5, late);
  assert.deepEqual(cut, { facts: 3, seconds: 0, isCutShort: true });
  const refused = askWhile(positive, 3, () => Promise.reject(new Error("refused")), 5, patience(10_000));
  await assert.rejects(refused, /refused/);
});
