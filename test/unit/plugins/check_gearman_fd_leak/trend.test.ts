import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { type History, type Observation, remember } from "../../../../plugins/check_gearman_fd_leak/history.ts";
import { type Point, type Trend, trendOf } from "../../../../plugins/check_gearman_fd_leak/trend.ts";
import { trendsOf } from "../../../../plugins/check_gearman_fd_leak/trends.ts";

const HOUR = 3600;

/** One sample a minute. */
const series = (length: number, value: (minute: number) => number): Point[] =>
  Array.from({ length }, (_, minute) => [1000 + minute * 60, value(minute)]);

const perHour = (points: readonly Point[]) => trendOf(points, HOUR).slope ?? Number.NaN;

test("until there are five samples over a quarter of the window there is no slope", () => {
  assert.equal(trendOf([], HOUR).slope, undefined);
  assert.equal(
    trendOf(
      series(4, () => 1),
      60,
    ).slope,
    undefined,
  );
  assert.equal(
    trendOf(
      series(15, (m) => m * 100),
      HOUR,
    ).slope,
    undefined,
  );
  assert.equal(
    trendOf(
      series(16, (m) => m * 100),
      HOUR,
    ).slope,
    6000,
  );
  assert.deepEqual(
    trendOf(
      series(16, () => 5),
      HOUR,
    ),
    { samples: 16, span: 900, age: 900, slope: 0, perHour: undefined } satisfies Trend,
  );
});

test("a steady process does not grow, whatever its level and the times of its samples", () => {
  fc.assert(
    fc.property(
      fc.nat(1e6),
      fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 5, maxLength: 600 }),
      (level, gaps) => {
        const points = gaps.map((gap, index): Point => [index * 600 + gap, level]);
        assert.equal(trendOf(points, 10).perHour ?? 0, 0);
        assert.equal(trendOf(points, 10).slope ?? 0, 0);
      },
    ),
  );
});

test("a spike does not move it, nor do several", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 16, max: 300 }),
      fc.array(fc.tuple(fc.nat(299), fc.nat(1e6)), { maxLength: 300 }),
      (length, spikes) => {
        const chosen = new Map(spikes.map(([at, height]) => [at % length, height]));
        const few = new Map([...chosen].slice(0, Math.floor(length * 0.15)));
        assert.equal(perHour(series(length, (minute) => 40 + (few.get(minute) ?? 0))), 0);
      },
    ),
  );
});

test("a leak is found beneath spikes, at its own rate", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(59), { maxLength: 6 }), (rate, spikes) => {
      const found = perHour(series(60, (minute) => 40 + rate * minute + (spikes.includes(minute) ? 100_000 : 0)));
      assert.ok(Math.abs(found - rate * 60) < rate * 6 + 1, `${found} an hour instead of ${rate * 60}`);
    }),
  );
});

test("a saw-tooth is no leak, once it has come down a few times", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 10 }), fc.integer({ min: 5, max: 100 }), (period, step) => {
      const found = perHour(series(60, (minute) => 40 + (minute % period) * step));
      // a tenth of what its climb alone would be
      assert.ok(Math.abs(found) <= step * 6, `${found} an hour`);
    }),
  );
});

test("a leak of one a minute is found within the window, and one of one in ten minutes too", () => {
  assert.equal(perHour(series(16, (minute) => 40 + minute)), 60);
  assert.ok(Math.abs(perHour(series(60, (minute) => 40 + Math.floor(minute / 10))) - 6) <= 1);
});

test("five hundred samples are as good as fifty", () => {
  const points = Array.from({ length: 500 }, (_, i): Point => [i * 7.2, 40 + i * 0.12]);
  assert.ok(Math.abs(perHour(points) - 60) < 1e-6);
});

/** Plays a machine's life: each run sees the process as `at` says. */
function live(
  runs: number,
  at: (run: number) => Observation & { readonly time: number; readonly boot?: string },
): History {
  let history: History | undefined;
  for (let run = 0; run < runs; run++) {
    const { time, boot = "b", ...observation } = at(run);
    // as it comes back from the file
    history = JSON.parse(
      JSON.stringify(
        remember(history, [{ name: "gearmand", processes: [observation] }], { boot, time, now: time }, HOUR),
      ),
    ) as History;
  }
  return history ?? assert.fail();
}

const one = { pid: 7, startTicks: 100, isChild: false, rss: 1000, workers: undefined, idle: undefined };

test("a process that restarted starts a new series: its first climb is not held against it", () => {
  const history = live(60, (run) => ({
    ...one,
    startTicks: run < 57 ? 100 : 200,
    fds: run < 57 ? 10 : 900,
    time: run * 60,
  }));
  assert.deepEqual(trendsOf(history, { pid: 7, startTicks: 200 }, HOUR)?.fds, {
    samples: 3,
    span: 120,
    age: 120,
    slope: undefined,
    perHour: undefined,
  });
  assert.equal(trendsOf(history, { pid: 7, startTicks: 100 }, HOUR), undefined);
});

test("another boot starts anew, even with the same pid and the same start", () => {
  const history = live(60, (run) => ({ ...one, fds: 10 + run * 10, time: run * 60, boot: run < 58 ? "a" : "b" }));
  assert.equal(trendsOf(history, one, HOUR)?.fds.samples, 2);
});

test("a clock that jumped does not alert", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 1, max: 58 }), (jump, when) => {
      const history = live(60, (run) => ({ ...one, fds: 40, time: 2e6 + run * 60 + (run < when ? 0 : jump) }));
      assert.equal(trendsOf(history, one, HOUR)?.fds.slope ?? 0, 0);
      const leak = live(60, (run) => ({ ...one, fds: 40 + run, time: 2e6 + run * 60 + (run < when ? 0 : jump) }));
      const found = trendsOf(leak, one, HOUR)?.fds.slope ?? 0;
      assert.ok(found >= 0 && found <= 61, `${found} an hour of a leak of 60`);
    }),
  );
});

/** gearmand with workers that come and go: 37 descriptors of its own, and one or two for each. */
const farm = (run: number, workers: number, each: number, leaked = 0) => ({
  ...one,
  fds: 37 + workers * each + leaked,
  workers,
  time: run * 60,
});

test("a worker farm growing from 10 to 200 is no leak once workers are known", () => {
  for (const each of [1, 2]) {
    const history = live(60, (run) => farm(run, Math.round(10 + (190 * run) / 59), each));
    const trends = trendsOf(history, one, HOUR);
    assert.ok((trends?.fds.slope ?? 0) > 180);
    assert.ok((trends?.unexplained?.slope ?? Number.NaN) <= 0, `${each} each`);
  }
});

test("a farm that shrinks is no leak either", () => {
  for (const each of [1, 2]) {
    const history = live(60, (run) => farm(run, 200 - run * 3, each));
    assert.ok((trendsOf(history, one, HOUR)?.unexplained?.slope ?? Number.NaN) <= 0, `${each} each`);
  }
});

test("a leak beside a farm that stays as it is, is a leak", () => {
  const history = live(60, (run) => farm(run, 50, 2, run));
  assert.equal(trendsOf(history, one, HOUR)?.unexplained?.slope, 60);
});

test("without any worker known nothing is explained", () => {
  const history = live(60, (run) => ({ ...one, fds: 40 + run, time: run * 60 }));
  assert.equal(trendsOf(history, one, HOUR)?.unexplained, undefined);
});
