import assert from "node:assert/strict";
import { test } from "node:test";

import { Command, Option as CommanderOption } from "commander";
import fc from "fast-check";
import { count, flag, list, type Options, option } from "monitoring-plugins-ts";

import { splitArguments } from "../../../lib/plugin/arguments.ts";

const options = {
  warning: option({ flags: "-w, --warning <range>", help: "", parse: String }),
  queue: list({ flags: "-q, --queue <name>", help: "", parse: String }),
  warnings: option({ flags: "--warning-level <n>", help: "", parse: String }),
  zero: flag({ flags: "-x, --zero", help: "" }),
  ipv4: flag({ flags: "-4, --ipv4", help: "" }),
  verbose: count({ flags: "-v, --verbose", help: "" }),
} satisfies Options;

/** The same done by commander, the oracle. */
function byCommander(argv: readonly string[]): Record<string, string[]> | undefined {
  const command = new Command("x")
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const texts: Record<string, string[]> = {};
  for (const [key, declared] of Object.entries(options)) {
    const typed: string[] = [];
    texts[key] = typed;
    command.addOption(new CommanderOption(declared.flags));
    const name = /--([\w-]+)/.exec(declared.flags)?.[1];
    command.on(`option:${name}`, (value: string | undefined) => void typed.push(value ?? ""));
  }
  try {
    command.parse(argv, { from: "user" });
    return texts;
  } catch {
    return undefined;
  }
}

const words = fc.oneof(
  fc.constantFrom("-w", "-q", "-x", "-v", "-4", "--warning", "--queue", "--zero", "--verbose", "--warning-level", "--"),
  fc.constantFrom(
    "",
    "-",
    "10",
    "-5:5",
    "a b",
    "--wrong",
    "-z",
    "--zero=1",
    "--queue=",
    "--queue=a=b",
    "--warning-level=3",
  ),
  fc.stringMatching(/^-[wqxv4]{1,3}[0-9=a]{0,2}$/),
);

test("every command line is split as commander splits it, or refused as commander refuses it", () => {
  fc.assert(
    fc.property(fc.array(words, { maxLength: 6 }), (argv) => {
      assert.deepEqual(splitArguments(options, argv), byCommander(argv));
    }),
    { numRuns: 5000 },
  );
});

test("what stands behind -- is a command where one is taken, whatever it looks like", () => {
  const command: string[] = [];
  const argv = ["-w", "--", "-x", "--", "/bin/true", "-w", "--", "--nosuch", ""];
  assert.deepEqual(splitArguments(options, argv, command)?.warning, ["--"]);
  assert.deepEqual(command, ["/bin/true", "-w", "--", "--nosuch", ""]);
  assert.equal(splitArguments(options, argv), undefined);
  assert.equal(splitArguments(options, ["positional", "--"], []), undefined);
});
