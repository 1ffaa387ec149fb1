import assert from "node:assert/strict";
import { test } from "node:test";

import { parseSeconds, parseSecondsThreshold, parseShare } from "../../../../plugins/check_liveproxy/threshold.ts";
import { span } from "../../../../plugins/check_liveproxy/words.ts";

test("a share alerts at so many or more, in number or percent, and never at 0", () => {
  const cases: readonly (readonly [string, number, number, boolean, string])[] = [
    ["80%", 5, 4, true, "4"],
    ["80%", 5, 3, false, "4"],
    ["100%", 2, 2, true, "2"],
    ["95%", 20, 18, false, "19"],
    ["3", 5, 3, true, "3"],
    ["3", 5, 2, false, "3"],
    ["0", 5, 5, false, ""],
    ["0%", 5, 5, false, ""],
    ["80%", 0, 0, false, ""],
  ];
  for (const [text, total, used, alerts, printed] of cases) {
    const threshold = parseShare(text).of(total);
    assert.deepEqual([threshold.alerts(used), String(threshold)], [alerts, printed], `${text} of ${total}: ${used}`);
  }
  for (const text of ["", "%", "-1", "80 %", "1e3", "x"]) assert.throws(() => parseShare(text), /neither/);
});

test("times have units, alert above themselves, and never at 0", () => {
  assert.deepEqual(["5", "0.5s", "2m", "3h", "1d"].map(parseSeconds), [5, 0.5, 120, 10_800, 86_400]);
  for (const text of ["", "m", "-5", "5 m", "1w", "1.2.3"]) assert.throws(() => parseSeconds(text), /not a time/);
  const minute = parseSecondsThreshold("1m");
  assert.deepEqual([minute.alerts(60), minute.alerts(60.1), String(minute)], [false, true, "60"]);
  assert.deepEqual([parseSecondsThreshold("0").alerts(1e9), String(parseSecondsThreshold("0"))], [false, ""]);
});

test("ages are said as people say them", () => {
  const cases: readonly (readonly [number, string])[] = [
    [-3, "0 s"],
    [0.4, "0 s"],
    [35, "35 s"],
    [119, "119 s"],
    [120, "2m"],
    [7199, "119m"],
    [7200, "2h"],
    [12_000, "3h 20m"],
    [172_800, "2d"],
    [180_000, "2d 2h"],
  ];
  for (const [seconds, text] of cases) assert.equal(span(seconds), text);
});
