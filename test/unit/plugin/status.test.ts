import assert from "node:assert/strict";
import { test } from "node:test";

import { parseStatus, Status, worst } from "monitoring-plugins-ts";

test("CRITICAL outranks UNKNOWN, UNKNOWN outranks WARNING, whatever the order", () => {
  assert.equal(worst([Status.WARNING, Status.CRITICAL, Status.UNKNOWN, Status.OK]), Status.CRITICAL);
  assert.equal(worst([Status.CRITICAL, Status.WARNING]), Status.CRITICAL);
  assert.equal(worst([Status.UNKNOWN, Status.WARNING]), Status.UNKNOWN);
  assert.equal(worst([Status.OK, Status.WARNING]), Status.WARNING);
  assert.equal(worst([Status.OK]), Status.OK);
});

test("nothing checked is UNKNOWN", () => {
  assert.equal(worst([]), Status.UNKNOWN);
});

test("a state is read by its name in any case, or by its exit code", () => {
  assert.equal(parseStatus("critical"), Status.CRITICAL);
  assert.equal(parseStatus("Unknown"), Status.UNKNOWN);
  assert.equal(parseStatus("1"), Status.WARNING);
  for (const text of ["", "crit", "4", "-1", "01"]) assert.throws(() => parseStatus(text), new RegExp(`'${text}'`));
});
