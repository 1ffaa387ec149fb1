import assert from "node:assert/strict";
import { test } from "node:test";

import { list, option, parseNumber, readCommandLine } from "monitoring-plugins-ts";

const declarations = {
  name: option({ flags: "--name <text>", help: "" }),
  unit: option({ flags: "--unit <text>", help: "", default: "MiB" }),
  factor: option({ flags: "--factor <n>", help: "", parse: parseNumber, default: "1" }),
  tag: list({ flags: "--tag <text>", help: "" }),
  level: list({ flags: "--level <n>", help: "", parse: (text) => text.split(",").map(Number) }),
};

const read = (...argv: readonly string[]) => readCommandLine(declarations, argv);

test("without a parser an option is its text, and a list its texts", async () => {
  const given = await read("--name", "a", "--name", "b", "--tag", "x", "--tag", "y", "--level", "1,2", "--level", "3");
  // their types follow from the declarations
  const [name, unit, tags, levels]: [string | undefined, string, readonly string[], readonly number[]] = [
    given.name,
    given.unit,
    given.tag,
    given.level,
  ];
  assert.deepEqual([name, unit, tags, levels], ["b", "MiB", ["x", "y"], [1, 2, 3]]);
  const none = await read();
  assert.deepEqual([none.name, none.unit, none.tag], [undefined, "MiB", []]);
});

test("a number, by default or given; anything else is refused by name", async () => {
  assert.deepEqual([(await read()).factor, (await read("--factor", "-0.5")).factor], [1, -0.5]);
  await assert.rejects(read("--factor", "1e3"), /option '--factor <n>': '1e3' is not a number/);
});
