import assert from "node:assert/strict";
import { test } from "node:test";

import { MAX_TEXT, type RawResult, splitOutput, toResult } from "monitoring-plugins-ts/passive";

const NOW = 1_700_000_000;
const raw = (fields: Partial<RawResult>): RawResult => ({ host: "web", exitCode: 0, output: "fine", ...fields });
const make = (fields: Partial<RawResult>) => toResult(raw(fields), NOW);

test("perfdata is split off where an item stands behind a bar, as the guidelines have it", () => {
  const guidelines = `DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968
/ 15272 MB (77%);
/boot 68 MB (69%); | /boot=68MB;88;93;0;98
/home=69357MB;253404;253409;0;253414`;
  assert.deepEqual(splitOutput(guidelines), {
    output: "DISK OK - free space: / 3326 MB (56%);\n/ 15272 MB (77%);\n/boot 68 MB (69%);",
    perfdata: "/=2643MB;5948;5958;0;5968 /boot=68MB;88;93;0;98 /home=69357MB;253404;253409;0;253414",
  });
  const cases = [
    ["OK - fine", "OK - fine", ""],
    ["OK|load=1", "OK", "load=1"],
    ["OK | 'a b'=1.5;2;3", "OK", "'a b'=1.5;2;3"],
    ["OK | size=U", "OK", "size=U"],
    ["a | b | load=-.5", "a | b", "load=-.5"],
    ["| name | state |\n| x | up |", "| name | state |\n| x | up |", ""],
    ["OK | state=good", "OK | state=good", ""],
    ["|load=1", "", "load=1"],
    ["", "", ""],
  ] as const;
  for (const [text, output, perfdata] of cases) assert.deepEqual(splitOutput(text), { output, perfdata }, text);
});

test("perfdata that is given leaves the output alone", () => {
  const { output, perfdata } = make({ output: "a | b=1", perfdata: "load=1\n load2=2" });
  assert.deepEqual([output, perfdata], ["a | b=1", "load=1 load2=2"]);
});

test("an exit code that no plugin has is UNKNOWN, and said", () => {
  const { exitCode, output } = make({ exitCode: 7 });
  assert.deepEqual([exitCode, output], [3, "(exit code 7) fine"]);
  assert.equal(make({ exitCode: "-1" }).output, "(exit code -1) fine");
  assert.deepEqual([make({ exitCode: "2" }).exitCode, make({ exitCode: "2" }).output], [2, "fine"]);
});

test("control characters, halves of characters and empty outputs", () => {
  assert.equal(make({ output: "a\u0000b\u001b[31m\r\nline\ttwo\ud800\n\n" }).output, "a?b?[31m\nline\ttwo\ufffd");
  assert.equal(make({ output: " \n" }).output, "(no output)");
  assert.equal(make({ output: "|a=1" }).output, "(no output)");
});

test("a time that has not come yet is now", () => {
  assert.equal(make({}).time, NOW);
  assert.equal(make({ time: NOW - 1.5 }).time, NOW - 1.5);
  assert.equal(make({ time: "1234567890.25" }).time, 1_234_567_890.25);
  assert.equal(make({ time: NOW + 3600 }).time, NOW);
  assert.equal(make({ started: NOW - 2, time: NOW - 1 }).started, NOW - 2);
});

test("too long is cut: the output at a line, perfdata between items", () => {
  const line = `${"x".repeat(999)}\n`;
  const { output } = make({ output: `first\n${line.repeat(10_000)}`, perfdata: "" });
  assert.ok(Buffer.byteLength(output) <= MAX_TEXT);
  assert.match(output, /x{999}\n\(cut: 10000005 bytes\)$/);
  assert.match(make({ output: "ä".repeat(MAX_TEXT) }).output, /^ä+\n\(cut: 2097152 bytes\)$/);
  const { perfdata } = make({ perfdata: "name=12345 ".repeat(200_000) });
  assert.ok(perfdata.length <= MAX_TEXT);
  assert.ok(perfdata.endsWith(" name=12345"));
});

test("what cannot be used is named", () => {
  const cases: readonly (readonly [Partial<RawResult>, string])[] = [
    [{ host: undefined }, "no host"],
    [{ host: "" }, "host is empty"],
    [{ host: " " }, "host is empty"],
    [{ host: 5 }, "host '5' is no text"],
    [{ host: "a\nb" }, "host 'a?b' has characters that no name has"],
    [{ host: "a\ud800" }, "has characters that no name has"],
    [{ host: "x".repeat(256) }, "is longer than 255 characters"],
    [{ service: "" }, "service is empty"],
    [{ service: {} }, "service (an object) is no text"],
    [{ service: "a\u0007" }, "service 'a?' has characters that no name has"],
    [{ exitCode: undefined }, "exit code 'undefined' is no whole number"],
    [{ exitCode: 1.5 }, "exit code '1.5' is no whole number"],
    [{ exitCode: "OK" }, "exit code 'OK' is no whole number"],
    [{ exitCode: null }, "exit code 'null' is no whole number"],
    [{ output: undefined }, "no output"],
    [{ output: [] }, "output (a list) is no text"],
    [{ perfdata: 1 }, "perfdata '1' is no text"],
    [{ time: 0 }, "time '0' is no time"],
    [{ time: -5 }, "time '-5' is no time"],
    [{ time: "yesterday" }, "time 'yesterday' is no time"],
    [{ time: Number.NaN }, "time 'NaN' is no time"],
  ];
  for (const [fields, message] of cases) {
    assert.throws(
      () => make(fields),
      (error: Error) => error.message.includes(message),
      message,
    );
  }
});
