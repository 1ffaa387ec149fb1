import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { CountThreshold, parseCountThreshold } from "../../../lib/plugin/count-threshold.ts";
import { bindValues } from "../../../lib/plugin/option.ts";
import { quantity } from "../../../lib/plugin/quantity.ts";
import { figures, report } from "../../../lib/plugin/result.ts";
import { Series } from "../../../lib/plugin/series.ts";

const quantities = {
  waiting: quantity({
    grammar: CountThreshold,
    label: "[<server>_]<queue>_waiting",
    min: 0,
    meaning: "jobs",
    text: "<value> job(s)",
    warning: "--warning",
    critical: "--critical",
  }),
  load: quantity({ label: "[<server>_]<queue>_load", uom: "s", meaning: "load" }),
};

const name = fc.oneof(
  fc.stringMatching(/^[a-z_.-]{1,5}$/),
  fc.string({ unit: "binary" }),
  fc.constantFrom("a::b", "'", "=", "a b", "|", "\n", ""),
);
const value = fc.oneof(
  fc.nat(),
  fc.double(),
  fc.constantFrom(-0, -1, 1e21, Number.MAX_SAFE_INTEGER, Number.NaN, Number.POSITIVE_INFINITY),
);
const threshold = fc.option(fc.constantFrom("0", "10", "1:", "@5:7", "~:3", "0.5"), { nil: undefined });
const row = fc.record({ server: fc.option(name, { nil: undefined }), queue: name, waiting: value, load: value });

test("a series prints byte for byte what its metrics print one by one", () => {
  fc.assert(
    fc.property(fc.array(row), threshold, threshold, (rows, warning, critical) => {
      const parse = (text: string | undefined) => (text === undefined ? undefined : parseCountThreshold(text));
      const gauges = bindValues(quantities, { warning: parse(warning), critical: parse(critical) });
      const series = () =>
        new Series<(typeof rows)[number]>(rows, ({ server, queue }) => ({ server, queue }), [
          { gauge: gauges.waiting, value: (of) => of.waiting },
          { gauge: gauges.load, value: (of) => of.load },
        ]);
      const plain = rows.flatMap(({ server, queue, waiting, load }) => [
        gauges.waiting.metric(waiting, { server, queue }),
        gauges.load.metric(load, { server, queue }),
      ]);
      assert.deepEqual([...series()], plain);
      assert.equal(report("check_x", figures(series()), 0), report("check_x", figures(plain), 0));
    }),
    { numRuns: 2000 },
  );
});

test("a row of plain names is one text", () => {
  const { waiting } = bindValues(quantities, {});
  const rows = ["host", "a b"];
  const series = new Series(rows, (queue) => ({ queue }), [{ gauge: waiting, value: () => 1 }]);
  assert.deepEqual([...series.printed()], ["'host_waiting'=1;;;0", waiting.metric(1, { queue: "a b" })]);
});

test("a value that is not known leaves the others of its row in one text", () => {
  const { waiting, load } = bindValues(quantities, {});
  const columns = [Number.NaN, 1, Number.POSITIVE_INFINITY].map((value) => ({ gauge: waiting, value: () => value }));
  const series = new Series(["host"], (queue) => ({ queue }), [...columns, { gauge: load, value: () => Number.NaN }]);
  assert.deepEqual([...series.printed()], ["'host_waiting'=1;;;0"]);
});
