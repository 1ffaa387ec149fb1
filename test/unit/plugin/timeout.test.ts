import assert from "node:assert/strict";
import { test } from "node:test";

import { parseTimeout, Status } from "monitoring-plugins-ts";

test("seconds, state, or both; the rest is 10 seconds and CRITICAL", () => {
  assert.deepEqual(parseTimeout("3"), { seconds: 3, status: Status.CRITICAL });
  assert.deepEqual(parseTimeout("0.5:unknown"), { seconds: 0.5, status: Status.UNKNOWN });
  assert.deepEqual(parseTimeout(":1"), { seconds: 10, status: Status.WARNING });
});

test("what leaves no time, no sense or no end is refused by name", () => {
  for (const text of ["0", "-1", "abc", "1s", "1e3", "5:", "5:NEVER", "86401", "1:2:3"]) {
    assert.throws(
      () => parseTimeout(text),
      (error: Error) => error.message.includes(text.replace(/^\d+:/, "")),
    );
  }
});
