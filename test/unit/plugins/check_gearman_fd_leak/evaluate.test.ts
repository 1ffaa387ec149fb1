import assert from "node:assert/strict";
import { test } from "node:test";

import { CheckError, Range, report, Status } from "monitoring-plugins-ts";

import { evaluate } from "../../../../plugins/check_gearman_fd_leak/evaluate.ts";
import type { Facts, ProcessFacts, SocketFacts, Trends } from "../../../../plugins/check_gearman_fd_leak/facts.ts";
import { options } from "../../../../plugins/check_gearman_fd_leak/options.ts";
import type { Rules } from "../../../../plugins/check_gearman_fd_leak/rules.ts";
import { parseEta, parseGrowth, parseLevel } from "../../../../plugins/check_gearman_fd_leak/threshold.ts";

const off = { warning: undefined, critical: undefined };
const rules: Rules = {
  fds: { warning: parseLevel("80%"), critical: parseLevel("90%") },
  sockets: off,
  closeWait: { warning: Range.parse("50"), critical: Range.parse("200") },
  growth: off,
  eta: off,
  perWorker: off,
  restarts: { warning: Range.parse("3"), critical: undefined },
  rss: off,
  rssGrowth: off,
  processes: Range.parse("1:"),
  window: 3600,
  kinds: 10_000,
  asked: { options, given: new Set(), unjudged: Status.UNKNOWN },
};

/** With thresholds that were typed. */
const asking = (given: readonly string[], more: Partial<Rules> = {}): Rules => ({
  ...rules,
  ...more,
  asked: { ...rules.asked, given: new Set(given) },
});

const process = (facts: Partial<ProcessFacts> = {}): ProcessFacts => ({
  pid: 12,
  innerPid: 12,
  user: "gearman",
  state: "S",
  fds: 40,
  limit: 1000,
  rss: undefined,
  kinds: undefined,
  sockets: undefined,
  denied: undefined,
  unaccepted: 0,
  trend: undefined,
  idleFds: undefined,
  ...facts,
});

const group = { name: "gearmand", processes: [], zombies: 0, restarts: undefined, uptime: undefined };

const facts = (processes: readonly ProcessFacts[], more: Partial<Facts> = {}): Facts => ({
  groups: [{ ...group, processes }],
  unjudged: undefined,
  server: undefined,
  timeOver: undefined,
  hidden: false,
  historyProblem: undefined,
  commandLine: "check_gearman_fd_leak",
  ...more,
});

const sockets = (closeWait: number, more: Partial<SocketFacts> = {}): SocketFacts => ({
  gearman: closeWait,
  closeWait,
  states: [],
  peers: [],
  of: "process",
  ...more,
});

const growing = (perHour: number, span = 3480): Trends => ({
  fds: { samples: 58, span, age: 3600, slope: perHour, perHour },
  unexplained: undefined,
  rss: undefined,
});

const first = (result: ReturnType<typeof evaluate>) => report("x", result, 0).split("\n")[0] ?? "";

test("the level is judged against the process' own limit, and the end of it is in sight", () => {
  const result = evaluate(facts([process({ fds: 850, trend: growing(300) })]), rules);
  assert.equal(result.status, Status.WARNING);
  assert.equal(result.text, "gearmand (pid 12) has 850 of 1000 descriptors (85%), +290 in 58 min, limit in 30 min");
  assert.match(first(result), /'gearmand_fds'=850;800;900;0;1000 'gearmand_fds_sum'=850;;;0 'gearmand_limit'=1000/);
});

test("of several processes the fullest decides, not the one with the most", () => {
  const result = evaluate(
    facts([process({ pid: 1, fds: 500, limit: 20_000 }), process({ pid: 2, fds: 95, limit: 100 })]),
    rules,
  );
  assert.equal(result.status, Status.CRITICAL);
  assert.match(result.text, /^gearmand \(pid 2, one of 2\) has 95 of 100/);
  assert.match(first(result), /'gearmand_fds_sum'=595/);
});

test("of several that are fine the one closest to its limit is named", () => {
  const result = evaluate(
    facts([process({ pid: 1, fds: 500, limit: 20_000 }), process({ pid: 2, fds: 40, limit: 100 })]),
    rules,
  );
  assert.equal(result.status, Status.OK);
  assert.match(result.text, /pid 2, one of 2\) has 40 of 100/);
});

test("an absolute threshold finds the process that breaks it, full or not", () => {
  const absolute = { ...rules, fds: { warning: undefined, critical: parseLevel("400") } };
  const result = evaluate(
    facts([process({ pid: 1, fds: 500, limit: 20_000 }), process({ pid: 2, fds: 95, limit: 100 })]),
    absolute,
  );
  assert.equal(result.status, Status.CRITICAL);
  assert.match(result.text, /pid 1/);
});

test("a limit of nothing is reached by anything", () => {
  const result = evaluate(facts([process({ fds: 4, limit: 0 })]), rules);
  assert.equal(result.status, Status.CRITICAL);
  assert.match(result.text, /has 4 of 0 descriptors \(over 100%\)/);
});

test("a count that nobody told is UNKNOWN, never OK with 0, and says what to type", () => {
  const result = evaluate(facts([process({ fds: undefined, denied: { owner: "gearman" } })]), rules);
  assert.equal(result.status, Status.UNKNOWN);
  assert.match(result.text, /no right to count .* try: sudo -u gearman check_gearman_fd_leak$/);
  assert.doesNotMatch(first(result), /_fds/);
});

test("what is known is judged beside what is not", () => {
  const unknown = process({ pid: 1, fds: undefined, denied: { owner: "root" } });
  assert.equal(evaluate(facts([unknown, process()]), rules).status, Status.OK);
  assert.equal(evaluate(facts([unknown, process({ fds: 950 })]), rules).status, Status.CRITICAL);
  assert.equal(evaluate(facts([process({ fds: undefined, sockets: sockets(201) })]), rules).status, Status.CRITICAL);
});

test("CLOSE_WAIT alerts above its thresholds, and a number for a whole user says so", () => {
  assert.equal(evaluate(facts([process({ sockets: sockets(50) })]), rules).status, Status.OK);
  assert.equal(evaluate(facts([process({ sockets: sockets(51) })]), rules).status, Status.WARNING);
  const user = evaluate(
    facts([process({ sockets: sockets(201, { of: "user", peers: [["192.0.2.7", 150]] }) })]),
    rules,
  );
  assert.equal(user.status, Status.CRITICAL);
  assert.equal(
    user.text,
    "user gearman has 201 sockets in CLOSE_WAIT on the Gearman port, most of its sockets lead to 192.0.2.7",
  );
});

test("growth and the time left alert by themselves", () => {
  const trend = growing(300);
  const growth = { ...rules, growth: { warning: parseGrowth("60"), critical: parseGrowth("600") } };
  const result = evaluate(facts([process({ trend })]), growth);
  assert.equal(result.status, Status.WARNING);
  assert.equal(result.text, "gearmand (pid 12) gains 300 descriptors an hour, +290 in 58 min, limit in 3 h 12 min");
  assert.match(first(result), /'gearmand_growth'=300;~:60;~:600 /);
  const eta = { ...rules, eta: { warning: parseEta("6h"), critical: parseEta("45m") } };
  assert.equal(evaluate(facts([process({ trend })]), eta).status, Status.WARNING);
  assert.equal(evaluate(facts([process({ trend: growing(3000) })]), eta).status, Status.CRITICAL);
  assert.equal(evaluate(facts([process({ trend: growing(-3000) })]), eta).status, Status.OK);
});

test("growth that is not judged is said, and what is known of it", () => {
  const growth = { ...rules, growth: { ...off, critical: parseGrowth("1") } };
  const early = { samples: 3, span: 120, age: 120, slope: undefined, perHour: undefined };
  const result = evaluate(facts([process({ trend: { ...growing(0), fds: early } })]), growth);
  assert.equal(result.status, Status.OK);
  assert.match(result.text, /descriptors \(4%\), growth not judged yet$/);
  assert.match(report("x", result, 0), /^Growth is judged from 1 h and 5 samples on: 2 min and 3 so far$/m);
  const later = { samples: 10, span: 1200, age: 1200, slope: 60, perHour: undefined };
  const half = facts([process({ trend: { ...growing(0), fds: later } })]);
  assert.match(evaluate(half, growth).text, /, \+20 in 20 min, limit in 16 h, growth not judged yet$/);
  assert.doesNotMatch(first(evaluate(half, growth)), /_growth'/);
  assert.match(evaluate(half, rules).text, /, \+20 in 20 min, limit in 16 h$/);
  assert.match(evaluate(facts([process()]), rules).text, /, growth not judged$/);
});

test("the time left is judged before the window is full", () => {
  const soon = { samples: 10, span: 1200, age: 1200, slope: 600, perHour: undefined };
  const result = evaluate(facts([process({ trend: { ...growing(0), fds: soon } })]), {
    ...rules,
    eta: { warning: parseEta("6h"), critical: parseEta("1h") },
  });
  assert.equal(result.status, Status.WARNING);
  assert.equal(result.text, "gearmand (pid 12) reaches its limit of 1000 descriptors in 1 h 36 min");
});

test("growth from day to day is said to be that", () => {
  const trend = { ...growing(0), fds: { samples: 58, span: 3480, age: 90_000, slope: -30, perHour: 10 } };
  const growth = { ...rules, growth: { warning: parseGrowth("5"), critical: undefined } };
  assert.equal(
    evaluate(facts([process({ trend })]), growth).text,
    "gearmand (pid 12) gains 10 descriptors an hour compared with the day before, -29 in 58 min, limit in 4 d",
  );
});

test("a threshold that was given and is not judged is UNKNOWN, or what was chosen for it", () => {
  const unseen = facts([process({ rss: 1000 })]);
  assert.equal(evaluate(unseen, rules).status, Status.OK);
  const given = asking(["closeWaitCritical", "socketsWarning"]);
  const result = evaluate(unseen, given);
  assert.equal(result.status, Status.UNKNOWN);
  const why = "the sockets of gearmand (pid 12) cannot be seen";
  assert.equal(result.text, `--sockets-warning, --close-wait-critical cannot be judged: ${why}`);
  assert.match(evaluate(unseen, { ...given, kinds: 0 }).text, /cannot be judged: --kinds none looks at no socket$/);
  const chosen = { ...given, asked: { ...given.asked, unjudged: Status.OK } };
  assert.equal(evaluate(unseen, chosen).status, Status.OK);
  assert.match(report("x", evaluate(unseen, chosen), 1), /^OK - --sockets-warning, .* cannot be judged/m);
  assert.equal(evaluate(facts([process({ rss: 1000, sockets: sockets(0) })]), given).status, Status.OK);
  const memory = evaluate(facts([process()]), asking(["rssGrowthWarning"]));
  assert.equal(memory.text, "--rss-growth-warning cannot be judged: the memory of gearmand (pid 12) is not known");
  const timeOver = new CheckError(Status.WARNING, "no verdict within 10 s");
  assert.equal(evaluate(facts([process()], { timeOver }), given).status, Status.WARNING);
});

test("growth that the workers explain counts only where workers have a limit", () => {
  const trend: Trends = { ...growing(200), unexplained: { ...growing(0).fds, perHour: 0 } };
  const growth = { ...rules, growth: { ...off, critical: parseGrowth("60") } };
  assert.equal(evaluate(facts([process({ trend })]), growth).status, Status.CRITICAL);
  const perWorker = { ...growth, perWorker: { ...off, critical: Range.parse("5") } };
  assert.equal(evaluate(facts([process({ trend })]), perWorker).status, Status.OK);
});

test("descriptors per worker are those of the job server that was asked", () => {
  const server = { server: "127.0.0.1:4730", workers: 10, connections: 12, idlePeers: [], local: true, pid: 12 };
  const perWorker = asking(["perWorkerCritical"], { perWorker: { ...off, critical: Range.parse("5") } });
  const result = evaluate(facts([process({ fds: 60 }), process({ pid: 13, innerPid: 13, fds: 900 })], { server }), {
    ...perWorker,
    fds: off,
  });
  assert.equal(result.status, Status.CRITICAL);
  assert.equal(result.text, "gearmand (pid 12, one of 2) has 6 descriptors per connected worker");
  const elsewhere = evaluate(facts([process()], { server: { ...server, local: false, pid: undefined } }), perWorker);
  assert.equal(elsewhere.status, Status.UNKNOWN);
  assert.match(
    elsewhere.text,
    /^--per-worker-critical cannot be judged: no process of this machine is known to be 127.0.0.1:4730$/,
  );
  for (const [inner, status] of [
    [[12], Status.CRITICAL],
    [[7], Status.UNKNOWN],
    [[12, 12], Status.UNKNOWN],
    [[7, 12], Status.CRITICAL],
  ] as const) {
    const processes = inner.map((innerPid, index) => process({ pid: 100 + index, innerPid, fds: 60 }));
    assert.equal(evaluate(facts(processes, { server }), perWorker).status, status, inner.join());
  }
  const idle = evaluate(facts([process({ fds: 60, idleFds: 30 })], { server }), perWorker);
  assert.equal(idle.status, Status.OK);
  assert.match(first(idle), /'gearmand_per_worker'=3;;5;0/);
  for (const workers of [0, 9]) {
    const few = evaluate(facts([process({ fds: 900 })], { server: { ...server, workers } }), perWorker);
    assert.deepEqual([few.status, /_per_worker/.test(first(few))], [Status.WARNING, false]);
    assert.match(report("x", few, 0), /^Descriptors per worker are not judged below 10 workers$/m);
  }
  const nowhere = evaluate(facts([], { server, groups: [] }), rules);
  assert.equal(nowhere.status, Status.UNKNOWN);
  assert.equal(nowhere.text, "no process of this machine is known to be 127.0.0.1:4730: name one (-C, --pid)");
});

test("a job server that does not answer is as bad as its failure, and the level is said all the same", () => {
  const server = new CheckError(Status.CRITICAL, "no complete answer from 127.0.0.1:4730 within 10 s");
  const result = evaluate(facts([process({ fds: 64, limit: 64 })], { server }), rules);
  assert.equal(result.status, Status.CRITICAL);
  assert.match(result.text, /has 64 of 64 descriptors \(100%\), growth not judged\. no complete answer/);
});

test("what time did not suffice for is no OK, and what is worse is said first", () => {
  const timeOver = new CheckError(Status.CRITICAL, "no verdict within 10 s");
  const result = evaluate(facts([process()], { timeOver }), rules);
  assert.equal(result.status, Status.CRITICAL);
  assert.equal(
    result.text,
    "no verdict within 10 s: not all descriptors and sockets were looked at," +
      " gearmand (pid 12) has 40 of 1000 descriptors (4%), growth not judged",
  );
  assert.match(first(result), /'gearmand_fds'=40/);
});

test("no process is CRITICAL, one that cannot be seen UNKNOWN", () => {
  assert.equal(evaluate(facts([]), rules).text, "no process gearmand is running");
  assert.equal(evaluate(facts([]), rules).status, Status.CRITICAL);
  assert.equal(evaluate(facts([], { hidden: true }), rules).status, Status.UNKNOWN);
  assert.equal(evaluate(facts([process()], { hidden: true }), rules).status, Status.OK);
  const forbidden = { ...rules, processes: Range.parse("0:0") };
  assert.equal(evaluate(facts([]), forbidden).status, Status.OK);
  assert.equal(evaluate(facts([], { hidden: true }), forbidden).status, Status.UNKNOWN);
  const two = { ...rules, processes: Range.parse("1:1") };
  assert.equal(evaluate(facts([process(), process({ pid: 13 })]), two).status, Status.CRITICAL);
  const many = facts(Array.from({ length: 29 }, (_, pid) => process({ pid })));
  for (const [range, words] of [
    ["1:1", "1"],
    ["30:", "30 or more"],
    ["3", "3 or fewer"],
    ["2:4", "2 to 4"],
    ["@29:30", "not 29 to 30"],
  ] as const) {
    const { text } = evaluate(many, { ...rules, processes: Range.parse(range) });
    assert.equal(text, `29 gearmand processes are running, expected ${words}`);
  }
  const one = evaluate(facts([process()]), { ...rules, processes: Range.parse("2:") });
  assert.equal(one.text, "1 gearmand process is running, expected 2 or more");
  const zombie = { groups: [{ ...group, zombies: 1 }] };
  assert.match(
    evaluate(facts([], zombie), rules).text,
    /^no process gearmand is running \(and 1 that ended and is a zombie\)$/,
  );
});

test("samples that cannot be kept matter where growth is to be judged", () => {
  const historyProblem = { text: "no samples kept: cannot create /x: EACCES", fatal: true };
  assert.equal(evaluate(facts([process()], { historyProblem }), rules).status, Status.OK);
  const growth = asking(["growthCritical"], { growth: { ...off, critical: parseGrowth("60") } });
  const unkept = evaluate(facts([process()], { historyProblem }), growth);
  assert.equal(unkept.status, Status.UNKNOWN);
  assert.equal(unkept.text, "--growth-critical cannot be judged: no samples kept: cannot create /x: EACCES");
  assert.equal(evaluate(facts([process({ fds: 999 })], { historyProblem }), growth).status, Status.CRITICAL);
  const anew = { text: "samples start anew: it is no JSON", fatal: false };
  assert.equal(evaluate(facts([process()], { historyProblem: anew }), growth).status, Status.OK);
});

test("each name is judged, and labelled, for itself", () => {
  const groups = [
    { ...group, processes: [process()] },
    { ...group, name: "mod_gearman_worker" },
  ];
  const result = evaluate(facts([], { groups }), rules);
  assert.equal(result.status, Status.CRITICAL);
  assert.equal(result.text, "no process mod_gearman_worker is running");
  assert.match(first(result), /'gearmand_fds'=40.*'mod_gearman_worker_processes'=0/);
});

test("restarts are counted and said, and alert", () => {
  const restarted = (restarts: number) =>
    evaluate(facts([], { groups: [{ ...group, processes: [process()], restarts, uptime: 7 }] }), rules);
  assert.match(restarted(0).text, /descriptors \(4%\), growth not judged$/);
  assert.match(restarted(1).text, /, growth not judged, restarted once in 1 h$/);
  assert.equal(restarted(3).status, Status.OK);
  assert.equal(restarted(4).status, Status.WARNING);
  assert.equal(restarted(4).text, "gearmand was restarted 4 times in 1 h");
  assert.match(first(restarted(4)), /'gearmand_restarts'=4;3;;0 'gearmand_uptime'=7s;;;0/);
  const unkept = evaluate(facts([process()]), asking(["restartsCritical"]));
  assert.equal(unkept.text, "--restarts-critical cannot be judged: no samples are kept");
});

test("growth that was asked for and is never judged is WARNING, and says why", () => {
  const growth = asking(["growthWarning"], { growth: { warning: parseGrowth("60"), critical: undefined } });
  const waiting = (seconds: number, runs: number, uptime: number, samples: number, given = growth) => {
    const trend = { ...growing(0), fds: { samples, span: 60, age: 60, slope: undefined, perHour: undefined } };
    const groups = [{ ...group, processes: [process({ trend })], restarts: 0, uptime }];
    const { status, text } = evaluate(facts([], { groups, unjudged: { seconds, runs, path: "/s/x.json" } }), given);
    return [status, text] as const;
  };
  assert.equal(waiting(7200, 24, 9000, 4)[0], Status.OK);
  assert.equal(waiting(7300, 24, 9000, 4, rules)[0], Status.OK);
  assert.deepEqual(waiting(7300, 24, 600, 4), [
    Status.WARNING,
    "growth has not been judged for 2 h 2 min: the process has run for 10 min, the window is 1 h",
  ]);
  assert.match(
    waiting(7300, 24, 9000, 1)[1],
    /: of 24 runs 1 are left in \/s\/x.json: another check writes it, or something removes it$/,
  );
  assert.equal(waiting(7300, 3, 9000, 3)[0], Status.OK);
  assert.match(waiting(19_000, 4, 19_000, 4)[1], /: the check runs too seldom for a window of 1 h$/);
});

test("a process that is stopped, or waits for a disk, is WARNING", () => {
  for (const [state, words] of [
    ["T", "is stopped (state T): kill -CONT lets it go on"],
    ["t", "is stopped by a debugger (state t)"],
    ["D", "waits for a disk or a file system that does not answer (state D)"],
  ] as const) {
    const result = evaluate(facts([process({ state })]), rules);
    assert.deepEqual([result.status, result.text], [Status.WARNING, `gearmand (pid 12) ${words}`]);
  }
  assert.equal(evaluate(facts([process({ state: "R" })]), rules).status, Status.OK);
});
