import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import { formatDecimal, parseDecimal } from "monitoring-plugins-ts";

test("a number is printed in plain decimals, however small or large", () => {
  assert.equal(formatDecimal(1e-7), "0.0000001");
  assert.equal(formatDecimal(-1.25e-9), "-0.00000000125");
  assert.equal(formatDecimal(1e21), "1000000000000000000000");
  assert.equal(formatDecimal(1.5e22), "15000000000000000000000");
  assert.equal(formatDecimal(-0), "0");
});

test("every finite number is printed without exponent and read back exactly", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = formatDecimal(value);
      assert.match(text, /^-?\d+(\.\d+)?$/);
      assert.equal(parseDecimal(text), value + 0);
    }),
  );
});

test("what is no plain decimal number is not read as one", () => {
  for (const text of ["", "-", ".", "1e3", "0x10", "1,5", " 1", "1 ", "+1", "1_000", "Infinity", "9".repeat(400)]) {
    assert.equal(parseDecimal(text), undefined, text);
  }
});
