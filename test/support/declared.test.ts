import assert from "node:assert/strict";
import { test } from "node:test";

import { definePlugin, list, option, quantity, relayed } from "monitoring-plugins-ts";

import { describeExecutable } from "../../generate/catalogue.ts";
import { isCheck, programNames } from "../../packaging/programs.mjs";
import { assertDeclared, misjudged, undeclared } from "./declared.ts";

const measuring = describeExecutable(
  definePlugin({
    name: "check_x",
    summary: "",
    usage: "",
    options: {
      servers: list({ flags: "-H, --hostname <host>", help: "" }),
      send: option({ flags: "-s, --send <text>", help: "" }),
      wait: quantity({
        label: "[<server>_][<queue>_]wait",
        uom: "s",
        meaning: "",
        text: "job waited <value> for a worker",
        warning: "--wait-warning",
        critical: "--wait-critical",
      }),
      jobs: quantity({ label: "jobs", min: 0, meaning: "", max: "", with: ["servers a", "send"] }),
      answer: relayed({ label: "<label>", meaning: "", with: ["send"] }),
    },
    check: ({ wait }) => wait.measure(1),
  }),
);

const run = (perfdata: string, ...args: readonly string[]) =>
  undeclared(measuring, args, `check_x OK - fine${perfdata}\nsecond | line\n`);

test("what is declared passes, and so does what has no perfdata", () => {
  assert.equal(run(" | 'wait'=1s 'a_wait'=1s;5;6 'localhost-4730_a_wait'=3s"), undefined);
  assert.equal(run(" | 'jobs'=1;;;0;2", "-H", "a"), undefined);
  assert.equal(run(" | 'jobs'=1;;;0", "--hostname=a"), undefined);
  assert.equal(run(""), undefined);
});

test("somebody else's perfdata passes where it is relayed, and only there", () => {
  assert.equal(run(" | 'theirs'=8c", "-s", "check"), undefined);
  assert.equal(run(" | 'theirs'=8c", "--send=check"), undefined);
  assert.match(run(" | 'theirs'=8c") ?? "", /^a label that is not declared: .*"theirs"/);
});

const WRONG = {
  "the unit of [<server>_][<queue>_]wait is another": [" | 'a_wait'=0"],
  "the minimum of jobs is another": [" | 'jobs'=0", "-Ha"],
  "[<server>_][<queue>_]wait is declared without maximum": [" | 'wait'=0s;;;;5"],
  "jobs is declared without warning": [" | 'jobs'=0;1;;0", "-H", "a"],
  "jobs is declared without critical": [" | 'jobs'=0;;1;0", "-H", "a"],
  "jobs is declared for other options": [" | 'jobs'=0;;;0", "-H", "b"],
} as const;

for (const [what, [perfdata, ...args]] of Object.entries(WRONG)) {
  test(`refused: ${what}`, () => {
    assert.ok(run(perfdata, ...args)?.startsWith(`${what}: {`), run(perfdata, ...args));
  });
}

test("of every check its answer is looked at, of anything else it is not", async () => {
  const [check = ""] = programNames().filter(isCheck);
  const answer = `${check} OK - fine | 'none of its labels'=0`;
  await assert.rejects(assertDeclared(`/anywhere/${check}`, [], `${answer}\n`), /a label that is not declared/);
  // cut off by its reader
  await assertDeclared(check, [], answer);
  await assertDeclared("check_elsewhere", [], `${answer}\n`);
  await assertDeclared("a_program", [], "Queue | 'x'=1\n");
});

for (const [what, stdout, why] of [
  ["the number is there", "WARNING - Queue a: job waited 8.000 s for a worker | 'a_wait'=8s;1;9", undefined],
  [
    "another number",
    "CRITICAL - Queue a: job waited 8.000 s for a worker | 'wait'=0.1s;1;2",
    /is not what .*wait shows/,
  ],
  ["no number", "CRITICAL - job waited 8.000 s for a worker | 'x'=1", /is not what/],
  ["no perfdata", "CRITICAL - job waited 8.000 s for a worker", /is not what/],
  ["without its thresholds", "CRITICAL - job waited 8.000 s for a worker | 'wait'=8s", /is not what/],
  ["thresholds that do not alert", "WARNING - job waited 8.000 s for a worker | 'wait'=8s;10;20", /is not what/],
  ["in the long output", "CRITICAL - down | 'wait'=1s;2\nWARNING - job waited 8.000 s for a worker", /is not what/],
  ["an alarm that is no alarm", "OK - fine | 'wait'=8s;1;2", /OK in spite of wait/],
  ["another reason", "CRITICAL - job lost after 8.000 s | 'wait'=1s;2", undefined],
] as const) {
  test(`a verdict that rests on a number: ${what}`, () => {
    const found = misjudged(measuring, [], `check_x ${stdout}\n`);
    if (why === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", why);
  });
}
