import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDuration, parseDuration } from "monitoring-plugins-ts";

test("seconds, a unit, or several units", () => {
  const cases: [string, number][] = [
    ["90", 90],
    ["0", 0],
    ["45m", 2700],
    ["6h", 21_600],
    ["1.5h", 5400],
  ];
  cases.push(["2d", 172_800], ["1h30m", 5400], ["1w", 604_800], ["10s", 10]);
  for (const [text, seconds] of cases) assert.equal(parseDuration(text), seconds, text);
});

test("what is no length of time is refused by name", () => {
  for (const text of ["", "-5", "abc", "5x", "h", "1h abc", "6 h", "1e3"]) {
    assert.throws(
      () => parseDuration(text),
      (error: Error) => error.message.includes(`'${text}'`),
    );
  }
});

test("people read two units at most, never 60 of one", () => {
  const cases: [number, string][] = [
    [0, "0 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [3480, "58 min"],
    [3599, "1 h"],
  ];
  cases.push([15_000, "4 h 10 min"], [86_399, "1 d"], [266_400, "3 d 2 h"]);
  for (const [seconds, text] of cases) assert.equal(formatDuration(seconds), text);
});
