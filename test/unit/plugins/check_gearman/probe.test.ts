import assert from "node:assert/strict";
import { test } from "node:test";

import { serverLabel } from "../../../../plugins/check_gearman/probe.ts";

test("a server's label has no _ of its own, so the first one ends it", () => {
  for (const [host, port, label] of [
    ["gearmand.example.com", 4730, "gearmand.example.com-4730"],
    ["192.0.2.1", 1, "192.0.2.1-1"],
    ["my_host", 4730, "my.-5f-host-4730"],
    ["::1", 4730, "..1-4730"],
    ["2001:db8::1", 4730, "2001.-3a-db8..1-4730"],
  ] as const) {
    assert.equal(serverLabel({ host, port }), label);
    assert.doesNotMatch(label, /_/);
  }
});
