import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { clipLine, fitLine, lineColumns, paint } from "../terminal/paint.ts";
import { columnsOf, fit, wrap } from "../terminal/width.ts";

test("columns of a text: wide characters have two, combining ones none", () => {
  assert.deepEqual(["", "abc", "日本", "e\u0301", "bäd", "👍"].map(columnsOf), [0, 3, 4, 1, 3, 2]);
});

test("a text is filled or cut visibly", () => {
  assert.equal(fit("ab", 4), "ab  ");
  assert.equal(fit("7", 4, "right"), "   7");
  assert.equal(fit("abcdef", 4), "abc~");
  assert.equal(fit("abcd", 4), "abcd");
  assert.equal(fit("日本語", 4), "日~ ");
  assert.equal(fit("日本語", 5), "日本~");
  assert.equal(fit("abc", 1), "~");
  assert.equal(fit("abc", 0), "");
});

test("whatever the text is, it is exactly as wide as asked for", () => {
  const text = fc.string({ unit: fc.constantFrom("a", " ", "ä", "日", "ｶ", "e\u0301", "한", "Ω", "~") });
  fc.assert(
    fc.property(text, fc.nat(30), fc.constantFrom("left", "right"), (text, columns, align) => {
      assert.equal(columnsOf(fit(text, columns, align as "left" | "right")), columns);
    }),
  );
});

test("a sentence is wrapped between words, and a long word cut", () => {
  assert.deepEqual(wrap("no answer from the server", 10), ["no answer", "from the", "server"]);
  assert.deepEqual(wrap("abcdefghijkl mn", 5), ["abcd~", "mn"]);
});

test("lines of several spans are clipped and filled as a whole", () => {
  const line = [{ text: "ab", styles: ["bold"] as const }, { text: "cdef" }];
  assert.deepEqual(clipLine(line, 4), [line[0], { text: "c~", styles: undefined }]);
  assert.deepEqual(clipLine(line, 2), [line[0]]);
  assert.equal(lineColumns(fitLine(line, 10)), 10);
  assert.equal(paint(line), "\u001b[1mab\u001b[22mcdef");
});
