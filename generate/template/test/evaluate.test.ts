import assert from "node:assert/strict";
import { test } from "node:test";

import { readCommandLine, report } from "monitoring-plugins-ts";

import { evaluate } from "../evaluate.ts";
import { quantities } from "../quantities.ts";

const answer = async (size: number, ...argv: readonly string[]) =>
  report("check_template", evaluate({ path: "a.log", size }, await readCommandLine(quantities, argv)), 0);

test("a file that is too large alerts", async () => {
  assert.equal(await answer(7), "check_template OK - a.log has 7 bytes | 'size'=7B;1000000;10000000;0\n");
  assert.equal(await answer(7, "-w", "6"), "check_template WARNING - a.log has 7 bytes | 'size'=7B;6;10000000;0\n");
  assert.equal(await answer(7, "-c", "6"), "check_template CRITICAL - a.log has 7 bytes | 'size'=7B;1000000;6;0\n");
});
