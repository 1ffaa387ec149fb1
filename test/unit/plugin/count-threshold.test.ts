import assert from "node:assert/strict";
import { test } from "node:test";

import { parseCountThreshold } from "../../../lib/plugin/count-threshold.ts";

test("a bare number alerts at so many or more, 0 never", () => {
  const ten = parseCountThreshold("10");
  assert.deepEqual([9, 10, 11].map(ten.alerts), [false, true, true]);
  assert.equal(`${ten}`, "10");
  const off = parseCountThreshold("0");
  assert.deepEqual([0, 1, 1e9].map(off.alerts), [false, false, false]);
  assert.equal(`${off}`, "");
  assert.deepEqual([ten.words, off.words], ["10 or more", "off"]);
});

test("anything with a colon, @ or ~ is a range of the guidelines", () => {
  assert.deepEqual([0, 1, 2].map(parseCountThreshold("1:").alerts), [true, false, false]);
  assert.deepEqual([4, 5, 20, 21].map(parseCountThreshold("@5:20").alerts), [false, true, true, false]);
  assert.equal(parseCountThreshold("~:5").words, "above 5");
});

test("what is neither is refused by its text", () => {
  for (const text of ["abc", "-1", "1e3", "10%", "20:10"]) {
    assert.throws(() => parseCountThreshold(text), new RegExp(`'${text}'`), text);
  }
});
