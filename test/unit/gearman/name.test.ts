import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { displayName, excerpt, wireName } from "../../../lib/gearman/name.ts";

test("a user's text reaches the wire as UTF-8 and comes back", () => {
  assert.equal(wireName("größe"), "gr\xc3\xb6\xc3\x9fe");
  assert.equal(displayName("gr\xc3\xb6\xc3\x9fe"), "größe");
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => assert.equal(displayName(wireName(text)), text)));
});

test("bytes that are no UTF-8 show as replacement characters", () => {
  assert.equal(displayName("a\xffb"), "a\ufffdb");
});

test("an excerpt is one short line", () => {
  assert.equal(excerpt("a\nb\x1b[31m\0"), "a?b?[31m?");
  assert.equal(excerpt("x".repeat(61)), `${"x".repeat(60)}...`);
  assert.equal(excerpt(wireName("ä".repeat(60))), "ä".repeat(60));
});
