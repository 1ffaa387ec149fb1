// What is found in which time, and what is no leak, in simulated days: the table of docs/check_gearman_fd_leak.md.

import assert from "node:assert/strict";
import { test } from "node:test";

import { type History, remember } from "../../../../plugins/check_gearman_fd_leak/history.ts";
import type { Trend } from "../../../../plugins/check_gearman_fd_leak/trend.ts";
import { trendsOf } from "../../../../plugins/check_gearman_fd_leak/trends.ts";

const HOUR = 3600;
const MINUTE = 60;
const LIMIT = 1024;

/** A day of a farm: 200 descriptors at night, 600 at noon, no two days alike, some noise, and now and then a burst. */
function rhythm() {
  let seed = 1;
  const random = () => {
    seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  return (time: number) => {
    const day = 1 + 0.05 * Math.sin(Math.floor(time / (24 * HOUR)) * 7.3);
    const noise = (random() + random() + random() - 1.5) * 12 + (random() < 0.02 ? 150 : 0);
    return (400 - 200 * Math.cos((time * 2 * Math.PI) / (24 * HOUR))) * day + noise;
  };
}

interface Life {
  readonly window: number;
  readonly growth: number;
  readonly lasts: number;
  readonly fds: (time: number) => number;
  readonly every?: number;
  /** The process is another one after this time, again and again. */
  readonly restart?: number;
}

/** The times at which growth or the time left (6 h) alerts. */
function* alarms({ window, growth, lasts, fds, every = 5 * MINUTE, restart = lasts }: Life): Iterable<number> {
  let history: History | undefined;
  for (let time = 0; time < lasts; time += every) {
    const process = {
      pid: 7,
      startTicks: Math.floor(time / restart),
      isChild: false,
      rss: undefined,
      workers: undefined,
      idle: undefined,
    };
    const now = Math.round(fds(time));
    history = remember(
      history,
      [{ name: "gearmand", processes: [{ ...process, fds: now }] }],
      { boot: "b", time: 1000 + time, now: time },
      window,
    );
    const trend: Trend | undefined = trendsOf(history, process, window)?.fds;
    const soon = trend?.perHour ?? trend?.slope ?? 0;
    if ((trend?.perHour ?? 0) > growth || (soon > 0 && (LIMIT - now) / soon < 6)) yield time;
  }
}

const OFF = Number.POSITIVE_INFINITY;

for (const [window, growth, every] of [
  [HOUR, OFF, 5],
  [90 * MINUTE, 60, 5],
  [24 * HOUR, 20, 15],
  [24 * HOUR, 5, 15],
  [48 * HOUR, 5, 15],
] as const) {
  test(`30 healthy days: no alarm with a window of ${window / HOUR} h and ${growth} an hour`, () => {
    const life = { window, growth, lasts: 30 * 24 * HOUR, fds: rhythm(), every: every * MINUTE };
    assert.deepEqual([...alarms(life)], []);
  });
}

for (const [leak, window, growth, latest] of [
  [600, HOUR, OFF, 20 * MINUTE],
  [60, 90 * MINUTE, 60, 95 * MINUTE],
  [10, 24 * HOUR, 5, 84 * HOUR],
] as const) {
  test(`a leak of ${leak} an hour is found with a window of ${window / HOUR} h within ${latest / MINUTE} min`, () => {
    const healthy = rhythm();
    const fds = (time: number) => healthy(time) + (time * leak) / HOUR;
    const [found] = alarms({ window, growth, lasts: latest + 1, fds });
    assert.ok(found !== undefined);
  });
}

for (const [leak, window, growth, latest] of [
  [600, HOUR, OFF, 20 * MINUTE],
  [60, 90 * MINUTE, 60, 95 * MINUTE],
] as const) {
  test(`a leak of ${leak} an hour in a process that restarts every 4 h is found in each of its lives`, () => {
    const fds = (time: number) => 200 + ((time % (4 * HOUR)) * leak) / HOUR + (leak === 60 ? time % 7 : 0);
    const restart = 4 * HOUR;
    const found = [...alarms({ window, growth: growth === OFF ? OFF : 45, lasts: 12 * HOUR, fds, restart })];
    for (const start of [0, restart, 2 * restart]) {
      assert.ok(
        found.some((time) => time >= start && time <= start + latest),
        `${start}: ${found}`,
      );
    }
  });
}

test("a leak that is older than a day is still one, at every hour", () => {
  const healthy = rhythm();
  const fds = (time: number) => healthy(time) + (time * 30) / HOUR;
  const found = [...alarms({ window: 24 * HOUR, growth: 20, lasts: 72 * HOUR, fds, every: 15 * MINUTE })];
  assert.equal(found.filter((time) => time >= 30 * HOUR).length, 42 * 4);
});

test("a start that warms up to a plateau is no leak", () => {
  for (const [window, warm] of [
    [HOUR, 20 * MINUTE],
    [HOUR, 30 * MINUTE],
    [6 * HOUR, 150 * MINUTE],
  ] as const) {
    const fds = (time: number) => 20 + 380 * Math.min(1, time / warm);
    const found = [...alarms({ window, growth: 60, lasts: 12 * HOUR, fds })];
    // while it lasts, and a little longer, it cannot be told from a leak that reaches the limit soon
    assert.deepEqual(
      found.filter((time) => time > warm * 1.5),
      [],
    );
  }
});
