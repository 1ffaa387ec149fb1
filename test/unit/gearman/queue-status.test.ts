import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { parseQueueLine } from "../../../lib/gearman/queue-status.ts";

function parse(line: string) {
  const bytes = Buffer.from(`before\n${line}\nafter`, "latin1");
  return parseQueueLine(bytes, 7, 7 + line.length);
}

const READ: readonly [string, string, number, number, number][] = [
  ["service\t0\t0\t3", "service", 0, 0, 3],
  ["service\t12\t2\t3", "service", 10, 2, 3],
  ["tab\there\t1\t0\t0", "tab\there", 1, 0, 0],
  ["1\t2\t3\t5\t4\t3", "1\t2\t3", 1, 4, 3],
  ["\t0\t0\t1", "", 0, 0, 1],
  [".\t0\t0\t1", ".", 0, 0, 1],
  ["a\xff\xfe\t0\t0\t1", "a\xff\xfe", 0, 0, 1],
  ["q\t999999999999999\t0\t0", "q", 999999999999999, 0, 0],
];

for (const [line, name, waiting, running, worker] of READ) {
  test(`${JSON.stringify(line)} is a queue`, () => assert.deepEqual(parse(line), { name, waiting, running, worker }));
}

const ODD = [
  "",
  ".",
  "service",
  "service\t0\t0",
  "0\t0\t1",
  "service\t0\t0\t",
  "service\t0\t0\tx",
  "service\t-1\t0\t0",
  "service\t0\t1\t0",
  "service\t1.5\t0\t0",
  "service\t0\t0\t1 ",
  "service\t0\t0\t1\r",
  "service 0 0 1",
  "service\t1000000000000000\t0\t0",
  "service\t\t0\t0",
];

for (const line of ODD) {
  test(`${JSON.stringify(line)} is no queue`, () => assert.equal(parse(line), undefined));
}

test("what is no queue line by the pattern is none here either, and the fields agree", () => {
  const text = fc.string({ unit: fc.constantFrom("\t", "0", "1", "9", "a", ".", "\xff"), maxLength: 24 });
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        text.map((name) => `${name}\t3\t1\t2`),
      ),
      (line) => {
        const [, name, total, running, worker] = /^(.*)\t(\d{1,15})\t(\d{1,15})\t(\d{1,15})$/.exec(line) ?? [];
        const expected =
          name === undefined || Number(total) < Number(running)
            ? undefined
            : { name, waiting: Number(total) - Number(running), running: Number(running), worker: Number(worker) };
        assert.deepEqual(parse(line), expected);
      },
    ),
    { numRuns: 2000 },
  );
});
