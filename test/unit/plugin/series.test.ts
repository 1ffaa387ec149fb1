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
const row = fc.record({ queue: name, waiting: value, load: value });
const rows = fc.oneof(fc.array(row), fc.array(row, { minLength: 200, maxLength: 300, size: "max" }));

test("a series prints byte for byte what its metrics print one by one", () => {
  fc.assert(
    fc.property(rows, fc.option(name, { nil: undefined }), threshold, threshold, (rows, server, warning, critical) => {
      const parse = (text: string | undefined) => (text === undefined ? undefined : parseCountThreshold(text));
      const gauges = bindValues(quantities, { warning: parse(warning), critical: parse(critical) });
      const series = () =>
        new Series<(typeof rows)[number]>(rows, { common: { server }, open: "queue", of: ({ queue }) => queue }, [
          { gauge: gauges.waiting, value: (of) => of.waiting },
          { gauge: gauges.load, value: (of) => of.load },
        ]);
      const plain = rows.flatMap(({ queue, waiting, load }) => [
        gauges.waiting.metric(waiting, { server, queue }),
        gauges.load.metric(load, { server, queue }),
      ]);
      assert.deepEqual([...series()], plain);
      assert.equal(report("check_x", figures(series()), 0), report("check_x", figures(plain), 0));
    }),
    { numRuns: 1000 },
  );
});

test("rows of plain names are one text, until it is long", () => {
  const { waiting } = bindValues(quantities, {});
  const print = (rows: readonly string[]) => [
    ...new Series(rows, { open: "queue", of: (queue) => queue }, [{ gauge: waiting, value: () => 1 }]).printed(),
  ];
  assert.deepEqual(print(["host", "service", "a b"]), [
    "'host_waiting'=1;;;0 'service_waiting'=1;;;0",
    waiting.metric(1, { queue: "a b" }),
  ]);
  const texts = print(Array.from({ length: 10_000 }, () => "host"));
  assert.ok(texts.every((text) => typeof text === "string" && text.length < 10_000));
});

test("each row may have a gauge of its own", () => {
  const { waiting } = bindValues(quantities, {});
  const strict = waiting.by(parseCountThreshold("5"), undefined);
  const gauge = (queue: string) => (queue === "b" ? strict : waiting);
  const series = new Series(["a", "b", "c"], { open: "queue", of: (queue) => queue }, [{ gauge, value: () => 1 }]);
  assert.deepEqual([...series.printed()], ["'a_waiting'=1;;;0 'b_waiting'=1;5;;0 'c_waiting'=1;;;0"]);
});

test("a value that is not known leaves the others of its row in one text", () => {
  const { waiting, load } = bindValues(quantities, {});
  const columns = [Number.NaN, 1, Number.POSITIVE_INFINITY].map((value) => ({ gauge: waiting, value: () => value }));
  const series = new Series(["host"], { open: "queue", of: (queue) => queue }, [
    ...columns,
    { gauge: load, value: () => Number.NaN },
  ]);
  assert.deepEqual([...series.printed()], ["'host_waiting'=1;;;0"]);
});
