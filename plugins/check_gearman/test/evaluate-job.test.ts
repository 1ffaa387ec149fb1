import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import { Range, readCommandLine, report, Status, statusName, worst } from "monitoring-plugins-ts";
import { parseOutput } from "#test/support/perfdata.ts";
import { evaluateJob, type JobRules } from "../evaluate-job.ts";
import { options } from "../options.ts";
import { answer as answers, measures } from "../quantities.ts";
import { SURE } from "./rules.ts";

const ORDER = { queue: "q", text: "check", unique: undefined, background: false };

const read = await readCommandLine({ ...measures, ...answers }, []);

const rules = (changes: Partial<JobRules> = {}): JobRules => ({
  expect: undefined,
  replyWarning: [],
  replyCritical: [],
  ...read,
  perfdata: "all",
  perfdataFilter: undefined,
  ...changes,
});

const answer = (data: string, changes: Partial<JobRules> = {}, seconds = 0.5) =>
  evaluateJob({ outcome: "answered", data: Buffer.from(data, "latin1"), seconds }, ORDER, rules(changes));

const print = (...args: Parameters<typeof answer>) => report("check_gearman", answer(...args), 0);

/** what a worker says, what is printed */
const ANSWERS: readonly (readonly [string, string])[] = [
  ["fine", "check_gearman OK - fine\n"],
  ["0:fine", "fine\n"],
  ["1:slow|a=1;2;3;0;9", "slow | 'a'=1;2;3;0;9\n"],
  ["2:down", "down\n"],
  ["3:lost\0rubbish", "lost\n"],
  ["0:a:b", "a:b\n"],
  ["0: padded \n\n", "padded\n"],
  ["0:first|a=1 b=2\nsecond | c=3\r\nd=4\n", "first | 'a'=1 'b'=2 'c'=3 'd'=4\nsecond\n"],
  ["0:first\nsecond\n|c=3\nd=4", "first | 'c'=3 'd'=4\nsecond\n"],
  ["0:first\n\n \n|c=3", "first | 'c'=3\n"],
  ["0:x|mem=10GB p=3W q=7KiB", "x | 'mem'=10GB 'p'=3W 'q'=7KiB\n"],
  ["9:x", "check_gearman UNKNOWN - the worker answered with state '9', which is none of 0 to 3: 'x'\n"],
  ["12:30:01 up 5 days", "check_gearman OK - 12:30:01 up 5 days\n"],
  ["-1:x", "check_gearman UNKNOWN - the worker answered with state '-1', which is none of 0 to 3: 'x'\n"],
  ["::x", "check_gearman UNKNOWN - the worker answered with state ':', which is none of 0 to 3: 'x'\n"],
  [":x", "check_gearman OK - :x\n"],
  ["|a=1", "check_gearman OK - the worker answered OK without a text | 'a'=1\n"],
  ["0:x|a=1 b=2 a=3", "x | 'a'=1 'b'=2\n"],
  ["", "check_gearman UNKNOWN - the worker's answer to 'check' is empty\n"],
  [" \n ", "check_gearman UNKNOWN - the worker's answer to 'check' is empty\n"],
  ["1:", "check_gearman WARNING - the worker answered WARNING without a text\n"],
  ["0:x|::=1 a::b=2 c=3", "x | 'c'=3 '::'=1 'a::b'=2\n"],
];

for (const [said, printed] of ANSWERS) {
  test(`the answer ${JSON.stringify(said)}`, () => {
    assert.equal(print(said), printed);
  });
}

test("a text that is expected, and the state the answer has", () => {
  assert.equal(
    print("1:all is slow|a=1", { expect: "slow" }),
    "check_gearman WARNING - send worker 'check' response: 'all is slow' | 'a'=1\n",
  );
  assert.equal(print("3:x", { expect: "x" }), "check_gearman UNKNOWN - send worker 'check' response: 'x'\n");
  assert.equal(
    print("3:x", { expect: "y" }),
    "check_gearman CRITICAL - send worker: 'check' response: 'x', expected 'y'\n",
  );
  assert.equal(answer("9:x", { expect: "x" }).status, Status.UNKNOWN);
  assert.equal(answer("", { expect: "x" }).status, Status.CRITICAL);
});

test("the time is judged with the answer, and the worse one counts", () => {
  const time = read.time.by(Range.parse("0.4"), Range.parse("2"));
  assert.equal(print("0:fine", { time }), "check_gearman WARNING - answer took 0.500 s: fine | 'time'=0.5s;0.4;2;0\n");
  assert.equal(answer("2:down", { time }).status, Status.CRITICAL);
  assert.equal(print("0:fine", { time }, 0.1), "fine | 'time'=0.1s;0.4;2;0\n");
  assert.equal(answer("1:slow", { time }, 3).status, Status.CRITICAL);
  assert.equal(print("0:fine|a=1", { time, perfdata: "none" }, 0.1), "fine\n");
});

test("values of the answer are judged by thresholds of the user's, and printed with them", async () => {
  const judged = async (data: string, ...argv: readonly string[]) => {
    const given = await readCommandLine(options, argv);
    const facts = { outcome: "answered", data: Buffer.from(data), seconds: 0.1 } as const;
    return report("check_gearman", evaluateJob(facts, ORDER, given), 0);
  };
  const proxy = "0:OK - proxy running.| 'backlog'=1500;;; 'errors'=2c;1;;";
  assert.equal(
    await judged(proxy, "--reply-warning", "backlog=100", "--reply-critical", "backlog=1000"),
    "check_gearman CRITICAL - backlog is 1500: OK - proxy running. | 'backlog'=1500;100;1000 'errors'=2c;1\n",
  );
  assert.match(await judged(proxy, "--reply-warning", "errors=1"), /^check_gearman WARNING - errors is 2c: /);
  assert.equal(
    await judged(proxy, "--reply-critical", "errors=~:5"),
    "OK - proxy running. | 'backlog'=1500 'errors'=2c;;~:5\n",
  );
  const worse = await judged(proxy.replace("0:", "2:"), "--reply-warning", "errors=1");
  assert.match(worse, /^check_gearman CRITICAL - errors is 2c: OK/);
  assert.match(
    await judged(proxy, "--reply-warning", "backlog=5000", "--reply-warning", "gone=1"),
    /^check_gearman UNKNOWN - no 'gone' in the answer's perfdata: OK - proxy running\. \|/,
  );
  for (const wrong of ["100", "=100", "backlog=20:10"]) {
    await assert.rejects(judged(proxy, "--reply-warning", wrong), /--reply-warning <label=range>': '(?:=?100|20:10)'/);
  }
});

test("what is left out of the answer's perfdata is said with -v", () => {
  const said = (verbosity: number) =>
    report("check_gearman", answer("0:x|a=1 'hg='q|z::jobs'=0c;;; jobs=3jobs b=2"), verbosity);
  assert.equal(said(0), "x | 'a'=1 'b'=2\n");
  assert.match(
    said(1),
    /\nleft out of the answer's perfdata: 'hg='q\/z::jobs'=0c;;;\nleft out of the answer's perfdata: jobs=3jobs\n/,
  );
});

test("jobs that were not answered", () => {
  const text = (facts: Parameters<typeof evaluateJob>[0]) => {
    const { status, text } = evaluateJob(facts, ORDER, rules());
    return `${statusName(status)}: ${text}`;
  };
  assert.equal(
    text({ outcome: "no worker", servers: ["gm:4730"], queueKnown: true, confirmation: SURE.confirmation }),
    "CRITICAL: Queue q has no worker: job not sent to gm:4730.",
  );
  assert.equal(
    text({ outcome: "no worker", servers: ["gm:4730"], queueKnown: false, confirmation: SURE.confirmation }),
    "CRITICAL: Queue q not found, so it has no worker: job not sent to gm:4730.",
  );
  const cut = { confirmation: { seconds: 2.5, unconfirmed: "no time" } };
  assert.equal(
    text({ outcome: "no worker", servers: ["gm:4730"], queueKnown: true, ...cut }),
    "UNKNOWN: Queue q has no worker for 2.5 s, no time: job not sent to gm:4730.",
  );
  assert.equal(text({ outcome: "failed", why: "boom", seconds: 1 }), "CRITICAL: job failed: boom");
  assert.equal(text({ outcome: "taken", seconds: 1 }), "OK: sending background job succeeded");
  assert.equal(
    text({ outcome: "not taken", seconds: 9.54, late: Status.CRITICAL }),
    "CRITICAL: no worker of queue q took the background job in 9.5 s, job cancelled",
  );
  assert.match(
    text({ outcome: "not taken", seconds: 9.54, late: Status.UNKNOWN }),
    /^UNKNOWN: no worker of queue q took/,
  );
});

test("whatever a worker says, the answer is well-formed and the state one of four", () => {
  const said = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."0123:|='; \n\r\t\0\x1b.-eEab") }),
    fc.tuple(fc.nat(12), fc.string({ unit: "binary" })).map(([n, text]) => `${n}:${text}`),
  );
  fc.assert(
    fc.property(said, fc.option(fc.string(), { nil: undefined }), (data, expect) => {
      const result = evaluateJob(
        { outcome: "answered", data: Buffer.from(data), seconds: 0.001 },
        ORDER,
        rules({ expect }),
      );
      parseOutput(report("check_gearman", result, 2));
      assert.equal(worst([result.status]), result.status);
    }),
    { numRuns: 1000 },
  );
});

test("a flood of text is cut: 1,000 characters a line, 1,000 lines", () => {
  const [first = "", ...rest] = print(`0:${"x".repeat(5000)}\n${"line\n".repeat(5000)}end`)
    .trimEnd()
    .split("\n");
  assert.equal(first, `${"x".repeat(997)}...`);
  assert.equal(rest.length, 1000);
});
