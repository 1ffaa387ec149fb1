import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import { Range } from "monitoring-plugins-ts";

/** text, values that must not alert, values that must */
const GRAMMAR: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ["10", [0, 5, 10], [-0.1, 10.1]],
  ["10:", [10, 1e9], [9.9, -1]],
  [":10", [0, 10], [-1, 11]],
  ["~:10", [-1e9, 10], [10.001]],
  ["10:20", [10, 20], [9, 21]],
  ["0.5:1.5", [0.5, 1.5], [0.4, 1.6]],
  [".5:1.", [0.5, 1], [0.4, 1.1]],
  ["~:", [-1e300, 0, 1e300], []],
  ["1:", [1], [0]],
  ["@10", [-1, 11], [0, 10]],
  ["@10:", [9], [10, 1e9]],
  ["@~:10", [11], [10, -1e9]],
  ["@10:20", [9, 21], [10, 20]],
  ["-10:-5", [-10, -5], [-11, -4]],
  ["5:5", [5], [4, 6]],
  [":", [0, 1], [-1]],
  ["0", [0], [1, -1]],
  ["-0:0", [0, -0], [1]],
];

for (const [text, quiet, alerting] of GRAMMAR) {
  test(`range ${text}: both ends belong to it`, () => {
    const range = Range.parse(text);
    for (const value of quiet) assert.equal(range.alerts(value), false, `${value} is fine`);
    for (const value of alerting) assert.equal(range.alerts(value), true, `${value} alerts`);
  });
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["20:10", /'20:10'.*start 20 is greater than end 10/],
  ["@20:10", /'@20:10'.*start 20 is greater than end 10/],
  ["-5", /'-5'.*use '~:-5' or '-5:'/],
  ["@-5", /'@-5'.*use '~:-5' or '-5:'/],
  ["5:~", /'5:~'.*can only be the start/],
  ["~", /'~'.*'~:'/],
  ["@~", /'@~'/],
  ["", /it is empty/],
  ["@", /it is empty/],
  ["abc", /'abc' is not a plain decimal number/],
  ["10abc", /'10abc'/],
  ["10%", /'10%'/],
  ["1,5", /'1,5'/],
  ["10:20:30", /more than one ':'/],
  ["1e3", /'1e3'/],
  ["0x10", /'0x10'/],
  ["inf", /'inf'/],
  ["Infinity", /'Infinity'/],
  ["NaN", /'NaN'/],
  [" 10", /' 10'/],
  ["10 ", /'10 '/],
  ["+5", /'\+5'/],
  ["--5", /'--5'/],
  [".", /'\.'/],
  ["@@10", /'@10'/],
  ["~5:10", /'~5'/],
  ["9".repeat(400), /is not a plain decimal number/],
];

for (const [text, why] of REFUSED) {
  test(`range '${text.slice(0, 20)}' is refused with the text and the reason`, () => {
    assert.throws(() => Range.parse(text), why);
  });
}

// zero and the infinities have their own spelling, so they are drawn often
const finite = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 1000),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const range = fc
  .tuple(
    fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), finite),
    fc.oneof(fc.constant(Number.POSITIVE_INFINITY), finite),
    fc.boolean(),
  )
  .filter(([start, end]) => start <= end)
  .map(([start, end, alertInside]) => new Range(start + 0, end + 0, alertInside));

test("every range survives being printed and read again", () => {
  fc.assert(fc.property(range, (drawn) => assert.deepEqual(Range.parse(`${drawn}`), drawn)));
});

test("a range that starts at 0 is printed without its start, for consumers that keep plain numbers only", () => {
  assert.equal(`${Range.parse("0:10")}`, "10");
  assert.equal(`${Range.parse("@0:10")}`, "@10");
  assert.equal(`${Range.parse(":")}`, "0:");
  assert.equal(`${Range.parse("~:")}`, "~:");
  assert.equal(`${new Range(1e-7, 1e21)}`, "0.0000001:1000000000000000000000");
});

test("any text is either read or refused with an Error that names it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[@~:0-9.-]{0,8}$/)), (text) => {
      try {
        assert.ok(Range.parse(text) instanceof Range);
      } catch (error) {
        assert.ok((error as Error).message.includes(`'${text}'`), (error as Error).message);
      }
    }),
  );
});
