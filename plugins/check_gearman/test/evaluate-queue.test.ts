import assert from "node:assert/strict";
import { test } from "node:test";

import { parsePattern, Status, statusName } from "monitoring-plugins-ts";
import type { QueueStatus } from "monitoring-plugins-ts/gearman";

import { doubtsOf, judgeMissing, judgeQueue, leftoverQueues, selectQueues, shown } from "../evaluate-queue.ts";
import { answered, type Changes, levels, queue, rules, SURE } from "./rules.ts";

/** queue, changed rules, state and text; no text for a queue that is fine */
const VERDICTS: readonly (readonly [string, QueueStatus, Changes, (string | undefined)?])[] = [
  ["idle", queue("q"), {}],
  ["no worker and nothing to do", queue("q", 0, 0), {}],
  ["below the warning", queue("q", 9), {}],
  ["at the warning", queue("q", 10), {}, "WARNING: Queue q has 10 waiting jobs."],
  ["at the critical", queue("q", 100), {}, "CRITICAL: Queue q has 100 waiting jobs."],
  ["an orphan", queue("q", 1, 0), {}, "CRITICAL: Queue q has 1 job without any worker."],
  ["many jobs and no worker", queue("q", 500, 0), {}, "CRITICAL: Queue q has 500 jobs without any worker."],
  ["orphans are fine", queue("q", 5, 0), { orphans: Status.OK }],
  [
    "orphans are a warning, waiting is critical",
    queue("q", 100, 0),
    { orphans: Status.WARNING },
    "CRITICAL: Queue q has 100 waiting jobs.",
  ],
  [
    "orphans and waiting are equally bad",
    queue("q", 10, 0),
    { orphans: Status.WARNING },
    "WARNING: Queue q has 10 jobs without any worker.",
  ],
  [
    "orphans are unknown, waiting a warning",
    queue("q", 10, 0),
    { orphans: Status.UNKNOWN },
    "UNKNOWN: Queue q has 10 jobs without any worker.",
  ],
  ["-x", queue("q", 0, 0), { zeroWorkerCritical: true }, "CRITICAL: Queue q has no worker."],
  [
    "-x and jobs, where orphans are fine",
    queue("q", 2, 0),
    { zeroWorkerCritical: true, orphans: Status.OK },
    "CRITICAL: Queue q has 2 jobs without any worker.",
  ],
  ["too few workers", queue("q", 0, 2), { worker: levels("3:", "1:") }, "WARNING: Queue q has 2 worker."],
  ["none of the workers wanted", queue("q", 0, 0), { worker: levels("3:", "1:") }, "CRITICAL: Queue q has no worker."],
  ["too many workers", queue("q", 0, 50), { worker: levels("25", "50") }, "CRITICAL: Queue q has 50 worker."],
  ["many running", queue("q", 0, 9, 7), { running: levels("7") }, "WARNING: Queue q has 7 running jobs."],
  [
    "waiting before worker before running",
    queue("q", 10, 1, 7),
    { worker: levels("1"), running: levels("7") },
    "WARNING: Queue q has 10 waiting jobs.",
  ],
  [
    "the worse one, whichever it is",
    queue("q", 10, 1, 7),
    { running: levels(undefined, "7") },
    "CRITICAL: Queue q has 7 running jobs.",
  ],
  [
    "the core's own queue, of which nothing is fetched",
    queue("check_results", 10),
    {},
    "WARNING: Queue check_results has 10 waiting jobs, the core is not fetching results.",
  ],
  [
    "the core's own queue, whose worker is at work",
    queue("check_results", 150, 1, 1),
    {},
    "CRITICAL: Queue check_results has 150 waiting jobs, the core fetches its results too slowly (1 worker, 1 running).",
  ],
  [
    "the core's own queue without the core",
    queue("check_results", 1, 0),
    {},
    "CRITICAL: Queue check_results has 1 job without any worker, the core is not fetching results.",
  ],
];

for (const [what, facts, changes, expected] of VERDICTS) {
  test(`${what}: ${expected ?? "OK"}`, () => {
    const result = judgeQueue(facts, rules(changes), "", SURE.confirmation);
    assert.equal(result && `${statusName(result.status)}: ${result.text}`, expected);
  });
}

test("the server stands in front of the text", () => {
  assert.equal(
    judgeQueue(queue("q", 10), rules(), "gm:4730: ", SURE.confirmation)?.text,
    "gm:4730: Queue q has 10 waiting jobs.",
  );
});

test("a second look is for queues whose verdict rests on having no worker, and for no other", () => {
  const suspect = (facts: QueueStatus, changes: Changes = {}, several = false) =>
    doubtsOf(rules(changes), several).isSuspect(facts);
  assert.equal(suspect(queue("q", 1, 0)), true);
  assert.equal(suspect(queue("q", 500, 1)), false);
  assert.equal(suspect(queue("q", 0, 0)), false);
  assert.equal(suspect(queue("q", 1, 0), { orphans: Status.OK }), false);
  assert.equal(suspect(queue("q", 0, 0), { zeroWorkerCritical: true }), true);
  assert.equal(suspect(queue("q", 0, 0), { worker: levels("1:") }), true);
  assert.equal(suspect(queue("q", 0, 1), { worker: levels("2:") }), false);
  assert.equal(suspect(queue("q", 0, 0), { worker: levels("5") }), false);
  assert.equal(suspect(queue("q", 0, 0), { uneven: Status.WARNING }, true), true);
  assert.equal(suspect(queue("q", 0, 0), { uneven: Status.WARNING }, false), false);
  const selection = { queues: ["other"], include: [], exclude: [] };
  assert.equal(suspect(queue("q", 1, 0), { selection }), false);
});

test("queues are selected by exact name, then by patterns", async () => {
  const queues = ["host", "host2", "service", "\xc3\xbc"].map((name) => queue(name));
  const names = async (queueNames: readonly string[], include: readonly string[], exclude: readonly string[]) => {
    const patterns = (texts: readonly string[]) => Promise.all(texts.map(parsePattern));
    const selection = { queues: queueNames, include: await patterns(include), exclude: await patterns(exclude) };
    return selectQueues(queues, selection).map(({ name }) => name);
  };
  assert.deepEqual(await names([], [], []), ["host", "host2", "service", "\xc3\xbc"]);
  assert.deepEqual(await names(["host"], [], []), ["host"]);
  assert.deepEqual(await names([], ["host*"], []), ["host", "host2"]);
  assert.deepEqual(await names([], ["~^h", "service"], ["host2"]), ["host", "service"]);
  assert.deepEqual(await names(["host", "service"], [], ["host"]), ["service"]);
  // patterns see what people see
  assert.deepEqual(await names([], ["ü"], []), ["\xc3\xbc"]);
  assert.deepEqual(await names([], ["?"], []), ["\xc3\xbc"]);
});

test("a long name is cut in texts", () => {
  assert.equal(shown("x".repeat(100)), "x".repeat(100));
  assert.equal(shown("x".repeat(101)), `${"x".repeat(97)}...`);
});

test("the private queues of probes count only when they are named", () => {
  const left = `check_x-6b01e2b0-${"0123456789abcdef".repeat(2)}`;
  const queues = [queue(left, 1, 0), queue("service")];
  const names = (selected: readonly string[]) =>
    selectQueues(queues, { queues: selected, include: [], exclude: [] }).map(({ name }) => name);
  assert.deepEqual(names([]), ["service"]);
  assert.deepEqual(names([left]), [left]);
  assert.equal(doubtsOf(rules(), false).isSuspect(queue(left, 1, 0)), false);
});

test("what rests on no worker says for how long it was seen, and is UNKNOWN where that was cut short", () => {
  const text = (facts: QueueStatus, changes: Changes, unconfirmed?: string) => {
    const result = judgeQueue(facts, rules(changes), "", { seconds: 2.51, unconfirmed });
    return result && `${statusName(result.status)}: ${result.text}`;
  };
  const x = { zeroWorkerCritical: true };
  assert.equal(text(queue("q", 0, 0), x), "CRITICAL: Queue q has no worker for 2.5 s.");
  assert.equal(text(queue("q", 0, 0), x, "no time"), "UNKNOWN: Queue q has no worker for 2.5 s, no time.");
  assert.equal(
    text(queue("q", 3, 0), {}, "no time"),
    "UNKNOWN: Queue q has 3 jobs without any worker for 2.5 s, no time.",
  );
  // what is CRITICAL by its jobs alone needs no worker to be missing
  assert.equal(text(queue("q", 500, 0), {}, "no time"), "CRITICAL: Queue q has 500 jobs without any worker.");
  assert.equal(text(queue("q", 500, 1), {}, "no time"), "CRITICAL: Queue q has 500 waiting jobs.");
});

test("a queue that is not there has no worker, and --missing is for who asks for none", () => {
  const state = (changes: Changes) => statusName(judgeMissing(rules(changes), "q"));
  assert.equal(state({}), "WARNING");
  assert.equal(state({ missing: Status.OK }), "OK");
  assert.equal(state({ zeroWorkerCritical: true, missing: Status.OK }), "CRITICAL");
  assert.equal(state({ worker: levels(undefined, "1:") }), "CRITICAL");
  assert.equal(state({ worker: levels("1:"), missing: Status.OK }), "WARNING");
  assert.equal(state({ worker: levels("25", "50") }), "WARNING");
});

test("a look at a server is repeated while queues that have to be there are not, unless it is CRITICAL anyway", () => {
  const status = (...queues: readonly QueueStatus[]) => {
    const { answer } = answered("gm:4730", queues);
    assert.ok(!(answer instanceof Error));
    return answer;
  };
  const named = { selection: { queues: ["q"], include: [], exclude: [] } };
  const incomplete = (changes: Changes, ...queues: readonly QueueStatus[]) =>
    doubtsOf(rules(changes), false).isIncomplete(status(...queues));
  assert.equal(incomplete(named), true);
  assert.equal(incomplete(named, queue("q")), false);
  assert.equal(incomplete({ ...named, missing: Status.OK }), false);
  assert.equal(incomplete({}), false);
  assert.equal(incomplete({ zeroWorkerCritical: true }), true);
  assert.equal(incomplete({ worker: levels("1:") }), true);
  assert.equal(incomplete({ zeroWorkerCritical: true }, queue("q")), false);

  const { isCritical } = doubtsOf(rules({ total: levels(undefined, "150"), zeroWorkerCritical: true }), false);
  assert.equal(isCritical(status(queue("q", 0, 0))), false);
  assert.equal(isCritical(status(queue("q", 0, 0), queue("r", 100))), true);
  assert.equal(isCritical(status(queue("q", 75, 0), queue("r", 75))), true);
});

test("private queues whose probe ended more than ten minutes ago are left behind", async () => {
  const now = 1_800_000_000;
  const left = (ago: number) => queue(`check_x-${(now - ago).toString(16)}-${"0123456789abcdef".repeat(2)}`, 1, 0);
  const { answer } = answered("gm:4730", [left(601), left(599), left(-30), queue("service")]);
  assert.ok(!(answer instanceof Error));
  const names = (changes: Changes = {}) => leftoverQueues(answer, rules(changes), now).map(({ name }) => name);
  assert.deepEqual(names(), [left(601).name]);
  assert.deepEqual(names({ selection: { queues: ["service"], include: [], exclude: [] } }), []);
  const include = [await parsePattern("host*")];
  assert.deepEqual(names({ selection: { queues: [], include, exclude: [] } }), []);
});
