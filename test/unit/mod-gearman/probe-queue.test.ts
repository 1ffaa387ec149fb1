import assert from "node:assert/strict";
import { test } from "node:test";

import { probeQueueEnd, probeQueueName } from "monitoring-plugins-ts/mod-gearman";

const RANDOM = "0123456789abcdef".repeat(2);

test("the name of a probe's queue tells when the probe is over", () => {
  assert.equal(probeQueueEnd(probeQueueName("check_x", RANDOM, 1_795_301_680)), 1_795_301_680);
});

test("no other queue is taken for one", () => {
  const own = probeQueueName("check_x", RANDOM, 1_795_301_680);
  for (const name of ["", "service", "check_x-", `x${own}`, `${own}x`, `check_x-xyz-${RANDOM}`]) {
    assert.equal(probeQueueEnd(name), undefined, name);
  }
});
