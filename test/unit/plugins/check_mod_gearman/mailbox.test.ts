import assert from "node:assert/strict";
import { test } from "node:test";

import { isAbandoned, mailboxName } from "../../../../plugins/check_mod_gearman/mailbox.ts";

const NOW = 1_700_000_000_000;
const RANDOM = "0123456789abcdef0123456789abcdef";

test("a queue's name is plain, short enough, and tells when its run is over", () => {
  const name = mailboxName(RANDOM, NOW, 86_400_000);
  assert.match(name, /^[A-Za-z0-9_-]{1,64}$/);
  const end = NOW + 86_400_000;
  assert.equal(isAbandoned({ name, worker: 0 }, end), false);
  assert.equal(isAbandoned({ name, worker: 0 }, end + 10_000), false, "clocks differ");
  assert.equal(isAbandoned({ name, worker: 0 }, end + 12_000), true);
  assert.equal(isAbandoned({ name, worker: 1 }, end + 12_000), false, "somebody is there");
});

test("nobody else's queue is taken for an abandoned one", () => {
  for (const name of [
    "service",
    "check_mod_gearman-",
    `check_mod_gearman-1-${RANDOM}x`,
    `x-check_mod_gearman-1-${RANDOM}`,
  ]) {
    assert.equal(isAbandoned({ name, worker: 0 }, NOW), false, name);
  }
});
