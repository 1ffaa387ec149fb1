import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { Trip } from "../trip.ts";

const NOW = 1_700_000_000_000;
const COMPLETE = { state: "complete", data: Buffer.alloc(0) } as const;

const result = (startTime: number, finishTime: number) => ({
  hostName: "h",
  serviceDescription: "t",
  returnCode: 0,
  startTime,
  finishTime,
  source: "x",
  output: "t",
});

const status = (running: boolean) => ({ known: true, running, numerator: 0, denominator: 0 });

test("a job that came back and ended is settled, in either order", async () => {
  for (const first of ["result", "end"]) {
    const trip = new Trip("t", NOW, new Set());
    trip.created("H:1");
    if (first === "result") trip.result(result(NOW, NOW), "s");
    trip.ended(COMPLETE);
    if (first === "end") trip.result(result(NOW, NOW), "s");
    await trip.settled;
    assert.equal(trip.facts().stage, "ended");
    assert.equal(trip.pending, undefined);
  }
});

test("a job whose worker went away waits again", () => {
  const trip = new Trip("t", NOW, new Set());
  trip.created("H:1");
  for (const running of [false, true, false]) {
    trip.asked();
    trip.status(status(running));
  }
  assert.deepEqual([trip.facts().stage, trip.facts().deaths, trip.isWaiting], ["waiting", 1, true]);
  trip.retried(3);
  assert.equal(trip.facts().deaths, 3);
});

test("a result counts even if nobody waited for it any more", () => {
  const trip = new Trip("t", NOW, new Set());
  trip.created("H:1");
  trip.settle();
  trip.result(result(NOW, NOW), "s");
  assert.equal(trip.facts().results.length, 1);
});

test("whatever times a worker claims, the parts of a trip are never negative and add up to it", () => {
  const time = fc.oneof(fc.constant(Number.NaN), fc.double({ min: 0, max: 4e12, noNaN: true }));
  fc.assert(
    fc.property(time, time, fc.boolean(), (start, finish, seen) => {
      const trip = new Trip("t", NOW, new Set());
      trip.created("H:1");
      trip.asked();
      trip.status(status(seen));
      trip.result(result(start, finish), "s");
      trip.ended(COMPLETE);
      const facts = trip.facts();
      if (Number.isNaN(facts.run)) return;
      for (const part of [facts.wait, facts.run, facts.return]) assert.ok(part >= 0, JSON.stringify(facts));
      assert.ok(Math.abs(facts.wait + facts.run + facts.return - facts.time) < 1e-9, JSON.stringify(facts));
    }),
  );
});
