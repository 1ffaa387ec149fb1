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
  assert.equal(await askWhile(positive, 0, () => Promise.reject(new Error("asked")), 5, patience(10_000)), 0);
});

test("it asks until the doubt is gone", async () => {
  assert.equal(await askWhile(positive, 2, decrease, 5, patience(10_000)), 0);
});

test("no seconds, or none left before the deadline, mean one look", async () => {
  assert.equal(await askWhile(positive, 9, decrease, 0, patience(10_000)), 9);
  assert.equal(await askWhile(positive, 9, decrease, 5, patience(400)), 9);
});

test("doubt that lasts ends with the time", async () => {
  const last = await askWhile(positive, 99, decrease, 0.3, patience(10_000));
  assert.ok(0 < last && last < 99, `${last}`);
});

test("a look that the deadline cuts short leaves what was seen before, any other failure does not", async () => {
  const late = { ...patience(10_000), signal: AbortSignal.abort() };
  assert.equal(await askWhile(positive, 3, () => Promise.reject(new Error("too late")), 5, late), 3);
  const refused = askWhile(positive, 3, () => Promise.reject(new Error("refused")), 5, patience(10_000));
  await assert.rejects(refused, /refused/);
});
