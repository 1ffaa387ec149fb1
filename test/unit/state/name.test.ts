import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";

import { stateFileName } from "monitoring-plugins-ts/state";

const user = process.geteuid?.() ?? 0;

test("a state file is named by plugin, user, machine and target", () => {
  assert.equal(stateFileName("check_x", "muc", "m1"), `check_x.${user}.m1.muc.json`);
  assert.equal(stateFileName("check_x", "muc"), stateFileName("check_x", "muc", hostname()));
  assert.equal(stateFileName("check_x", "../a b", "m1"), `check_x.${user}.m1.${".-2e2e2f-a.-20-b"}.json`);
  assert.doesNotMatch(stateFileName("check_x", "muc", "../m"), /\//);
});

test("targets that begin alike share no file, and no name is too long for a file system", () => {
  const long = "site".repeat(100);
  const names = [long, `${long}1`, `${long}2`].map((target) => stateFileName("check_x", target));
  assert.equal(new Set(names).size, 3);
  for (const name of names) assert.ok(name.length < 200, name);
});
