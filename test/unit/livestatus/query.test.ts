import assert from "node:assert/strict";
import { test } from "node:test";

import { formatQuery } from "../../../lib/livestatus/query.ts";

test("the header that makes errors visible comes first, the empty line last", () => {
  assert.equal(
    formatQuery({ table: "status", columns: ["a", "b"] }),
    "GET status\nResponseHeader: fixed16\nOutputFormat: json\nKeepAlive: on\nColumns: a b\n\n",
  );
  assert.equal(
    formatQuery({ table: "services", stats: ["max last_check"] }),
    "GET services\nResponseHeader: fixed16\nOutputFormat: json\nKeepAlive: on\nStats: max last_check\n\n",
  );
});

test("a line feed in a name begins no header of its own", () => {
  assert.doesNotMatch(formatQuery({ table: "status\n\nCOMMAND x", columns: ["a\nCache: on"] }), /^(?:COMMAND|Cache)/m);
});
