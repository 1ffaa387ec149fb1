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
const observe = (pid: number, fds: number): Observation => ({ pid, startTicks: pid, fds, rss: 1, workers: undefined });

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
        history = remember(
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
  for (let run = 0; run < 3000; run++) history = remember(history, [observe(1, run)], { boot: "b", time: run }, HOUR);
  const times = history?.series[0]?.samples.map(([at]) => at) ?? [];
  assert.equal(times.length, MOST_SAMPLES);
  assert.deepEqual([times[0], times.at(-1)], [0, 2999]);
  const widest = Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  assert.ok(widest <= 30, `a gap of ${widest} s`);
});

test("with many processes the fullest are remembered", () => {
  const observations = Array.from({ length: 100 }, (_, pid) => observe(pid + 1, pid));
  const { series } = remember(undefined, observations, { boot: "b", time: 1 }, HOUR);
  assert.equal(series.length, 20);
  assert.equal(series[0]?.pid, 100);
});

test("a process whose descriptors are not known this time keeps its samples", () => {
  const moment = (time: number) => ({ boot: "b", time });
  const first = remember(undefined, [observe(1, 40)], moment(10), HOUR);
  const uncounted = { ...observe(1, 0), fds: undefined };
  const second = remember(first, [uncounted], moment(20), HOUR);
  assert.deepEqual(second.series, first.series);
  assert.deepEqual(remember(second, [uncounted], moment(20 + 30 * HOUR), HOUR).series, []);
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
    history = remember(history, [observe(1, run)], { boot: "b", time: run * 60 }, HOUR);
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
  for (let run = 0; run < 8; run++)
    history = remember(history, [observe(1, run)], { boot: "b", time: run * 1801 }, HOUR);
  assert.ok((history?.series[0]?.samples.length ?? 0) >= 5);
});
