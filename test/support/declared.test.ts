import assert from "node:assert/strict";
import { test } from "node:test";

import { definePlugin, quantity } from "monitoring-plugins-ts";

import { describeExecutable } from "../../generate/catalogue.ts";
import { assertDeclared, misjudged } from "./declared.ts";

const run = (perfdata: string, ...args: readonly string[]) =>
  assertDeclared("/anywhere/check_gearman", args, `check_gearman OK - fine${perfdata}\nsecond | line\n`);

test("what is declared passes, and so does what has no perfdata or is no check", async () => {
  await run(" | 'a_waiting'=0;10;100;0 'a_running'=0 'localhost-4730_a_worker'=3;;;0 'servers'=1;;;0;2");
  await run(" | 'localhost-4730_running'=1;;;0", "-H", "a,b", "--perfdata", "totals");
  await run("");
  // cut off by its reader
  await assertDeclared("check_gearman", [], "check_gearman OK - fine | 'a_waiting'=0;1");
  await run(" | 'queues'=3;;;0", "--perfdata=totals");
  await run(" | 'time'=0.1s;1;;0", "--time-warning", "1");
  await assertDeclared("gearman_top", [], "Queue | 'x'=1\n");
});

test("somebody else's perfdata passes where it is relayed, and only there", async () => {
  await run(" | 'jobs'=8c", "-q", "worker_a", "-s", "check");
  await run(" | 'jobs'=8c", "--send=check");
  await assert.rejects(run(" | 'jobs'=8c"), /a label that is not declared: .*"jobs"/);
});

const WRONG = {
  "the unit of [<server>_]<queue>_waiting is another": [" | 'a_waiting'=0s;;;0"],
  "the minimum of [<server>_]<queue>_waiting is another": [" | 'a_waiting'=0"],
  "[<server>_]<queue>_running is declared without maximum": [" | 'a_running'=0;;;;5"],
  "[<server>_]queues is declared without warning": [" | 'queues'=0;1;;0", "--perfdata", "totals"],
  "[<server>_]queues is declared without critical": [" | 'queues'=0;;1;0", "--perfdata", "totals"],
  "[<server>_]queues is declared for other options": [" | 'queues'=0;;;0", "--perfdata", "all"],
} as const;

for (const [what, [perfdata, ...args]] of Object.entries(WRONG)) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(run(perfdata, ...args), (error: Error) => error.message.includes(`perfdata.ts: ${what}: `));
  });
}

const measuring = describeExecutable(
  definePlugin({
    name: "check_x",
    summary: "",
    usage: "",
    options: {
      wait: quantity({
        label: "[<queue>_]wait",
        uom: "s",
        meaning: "",
        text: "job waited <value> for a worker",
        warning: "--wait-warning",
        critical: "--wait-critical",
      }),
    },
    check: ({ wait }) => wait.measure(1),
  }),
);

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
