import assert from "node:assert/strict";
import { test } from "node:test";

import { combine, measure, Range, report, Status, verdict } from "monitoring-plugins-ts";

const warning = verdict(Status.WARNING, "Queue z has 10 waiting jobs.");
const critical = verdict(Status.CRITICAL, "Queue a has 3 jobs without any worker.");
const unknown = verdict(Status.UNKNOWN, "one cannot be read");
const fine = verdict(Status.OK, "Queue b is fine");

test("a parent is as bad as its worst part, and names that first, wherever it stands", () => {
  const result = combine("all fine", [warning, fine, critical]);
  assert.equal(result.status, Status.CRITICAL);
  assert.equal(result.text, "Queue a has 3 jobs without any worker. Queue z has 10 waiting jobs.");
});

test("three problems are named, the others counted and listed", () => {
  const many = [1, 2, 3, 4, 5].map((n) => verdict(Status.WARNING, `Queue ${n} is slow`));
  const result = combine("", many);
  assert.equal(result.text, "Queue 1 is slow. Queue 2 is slow. Queue 3 is slow. And 2 more.");
  assert.equal(
    report("check_x", result, 0),
    "check_x WARNING - Queue 1 is slow. Queue 2 is slow. Queue 3 is slow. And 2 more.\n" +
      "WARNING - Queue 4 is slow\nWARNING - Queue 5 is slow\n",
  );
});

test("the whole answer, character by character", () => {
  const part = measure("Queue b has 20 jobs", {
    label: "b_jobs",
    value: 20,
    warning: Range.parse("10"),
    critical: Range.parse("100"),
    min: 0,
  });
  const result = combine("fine", [part, fine], {
    metrics: [{ label: "q::jobs", value: 1, uom: "c" }],
    details: [
      { verbosity: 0, lines: ["always shown"] },
      { verbosity: 2, lines: ["configuration"] },
    ],
  });
  assert.equal(
    report("check_x", result, 0),
    "check_x WARNING - Queue b has 20 jobs | 'b_jobs'=20;10;100;0 'q::jobs'=1c\nalways shown\n",
  );
  assert.equal(
    report("check_x", result, 2),
    "check_x WARNING - Queue b has 20 jobs | 'b_jobs'=20;10;100;0 'q::jobs'=1c\n" +
      "WARNING - Queue b has 20 jobs\nOK - Queue b is fine\nalways shown\nconfiguration\n",
  );
});

test("UNKNOWN does not hide what is critical, and is not hidden by a warning", () => {
  assert.equal(combine("", [unknown, critical]).status, Status.CRITICAL);
  assert.equal(combine("", [warning, unknown]).status, Status.UNKNOWN);
  assert.equal(combine("", []).status, Status.UNKNOWN);
});

test("what others say cannot start perfdata, end a line or move the cursor", () => {
  const hostile = verdict(Status.CRITICAL, "a|b\nc\u001b[2Jd\u0000e\u202ef\u0085g");
  const out = report("check_x", combine("", [hostile], { details: [{ verbosity: 0, lines: ["x|y\r"] }] }), 0);
  assert.equal(out, "check_x CRITICAL - a/b?c?[2Jd?e?f?g\nx/y?\n");
});

test("another program's first line is passed on without name and state", () => {
  assert.equal(
    report("check_x", { ...verdict(Status.WARNING, "WARNING - proxy has a backlog"), verbatim: true }, 0),
    "WARNING - proxy has a backlog\n",
  );
});

test("a semicolon of data leaves the first line, where Nagios would turn it into a colon, and stays in the long output", () => {
  const result = {
    ...verdict(Status.WARNING, "Queue a;b is slow"),
    details: [{ verbosity: 0, lines: ["a;b"] }],
  } as const;
  assert.equal(report("check_x", result, 0), "check_x WARNING - Queue a,b is slow\na;b\n");
});

test("a problem is listed although its text is the end of another one's that is named", () => {
  const texts = ["backup-gm: Queue q is slow", "b is slow", "c is slow", "gm: Queue q is slow"];
  const result = combine(
    "",
    texts.map((text) => verdict(Status.WARNING, text)),
  );
  assert.deepEqual(report("check_x", result, 0).split("\n").slice(1), ["WARNING - gm: Queue q is slow", ""]);
});
