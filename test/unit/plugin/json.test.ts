import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { parseJson } from "../../../lib/plugin/json.ts";

test("what is JSON is read as JSON.parse reads it", () => {
  fc.assert(fc.property(fc.json(), (text) => assert.deepEqual(parseJson(text), JSON.parse(text))));
});

test("what is no JSON is undefined", () => {
  for (const text of ["", "{", '"', '"\\', '"\\"', "]", "[1,]", '{"a":1}}', "<html>", "\\"]) {
    assert.equal(parseJson(text), undefined, text);
  }
});

test("a hundred lists or objects inside of each other are read, one more is not", () => {
  const nested = (depth: number, [open, close]: readonly [string, string], inner: string) =>
    open.repeat(depth) + inner + close.repeat(depth);
  for (const brackets of [
    ["[", "]"],
    ['{"a":', "}"],
    ['{"\\"":', "}"],
    ['["a\\\\",', "]"],
  ] as const) {
    assert.notEqual(parseJson(nested(100, brackets, "1")), undefined, brackets[0]);
    assert.equal(parseJson(nested(101, brackets, "1")), undefined, brackets[0]);
    assert.notEqual(parseJson(`[${Array(200).fill(nested(99, brackets, "1"))}]`), undefined, "beside each other");
  }
});

test("brackets in texts do not count, whatever quotes and backslashes stand before them", () => {
  const brackets = "[{".repeat(200);
  for (const text of [
    brackets,
    `"${brackets}`,
    `\\${brackets}`,
    `\\"${brackets}`,
    `${brackets}\\`,
    `"\\"\\\\"${brackets}`,
  ]) {
    const value = [text, { [text]: text }];
    assert.deepEqual(parseJson(JSON.stringify(value)), value, text);
  }
  // such a text is over before the brackets
  for (const text of ['"\\\\"', '"\\\\\\\\"', '"\\"\\\\"', '""']) {
    assert.equal(parseJson(`[${text},${"[".repeat(101)}${"]".repeat(101)}]`), undefined, text);
  }
});
