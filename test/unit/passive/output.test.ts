import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import { formatCommand } from "../../../lib/passive/external-command.ts";
import { formatOutput } from "../../../lib/passive/output.ts";

test("the external commands of Nagios", () => {
  const result = {
    host: "twp1",
    service: "load",
    exitCode: 1,
    output: "a | b\nC:\\x",
    perfdata: "load1=5",
    time: 1345376520.9,
  } as const;
  assert.equal(
    formatCommand(result).line,
    String.raw`[1345376520] PROCESS_SERVICE_CHECK_RESULT;twp1;load;1;a / b\nC:\\x|load1=5`,
  );
  const host = { ...result, service: undefined, exitCode: 3, perfdata: "" } as const;
  assert.equal(formatCommand(host).line, String.raw`[1345376520] PROCESS_HOST_CHECK_RESULT;twp1;1;a / b\nC:\\x`);
});

test("cut: at a line, perfdata between items, and both get their share", () => {
  const cut = (output: string, perfdata: string, maxBytes: number) => formatOutput({ output, perfdata }, maxBytes).text;
  assert.equal(cut("first\nsecond\nthird", "a=1", 23), String.raw`first\n(cut)|a=1`);
  assert.equal(cut("first\nsecond", "a=1", 40), String.raw`first\nsecond|a=1`);
  assert.equal(cut("abcdefghijklmnopqrstuvwxyz", "", 20), String.raw`abcdefghijklm\n(cut)`);
  assert.equal(cut("abcdefghijkl\\mnopqrstuvwxyz", "", 20), String.raw`abcdefghijkl\n(cut)`);
  assert.equal(cut("short", "a=1 b=2 c=3 d=4 e=5", 20), "short|a=1 b=2 c=3");
});

test("never longer, never with half an escape or half a character", () => {
  const texts = fc.array(fc.constantFrom("a", "ä", "\\", "\n", "|", "€")).map((parts) => parts.join(""));
  fc.assert(
    fc.property(
      texts,
      fc.array(fc.constantFrom("a=1", "b=22")),
      fc.integer({ min: 24, max: 60 }),
      (output, items, maxBytes) => {
        const { text, isCut } = formatOutput({ output, perfdata: items.join(" ") }, maxBytes);
        assert.ok(Buffer.byteLength(text) <= maxBytes);
        assert.ok(!text.includes("\ufffd"));
        assert.match(text, /^(?:[^\\|]|\\\\|\\n)*(?:\|(?:a=1|b=22)(?: (?:a=1|b=22))*)?$/);
        assert.equal(isCut, text !== formatOutput({ output, perfdata: items.join(" ") }).text);
      },
    ),
  );
});
