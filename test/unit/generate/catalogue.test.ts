import assert from "node:assert/strict";
import { test } from "node:test";

import { argumentOf, describeExecutable } from "../../../generate/catalogue.ts";
import { command, sample } from "./sample.ts";

test("a variable is the command and the long option; what a core has no use for is left out", () => {
  assert.deepEqual(
    command.arguments.map(({ flag, variable, kind }) => [flag, variable, kind]),
    [
      ["-H", "sample_hostname", "list"],
      ["-w", "sample_warning_level", "value"],
      ["--only", "sample_only", "list"],
      ["-f", "sample_fast", "flag"],
      ["--louder", "sample_louder", "count"],
      ["-t", "sample_timeout", "value"],
      ["-v", "sample_verbose", "count"],
    ],
  );
});

test("a program without a verdict is no check", () => {
  assert.equal(sample.isCheck, true);
  assert.equal(
    describeExecutable({ name: "x_top", summary: "Shows.", usage: "", options: {}, run: () => 0 }).isCheck,
    false,
  );
});

test("an option that is not there is named", () => {
  assert.throws(() => argumentOf(command, "nothing"), /check_sample has no option 'nothing'/);
});
