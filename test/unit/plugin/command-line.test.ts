import assert from "node:assert/strict";
import { test } from "node:test";

import { count, definePlugin, flag, helpText, list, option, Range, verdict } from "monitoring-plugins-ts";

import {
  emptyLines,
  givenOptions,
  readValues,
  repeatedLines,
  splitCommandLine,
} from "../../../lib/plugin/command-line.ts";

const plugin = definePlugin({
  name: "check_x",
  summary: "Alerts.",
  usage: "[-w range]",
  options: {
    warning: option({ flags: "-w, --warning <range>", help: "Range.", parse: Range.parse, default: "10" }),
    critical: option({ flags: "-c, --critical <range>", help: "Range.", parse: Range.parse }),
    queue: list({ flags: "-q, --queue <name>", help: "Queue.", parse: (text) => text.split(",") }),
    host: option({ flags: "-H, --host <host>", help: "Host.", selects: true, parse: String }),
    zero: flag({ flags: "-x, --zero", help: "Zero." }),
    plain: flag({ flags: "--no-encryption", help: "Plain." }),
    ipv4: flag({ flags: "-4, --ipv4", help: "IPv4." }),
    verbose: count({ flags: "-v, --verbose", help: "More." }),
  },
  check: () => verdict(0, "fine"),
});

const read = async (...argv: string[]) => readValues(plugin.options, await splitCommandLine(plugin, argv));

test("getopt's ways of writing an option are all understood", async () => {
  for (const argv of [["-w10:"], ["-w", "10:"], ["--warning=10:"], ["--warning", "10:"]]) {
    assert.deepEqual((await read(...argv)).warning, Range.parse("10:"));
  }
  const values = await read("-vvx4", "-v", "-qa,b", "--queue", "c");
  assert.equal(values.verbose, 3);
  assert.deepEqual(values.queue, ["a", "b", "c"]);
  assert.deepEqual([values.zero, values.ipv4, values.plain], [true, true, false]);
  assert.equal((await read("--no-encryption")).plain, true);
});

test("what follows an option that takes a value is its value, whatever it looks like", async () => {
  assert.deepEqual((await read("-w", "-5:5")).warning, Range.parse("-5:5"));
  assert.deepEqual((await read("-q", "--", "-q", "-x")).queue, ["--", "-x"]);
  assert.deepEqual((await read("-q", "-w")).queue, ["-w"]);
});

test("an empty value counts as not given, the last of several counts", async () => {
  const values = await read("-w", "", "-c", "", "-q", "", "--warning=");
  assert.deepEqual(values.warning, Range.parse("10"));
  assert.equal(values.critical, undefined);
  assert.deepEqual(values.queue, []);
  assert.deepEqual((await read("-c", "1", "-c", "2")).critical, Range.parse("2"));
});

test("what was given, and what of it does not count", async () => {
  const texts = await splitCommandLine(plugin, ["-w", "1", "-w", "", "--warning=2", "-c", "", "-q", "a", "-q", "b"]);
  assert.deepEqual([...givenOptions(plugin.options, texts)], ["warning", "queue"]);
  assert.deepEqual(
    [...emptyLines(plugin.options, texts)],
    ["-w is empty: it counts as not given", "-c is empty: it counts as not given"],
  );
  assert.deepEqual([...repeatedLines(plugin.options, texts)], ["-w is given twice: the last one counts"]);
});

test("what cannot be understood is refused by name", async () => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [["--wraning", "1"], /unknown option '--wraning'.*--warning/],
    [["-z"], /unknown option '-z'/],
    [["--zero=yes"], /unknown option '--zero=yes'/],
    [["-w"], /option '-w, --warning <range>' argument missing/],
    [["queue"], /unexpected argument 'queue'/],
    [["-x", "1"], /unexpected argument '1'/],
    [["--", "-w"], /unexpected argument '-w'/],
    [["-H", ""], /^-H is empty: give it a value or leave it out$/],
    [["--host=", "-H", "x"], /^-H is empty/],
    [["--host=a", "-H", "b"], /^-H is given twice: give it once$/],
    [["-H", "a", "-H", "a", "-H", "b"], /^-H is given 3 times: give it once$/],
    [["-w", "abc"], /option '-w, --warning <range>': 'abc'/],
    [["-w", "5", "-c", "20:10"], /option '-c, --critical <range>': '20:10'/],
  ];
  for (const [argv, why] of refused)
    await assert.rejects(async () => read(...argv), { name: "UsageError", message: why });
});

test("help begins with name and version, shows defaults as typed, and is 80 columns wide", async () => {
  const help = await helpText(plugin, "1.2.3");
  assert.match(help, /^check_x 1\.2\.3\n/);
  assert.match(help, /-w, --warning <range> +Range\. \(default: 10\)/);
  for (const line of help.split("\n")) assert.ok(line.length <= 80, line);
});
