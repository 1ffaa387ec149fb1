import assert from "node:assert/strict";
import { test } from "node:test";

import type { MetricDeclaration } from "monitoring-plugins-ts";

import { perfdataTable } from "../../../generate/pages.ts";
import { declarationsOf, labelPattern } from "../../../generate/perfdata.ts";
import { sample } from "./sample.ts";

const DECLARED: readonly MetricDeclaration[] = [
  { label: "[<server>_]<queue>_time", uom: "s", meaning: "a", warning: "warnAt", min: 0, when: "always" },
  { label: "[<server>_]<queue>_long_time", meaning: "b", min: 0, max: "c", with: ["only a", "fast"] },
  { label: "<label>", meaning: "d", with: ["louder"], relayed: true },
];

test("a label's pattern: names, and parts that may be missing", () => {
  const fits = (label: string, printed: string) => new RegExp(labelPattern(label)).test(printed);
  assert.ok(fits("[<server>_]waiting", "waiting"));
  assert.ok(fits("[<server>_]waiting", "gearmand.example.com-4730_waiting"));
  assert.ok(!fits("[<server>_]waiting", "host_waiting"), "a server has a port");
  assert.ok(fits("<queue>_waiting", "a.-20-b_waiting"));
  assert.ok(!fits("<queue>_waiting", "waiting"));
  assert.ok(!fits("sites_down", "my_sites_down"));
});

test("of two declarations that fit, the longer one is meant; what is relayed fits nothing", () => {
  const found = (label: string) => declarationsOf(label, DECLARED).map(({ meaning }) => meaning);
  assert.deepEqual([found("x_time"), found("x_long_time"), found("jobs")], [["a"], ["b"], []]);
  assert.deepEqual(found("_time"), ["a"], "a queue without a name");
  const total: MetricDeclaration = { label: "[<server>_]time", meaning: "total" };
  assert.equal(declarationsOf("localhost-4730_time", [...DECLARED, total]).length, 2);
});

test("the table names the options by which thresholds come, and when an item is there", () => {
  assert.deepEqual(
    perfdataTable({ ...sample, perfdata: DECLARED })
      .split("\n")
      .slice(2),
    [
      "| `[<server>_]<queue>_time` | s | a | `-w` (warning) | from 0 | always |",
      "| `[<server>_]<queue>_long_time` |  | b |  | 0 to c | with `--only a` or `-f` |",
      "| `<label>` | its own | d | its own |  | with `--louder` |",
    ],
  );
  assert.throws(
    () => perfdataTable({ ...sample, perfdata: [{ label: "x", meaning: "y", critical: "nothing" }] }),
    /perfdata of check_sample: there is no option 'nothing'/,
  );
});
