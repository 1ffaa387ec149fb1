import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import {
  type History,
  MOST_SAMPLES,
  type Observation,
  parseHistory,
  remember,
} from "../../../../plugins/check_gearman_fd_leak/history.ts";
import { DAY, LONGEST_GAP } from "../../../../plugins/check_gearman_fd_leak/trend.ts";

const HOUR = 3600;
const observe = (pid: number, fds: number): Observation => ({
  pid,
  startTicks: pid,
  isChild: false,
  fds,
  rss: 1,
  workers: undefined,
  idle: undefined,
});

/** Adds a run that saw processes of one name. */
const add = (
  history: History | undefined,
  processes: readonly Observation[],
  { boot, time, now = time }: { readonly boot: string; readonly time: number; readonly now?: number },
  window: number,
) => remember(history, [{ name: "gearmand", processes }], { boot, time, now }, window);

const samplesOf = (history: History | undefined) =>
  history?.series.reduce((sum, { samples }) => sum + samples.length, 0) ?? 0;

test("whatever happens, a history is small, in order, within its window, and reads back", () => {
  const run = fc.record({ gap: fc.integer({ min: 0, max: 400 }), fds: fc.array(fc.nat(1000), { maxLength: 30 }) });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 700 }), (runs) => {
      let history: History | undefined;
      let time = 0;
      for (const { gap, fds } of runs) {
        time += gap;
        history = add(
          history,
          fds.map((count, pid) => observe(pid + 1, count)),
          { boot: "b", time },
          HOUR,
        );
      }
      if (history === undefined) return;
      assert.ok(samplesOf(history) <= MOST_SAMPLES);
      for (const { samples } of history.series) {
        assert.deepEqual(
          samples.map(([at]) => at),
          samples.map(([at]) => at).toSorted((a, b) => a - b),
        );
        assert.ok(samples.every(([at]) => at >= time - HOUR - DAY - LONGEST_GAP && at <= time));
      }
      assert.deepEqual(parseHistory(JSON.parse(JSON.stringify(history))), history);
    }),
    { numRuns: 20 },
  );
});

test("of more samples than there is room for, those left still cover the whole window", () => {
  let history: History | undefined;
  for (let run = 0; run < 3000; run++) history = add(history, [observe(1, run)], { boot: "b", time: run }, HOUR);
  const times = history?.series[0]?.samples.map(([at]) => at) ?? [];
  assert.equal(times.length, MOST_SAMPLES);
  assert.deepEqual([times[0], times.at(-1)], [0, 2999]);
  const widest = Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  assert.ok(widest <= 30, `a gap of ${widest} s`);
});

test("with many processes the fullest are remembered", () => {
  const observations = Array.from({ length: 100 }, (_, pid) => observe(pid + 1, pid));
  const { series } = add(undefined, observations, { boot: "b", time: 1 }, HOUR);
  assert.equal(series.length, 20);
  assert.equal(series[0]?.pid, 100);
});

test("a process whose descriptors are not known this time keeps its samples", () => {
  const moment = (time: number) => ({ boot: "b", time });
  const first = add(undefined, [observe(1, 40)], moment(10), HOUR);
  const uncounted = { ...observe(1, 0), fds: undefined };
  const second = add(first, [uncounted], moment(20), HOUR);
  assert.deepEqual(second.series, first.series);
  assert.deepEqual(add(second, [uncounted], moment(20 + 30 * HOUR), HOUR).series, []);
});

test("anything else than a history is none", () => {
  const series = [{ pid: 1, startTicks: 1, samples: [[1, 2, null, 3]] }];
  assert.ok(parseHistory({ version: 1, boot: "b", series }));
  const many = [{ pid: 1, startTicks: 1, samples: Array.from({ length: 501 }, () => [1, 2, 3, 4]) }];
  for (const content of [
    undefined,
    null,
    7,
    "x",
    [],
    {},
    { version: 2, boot: "b", series },
    { version: 1, series },
    { version: 1, boot: "b", series: {} },
    { version: 1, boot: "b", series: [null] },
    { version: 1, boot: "b", series: [{ pid: "1", startTicks: 1, samples: [] }] },
    { version: 1, boot: "b", series: [{ pid: 1, startTicks: 1, samples: [[1, 2, 3]] }] },
    { version: 1, boot: "b", series: [{ pid: 1, startTicks: 1, samples: [[1, "2", 3, 4]] }] },
    { version: 1, boot: "b", series: [{ pid: 1, startTicks: 1, samples: [[1, -2, 3, 4]] }] },
    { version: 1, boot: "b", series: many },
  ]) {
    assert.equal(parseHistory(content), undefined, JSON.stringify(content)?.slice(0, 80));
  }
});

test("whatever JSON is in the file, it is a history or none", () => {
  fc.assert(fc.property(fc.jsonValue(), (content) => void parseHistory(content)));
});

test("beside a short window the day before is kept, in fewer samples", () => {
  let history: History | undefined;
  for (let run = 0; run < 2000; run++) {
    history = add(history, [observe(1, run)], { boot: "b", time: run * 60 }, HOUR);
  }
  const times = history?.series[0]?.samples.map(([at]) => at) ?? [];
  const recent = times.filter((at) => at >= 1999 * 60 - HOUR);
  assert.deepEqual([recent.length, times.length], [61, 161]);
  assert.ok((times[0] ?? 0) <= 1999 * 60 - HOUR - DAY);
  const widest = Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  assert.ok(widest <= 3600, `a gap of ${widest} s`);
});

test("a check that runs seldom has enough samples all the same", () => {
  let history: History | undefined;
  for (let run = 0; run < 8; run++) history = add(history, [observe(1, run)], { boot: "b", time: run * 1801 }, HOUR);
  assert.ok((history?.series[0]?.samples.length ?? 0) >= 5);
});

test("one process in the place of another is a restart, a child, one more or one less is none", () => {
  const at = (history: History | undefined, minute: number, ...pids: readonly number[]) =>
    add(
      history,
      pids.map((pid) => ({ ...observe(pid, 10), isChild: pid > 100 })),
      { boot: "b", time: minute * 60 },
      HOUR,
    );
  const restarts = (history: History) => history.lives.gearmand?.restarts.length;
  let history = at(undefined, 0, 1, 101);
  history = at(history, 1, 1, 102, 103);
  history = at(history, 2, 1, 2);
  assert.equal(restarts(history), 0);
  history = at(history, 3, 2);
  assert.equal(restarts(history), 0);
  history = at(history, 4, 2, 3);
  assert.equal(restarts(history), 1, "the first is gone, another one came");
  for (let minute = 5; minute < 10; minute++) history = at(history, minute, ...(minute % 2 ? [] : [2, 100 - minute]));
  assert.equal(restarts(history), 5);
  assert.deepEqual(parseHistory(JSON.parse(JSON.stringify(history))), history);
  history = at(history, 65, 2, 92);
  assert.equal(restarts(history), 6, "the one of an hour ago is over");
  assert.equal(restarts(add(history, [observe(9, 1)], { boot: "c", time: 60 }, HOUR)), 0);
});

test("how long growth could not be judged goes on from boot to boot, and ends when a window is full", () => {
  let history: History | undefined;
  for (let run = 0; run < 10; run++)
    history = add(history, [observe(1, 1)], { boot: `${run}`, time: 60, now: 1000 + run * 60 }, HOUR);
  assert.deepEqual(history?.unjudged, { since: 1000, runs: 10 });
  history = add(history, [], { boot: "x", time: 60, now: 2000 }, HOUR);
  assert.deepEqual(history.unjudged, { since: 1000, runs: 10 });
  for (let run = 0; run <= 12; run++)
    history = add(history, [observe(1, 1)], { boot: "x", time: 100 + run * 300, now: 3000 + run * 300 }, HOUR);
  assert.equal(history.unjudged, undefined);
});

test("the fewest descriptors beside the connections are kept", () => {
  let history: History | undefined;
  for (const [time, idle] of [
    [1, 40],
    [2, 30],
    [3, undefined],
    [4, 55],
  ] as const)
    history = add(history, [{ ...observe(1, 60), idle }], { boot: "b", time }, HOUR);
  assert.equal(history?.series[0]?.idle, 30);
  assert.deepEqual(parseHistory(JSON.parse(JSON.stringify(history))), JSON.parse(JSON.stringify(history)));
});
