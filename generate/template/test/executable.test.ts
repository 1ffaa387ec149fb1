// The executable, as a monitoring core runs it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { execPlugin } from "#test/support/exec.ts";

test("a file that is not there is CRITICAL, and named", async () => {
  const { code, stdout } = await execPlugin("check_template", "-f", "no-such-file");
  assert.deepEqual([code, stdout], [2, "check_template CRITICAL - no-such-file: no such file\n"]);
});
