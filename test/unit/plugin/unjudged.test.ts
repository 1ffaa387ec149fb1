import assert from "node:assert/strict";
import { test } from "node:test";

import { option, Range, Status, unjudged, unjudgedOption } from "monitoring-plugins-ts";

const options = {
  warning: option({ flags: "-w, --warning <range>", help: "Load.", parse: Range.parse, default: "10" }),
  fdsWarning: option({ flags: "--fds-warning <range>", help: "Descriptors.", parse: Range.parse }),
};

test("thresholds that cannot be judged are named when they were given", () => {
  const keys = ["warning", "fdsWarning"];
  const verdicts = (given: readonly string[], state: Status = Status.UNKNOWN) =>
    unjudged(keys, "no process", { options, given: new Set(given), unjudged: state }).map(
      ({ status, text }) => [status, text] as const,
    );
  assert.deepEqual(verdicts([]), []);
  assert.deepEqual(verdicts(["critical"]), []);
  assert.deepEqual(verdicts(["fdsWarning"]), [[Status.UNKNOWN, "--fds-warning cannot be judged: no process"]]);
  assert.deepEqual(verdicts(["fdsWarning", "warning"], Status.WARNING), [
    [Status.WARNING, "--warning, --fds-warning cannot be judged: no process"],
  ]);
});

test("the state is UNKNOWN unless another one is chosen", () => {
  const declared = unjudgedOption("How");
  assert.equal(declared.default, "unknown");
  assert.equal(declared.read(["unknown"]), Status.UNKNOWN);
  assert.equal(declared.read(["ok"]), Status.OK);
});
