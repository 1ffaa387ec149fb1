import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import { formatMetric, Range, safeLabel } from "monitoring-plugins-ts";

import { parseOutput } from "../../support/perfdata.ts";

test("an item has value, unit, thresholds and bounds, and no semicolons behind the last of them", () => {
  const warning = Range.parse("10");
  const critical = Range.parse("@~:5");
  assert.equal(
    formatMetric({ label: "a", value: 3, uom: "s", warning, critical, min: 0, max: 9 }),
    "'a'=3s;10;@~:5;0;9",
  );
  assert.equal(formatMetric({ label: "a", value: 3, critical }), "'a'=3;;@~:5");
  assert.equal(formatMetric({ label: "a b", value: 1e-7 }), "'a b'=0.0000001");
});

test("a value that is not known is left out: U makes some consumers discard the service", () => {
  assert.equal(formatMetric({ label: "a", value: Number.NaN }), "");
  assert.equal(formatMetric({ label: "a", value: Number.POSITIVE_INFINITY }), "");
});

const labels = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
const numbers = fc.double({ noNaN: true, noDefaultInfinity: true });

test("whatever the label, an independent reader finds the item again", () => {
  fc.assert(
    fc.property(labels, numbers, numbers, (label, value, min) => {
      const item = formatMetric({ label, value, uom: "B", min });
      const { perfdata } = parseOutput(`x OK - y | ${item}\n`);
      assert.equal(perfdata.length, 1);
      assert.equal(Number(perfdata[0]?.value), value + 0);
      assert.equal(perfdata[0]?.uom, "B");
      assert.equal(Number(perfdata[0]?.min), min + 0);
    }),
  );
});

/** Names as servers may have them, near-collisions drawn often. */
const names = fc.oneof(
  fc.stringMatching(/^[a:.\-_ 2e]{0,8}$/),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength: 12 }),
);

/** The inverse of safeLabel, written from its description; having one proves that no two names share a label. */
function readLabel(label: string): string {
  return label.replaceAll(/\.-((?:[0-9a-f]{2})+)-|\.\./g, (_, hex: string | undefined) =>
    hex === undefined ? "::" : Buffer.from(hex, "hex").toString("latin1"),
  );
}

test("labels are made of safe characters only, and no two names share one", () => {
  fc.assert(
    fc.property(names, (name) => {
      const label = safeLabel(name);
      assert.match(label, /^[A-Za-z0-9_.-]*$/);
      assert.equal(readLabel(label), name);
    }),
    { numRuns: 5000 },
  );
});

test("a label may reserve a character for whoever joins labels", () => {
  assert.equal(safeLabel("host_1", "_"), "host.-5f-1");
  fc.assert(fc.property(names, (name) => assert.doesNotMatch(safeLabel(name, "_"), /_/)));
});

test("plain names stay, others stay readable", () => {
  for (const plain of ["host", "hostgroup_a-b.c", "_", "A.b_c-9"]) assert.equal(safeLabel(plain), plain);
  assert.equal(safeLabel("Simple::echo"), "Simple..echo");
  assert.equal(safeLabel("perf data"), "perf.-20-data");
  assert.equal(safeLabel("a..b"), "a.-2e-.b");
});
