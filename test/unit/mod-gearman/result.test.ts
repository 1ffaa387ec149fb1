import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { type CheckResult, formatResult, parseResult } from "../../../lib/mod-gearman/result.ts";

/** As captured from the C worker 5.2.4. */
const C_WORKER =
  "host_name=h1\ncore_start_time=1795301680.982000\nstart_time=1795301680.987058\nfinish_time=1795301680.989181\n" +
  "return_code=2\nexited_ok=1\nsource=Mod-Gearman Worker @ host2\nservice_description=s1\n" +
  "output=line1 | a=1;2;3\\nline2 back\\\\slash tab\tx\\nline3 | b=2\\n\\n[err] \n\n\n\n";

test("the C worker's result", () => {
  assert.deepEqual(parseResult(C_WORKER), {
    hostName: "h1",
    serviceDescription: "s1",
    returnCode: 2,
    startTime: 1_795_301_680_987.058,
    finishTime: 1_795_301_680_989.181,
    source: "Mod-Gearman Worker @ host2",
    output: "line1 | a=1;2;3\nline2 back\\slash tab\tx\nline3 | b=2\n\n[err] ",
  });
});

test("the Go worker's result: type first, one line feed at the end, backslashes as they are", () => {
  const result = parseResult(
    "type=active\nhost_name=h1\nreturn_code=0\nstart_time=1.5\nfinish_time=2.5\nsource=x\noutput=C:\\dir\\nnext",
  );
  assert.deepEqual([result?.output, result?.startTime], ["C:\\dir\nnext", 1500]);
});

test("a killed check, a host's check, and one without times", () => {
  const killed = parseResult(
    "host_name=(null)\nreturn_code=2\nsource=(null)\noutput=(Service Check Timed Out On Worker: host2)\n\n\n\n",
  );
  assert.equal(killed?.output, "(Service Check Timed Out On Worker: host2)");
  assert.deepEqual([killed?.serviceDescription, killed?.source, killed?.startTime], ["", "(null)", Number.NaN]);
  assert.equal(parseResult("host_name=h\nreturn_code=x\n")?.returnCode, Number.NaN);
});

test("the first of two equal keys counts, and nothing behind output=", () => {
  assert.equal(parseResult("host_name=a\nhost_name=b\nreturn_code=0\noutput=x\nreturn_code=3")?.hostName, "a");
  assert.equal(parseResult("host_name=a\noutput=x\nreturn_code=3"), undefined);
});

test("what starts differently or lacks its code is no result", () => {
  for (const text of ["", "return_code=0\nhost_name=a\n", "host_name=a\n", "\ufffdgarbage", "output=x"]) {
    assert.equal(parseResult(text), undefined);
  }
});

const word = fc.string({ minLength: 1 }).filter((text) => !/[\r\n\0]/.test(text));

test("every result survives being written and read, but for line feeds and NULs at its end", () => {
  const result = fc.record<CheckResult>(
    {
      hostName: word,
      serviceDescription: fc.oneof(fc.constant(""), word),
      returnCode: fc.integer({ min: 0, max: 255 }),
      startTime: fc.integer({ min: 0, max: 4e12 }),
      finishTime: fc.integer({ min: 0, max: 4e12 }),
      source: word,
      output: fc.string({ unit: fc.constantFrom("\\", "n", "\n", "a", "=", "|", "\t", "\u00e4") }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(result, (result) => {
      assert.deepEqual(parseResult(formatResult(result)), result);
    }),
  );
});

test("no text makes it throw", () => {
  fc.assert(fc.property(fc.string(), (text) => void parseResult(`host_name=${text}`)));
});
