import assert from "node:assert/strict";
import { test } from "node:test";

import { parseOutput, parsePerfdata } from "./perfdata.ts";

test("a whole answer is taken apart", () => {
  const { firstLine, text, perfdata, long } = parseOutput(
    "check_x WARNING - two | 'it''s a'=-1.5s;@~:10;5:;0;100 b=U c=7c\nsecond\n\nfourth\n",
  );
  assert.equal(firstLine, "check_x WARNING - two | 'it''s a'=-1.5s;@~:10;5:;0;100 b=U c=7c");
  assert.equal(text, "check_x WARNING - two");
  assert.deepEqual(long, ["second", "", "fourth"]);
  const none = { warn: undefined, crit: undefined, min: undefined, max: undefined };
  assert.deepEqual(perfdata, [
    { label: "it's a", value: -1.5, uom: "s", warn: "@~:10", crit: "5:", min: 0, max: 100 },
    { label: "b", value: undefined, uom: "", ...none },
    { label: "c", value: 7, uom: "c", ...none },
  ]);
});

test("Mod-Gearman's own form, without blanks around the bar, is as good", () => {
  const { text, perfdata } = parseOutput("check_x OK - fine|'q_waiting'=0;10;100;0 'q_running'=0\n");
  assert.equal(text, "check_x OK - fine");
  assert.deepEqual(
    perfdata.map(({ label }) => label),
    ["q_waiting", "q_running"],
  );
});

for (const range of ["10", "10:", ":10", "~:10", "10:20", "@10", "@10:20", "-10:-5", "0.5:1.5", "~:", ":", "@:"]) {
  test(`the range ${range} is read as printed`, () => {
    assert.equal(parsePerfdata(`a=1;${range}`)[0]?.warn, range);
  });
}

const MALFORMED = {
  "no output": "",
  "only a line end": "\n",
  "no final LF": "OK - a",
  "an empty last line": "OK - a\n\n",
  "a carriage return": "OK - a\r\n",
  "an escape sequence": "OK - \u001b[31ma\n",
  "a NUL": "OK - a\0\n",
  "a C1 control": "OK - \u009b31ma\n",
  "no text": "|a=1\n",
  "a semicolon in the text": "OK - a; b\n",
  "two blanks before the bar": "OK - a  | a=1\n",
  "two blanks after the bar": "OK - a |  a=1\n",
  "a bar without perfdata": "OK - a|\n",
  "a bar in the long output": "OK - a | a=1\nb | c=1\n",
  "two bars": "OK - a | a=1 | b=2\n",
  "two blanks between items": "OK - a | a=1  b=2\n",
  "a blank at the end": "OK - a | a=1 \n",
  "an unquoted blank": "OK - a | a b=1\n",
  "a quote inside an unquoted label": "OK - a | a'b=1\n",
  "a single quote inside a quoted label": "OK - a | 'a'b'=1\n",
  "a label that does not end": "OK - a | 'a=1\n",
  "an empty label": "OK - a | ''=1\n",
  "an equals sign in a label": "OK - a | 'a=b'=1\n",
  "a label that is there twice": "OK - a | a=1 'a'=2\n",
  "a plain label after a relayed one": "OK - a | a::b=1 c=2\n",
  "no value": "OK - a | a=\n",
  "an exponent": "OK - a | a=1e-7\n",
  "a large exponent": "OK - a | a=1e21\n",
  "a comma": "OK - a | a=1,5\n",
  "a plus sign": "OK - a | a=+1\n",
  NaN: "OK - a | a=NaN\n",
  Infinity: "OK - a | a=Infinity\n",
  "a bare point": "OK - a | a=1.\n",
  "an invented unit": "OK - a | a=1jobs\n",
  "a blank before the unit": "OK - a | a=1 B\n",
  "six fields": "OK - a | a=1;1;2;3;4;5\n",
  "a bad range": "OK - a | a=1;abc\n",
  "a lone ~": "OK - a | a=1;~\n",
  "a lone @": "OK - a | a=1;@\n",
  "an endless start": "OK - a | a=1;5:~\n",
  "a backward range": "OK - a | a=1;20:10\n",
  "a negative bare range": "OK - a | a=1;-5\n",
  "a unit in a threshold": "OK - a | a=1s;5s\n",
  "U as minimum": "OK - a | a=1;;;U\n",
};

for (const [what, stdout] of Object.entries(MALFORMED)) {
  test(`refused: ${what}`, () => {
    assert.throws(() => parseOutput(stdout), /malformed plugin output/);
  });
}
