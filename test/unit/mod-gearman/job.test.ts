import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { type CheckJob, formatJob, parseJob } from "../../../lib/mod-gearman/job.ts";

const JOB: CheckJob = {
  type: "service",
  resultQueue: "RQ",
  targetQueue: "service",
  hostName: "probe",
  serviceDescription: "probe",
  coreTime: 1_700_000_000_123,
  timeout: 5,
  commandLine: "/bin/echo a=b",
};

test("the text of a job, to the letter", () => {
  assert.equal(
    formatJob(JOB),
    "type=service\nresult_queue=RQ\ntarget_queue=service\nhost_name=probe\nservice_description=probe\n" +
      "next_check=1700000000.123000\ncore_time=1700000000.123000\ntimeout=5\ncommand_line=/bin/echo a=b\n\n\n",
  );
});

test("what would end the text early is refused", () => {
  for (const commandLine of ["", "a\nb", "a\rb", "a\0b"]) {
    assert.throws(() => formatJob({ ...JOB, commandLine }), /^Error: command_line must be one line, and not empty$/);
  }
});

test("a text without type, result queue or command is no job; one with another key neither", () => {
  for (const text of ["", "type=service\n", "type=foo\nresult_queue=a\ncommand_line=b\n", "\ufffd\ufffd=x"]) {
    assert.equal(parseJob(text), undefined);
  }
  assert.equal(parseJob("type=service\nresult_queue=a\nhost_name=\ncommand_line=b\n")?.commandLine, "b");
});

const word = fc.string({ minLength: 1 }).filter((text) => !/[\r\n\0]/.test(text));

test("every job survives being written and read", () => {
  const job = fc.record<CheckJob>(
    {
      type: fc.constantFrom("service", "host"),
      resultQueue: word,
      targetQueue: word,
      hostName: word,
      serviceDescription: word,
      coreTime: fc.integer({ min: 0, max: 4e12 }),
      timeout: fc.integer({ min: 1, max: 86_400 }),
      commandLine: word,
    },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(job, (job) => assert.deepEqual(parseJob(formatJob(job)), job)));
});
