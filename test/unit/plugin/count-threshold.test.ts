import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import { parseCountThreshold, Range } from "monitoring-plugins-ts";

/** text, values that must not alert, values that must, the perfdata form, the words */
const GRAMMAR: readonly (readonly [string, readonly number[], readonly number[], string, string])[] = [
  ["10", [0, 9], [10, 11], "10", "10 or more"],
  ["1", [0], [1], "1", "1 or more"],
  ["2.5", [2], [2.5, 3], "2.5", "2.5 or more"],
  ["0", [0, 1, 1e9], [], "", "off"],
  ["0.0", [0, 1], [], "", "off"],
  ["010", [9], [10], "10", "10 or more"],
  ["1:", [1, 2], [0], "1:", "below 1"],
  ["0:", [0, 5], [], "0:", "below 0"],
  [":10", [0, 10], [11], "10", "below 0 or above 10"],
  ["~:10", [0, 10], [11], "~:10", "above 10"],
  ["5:20", [5, 20], [4, 21], "5:20", "below 5 or above 20"],
  ["@5:20", [4, 21], [5, 20], "@5:20", "from 5 to 20"],
  ["@10", [11], [0, 10], "@10", "from 0 to 10"],
  ["@10:", [9], [10], "@10:", "10 or more"],
  ["@~:10", [11], [10, 0], "@~:10", "10 or fewer"],
  ["~:", [0, 1e9], [], "~:", "never"],
  ["@~:", [], [0, 1e9], "@~:", "always"],
];

for (const [text, quiet, alerting, printed, words] of GRAMMAR) {
  test(`threshold ${text}: ${words}`, () => {
    const threshold = parseCountThreshold(text);
    for (const value of quiet) assert.equal(threshold.alerts(value), false, `${value}`);
    for (const value of alerting) assert.equal(threshold.alerts(value), true, `${value}`);
    assert.equal(`${threshold}`, printed);
    assert.match(threshold.words, new RegExp(`^(?:at )?${words}$`));
  });
}

for (const text of [
  "-5",
  "abc",
  "10abc",
  "1e3",
  "0x10",
  "1,5",
  " 10",
  "10 ",
  "10%",
  "+5",
  "20:10",
  "5:~",
  "~",
  "@",
  "1:2:3",
]) {
  test(`'${text}' is no threshold`, () => {
    assert.throws(
      () => parseCountThreshold(text),
      (error: Error) => error.message.includes(`'${text}'`),
    );
  });
}

test("a bare number alerts at that many or more, whatever the number", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.nat(2e9), (least, value) => {
      assert.equal(parseCountThreshold(`${least}`).alerts(value), value >= least);
    }),
  );
});

test("anything with a colon is the range of the guidelines", () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(100), fc.boolean(), fc.nat(250), (start, length, inside, value) => {
      const text = `${inside ? "@" : ""}${start}:${start + length}`;
      assert.equal(parseCountThreshold(text).alerts(value), Range.parse(text).alerts(value));
    }),
  );
});
