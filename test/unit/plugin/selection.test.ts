import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import { isSelected, parseExpression, parseGroups, parsePattern } from "monitoring-plugins-ts";

test("a glob matches the whole name, * any characters, ? one", async () => {
  const pattern = await parsePattern("hostgroup_*_?");
  assert.equal(pattern("hostgroup_a_1"), true);
  assert.equal(pattern("hostgroup__x_2"), true);
  assert.equal(pattern("hostgroup_a_12"), false);
  assert.equal(pattern("xhostgroup_a_1"), false);
  assert.equal((await parsePattern("a.c"))("abc"), false);
});

test("a glob agrees with the regular expression it stands for", async () => {
  const text = fc.stringMatching(/^[ab*?]{0,8}$/);
  await fc.assert(
    fc.asyncProperty(text, fc.stringMatching(/^[ab]{0,10}$/), async (glob, name) => {
      const expected = new RegExp(`^${glob.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(name);
      assert.equal((await parsePattern(glob))(name), expected);
    }),
  );
});

test("a pattern after ~ is RE2, and matches anywhere", async () => {
  assert.equal((await parsePattern("~group_(a|b)$"))("hostgroup_b"), true);
  assert.equal((await parsePattern("~^group"))("hostgroup_b"), false);
});

test("a regular expression that RE2 does not know is refused by name", async () => {
  for (const text of ["[", "(?=a)", "(a)\\1"]) {
    await assert.rejects(
      async () => parseExpression(text),
      (error: Error) => error.message.includes(`'${text}'`),
    );
  }
});

test("selected is what any include matches and no exclude", async () => {
  const [a, b, all] = await Promise.all(["a*", "b*", "*"].map(parsePattern));
  assert.ok(a && b && all);
  assert.equal(isSelected("a1", [a, b], []), true);
  assert.equal(isSelected("c1", [a, b], []), false);
  assert.equal(isSelected("a1", [], [b]), true);
  assert.equal(isSelected("b1", [all], [b]), false);
});

test("an expression with groups matches the whole of a name, and gives what they matched", async () => {
  const match = await parseGroups("(db)(\\d+)(x)?");
  assert.deepEqual(match("db12"), ["db", "12", ""]);
  assert.equal(match("adb12"), undefined);
  await assert.rejects(parseGroups("("), /'\(' is not an RE2 regular expression/);
});
