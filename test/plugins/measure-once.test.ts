// What the types leave open: a plugin that declares quantities judges and prints numbers by them alone.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const PLUGINS = fileURLToPath(new URL("../../plugins/", import.meta.url));

/** Judging without printing, and printing without judging. */
const APART = /\.alerts\(|(?<!\.)\b(?:judge|formatMetric|parsePerfdata)(?:,|\()/;

for (const name of readdirSync(PLUGINS)) {
  // not moved yet
  if (existsSync(join(PLUGINS, name, "perfdata.ts"))) continue;
  const files = readdirSync(join(PLUGINS, name), { recursive: true, encoding: "utf8" });
  if (!files.some((file) => file === "quantities.ts")) continue;
  test(`${name} has one way to judge and to print a number`, () => {
    for (const file of files.filter((path) => path.endsWith(".ts") && !path.startsWith("test"))) {
      const source = readFileSync(join(PLUGINS, name, file), "utf8");
      assert.doesNotMatch(source, APART, file);
    }
  });
}
