import assert from "node:assert/strict";
import { test } from "node:test";

import { CheckError, readCommandLine, report, Status } from "monitoring-plugins-ts";
import { parseOutput } from "#test/support/perfdata.ts";
import { evaluate, type Rules } from "../evaluate.ts";
import type { ProbeFacts, QueueFacts, ServerFacts, Stray, TripFacts } from "../facts.ts";
import { quantities } from "../quantities.ts";

const RULES: Rules = {
  ...(await readCommandLine(quantities, [])),
  count: 1,
  expectCode: 0,
  expectText: undefined,
  echo: true,
  warnings: [],
  late: Status.CRITICAL,
  order: [],
};

const A = "192.0.2.1:4730";
const B = "192.0.2.2:4730";

const result = { server: A, code: 0, output: "TOKEN", source: "Mod-Gearman Worker @ host2" };

const trip = (facts: Partial<TripFacts> = {}): TripFacts => ({
  token: "TOKEN",
  stage: "ended",
  refusal: undefined,
  deaths: 0,
  time: 0.5,
  wait: 0.1,
  run: 0.3,
  return: 0.1,
  results: [result],
  ...facts,
});

const lost = (facts: Partial<TripFacts> = {}): TripFacts =>
  trip({ time: 9, wait: Number.NaN, run: Number.NaN, return: Number.NaN, results: [], ...facts });

const queue = (trips: readonly TripFacts[], facts: Partial<QueueFacts> = {}): QueueFacts => ({
  name: "service",
  counts: { worker: 3, waiting: 0 },
  withdrawn: 0,
  heldBackSeconds: 0,
  runningOnServer: 0,
  confirmedSeconds: 0,
  unconfirmedOf: undefined,
  trips,
  ...facts,
});

const server = (queues: readonly QueueFacts[], facts: Partial<ServerFacts> = {}): ServerFacts => ({
  server: A,
  label: "192.0.2.1-4730",
  failure: undefined,
  queues,
  ...facts,
});

const facts = (trips: readonly TripFacts[], strays: readonly Stray[] = []): ProbeFacts => ({
  servers: [server([queue(trips)])],
  resultServers: [],
  strays,
});

/** State and text. */
function said(facts: ProbeFacts, rules: Partial<Rules> = {}): string {
  const verdict = evaluate(facts, { ...RULES, ...rules });
  parseOutput(report("check_mod_gearman", verdict, 2));
  return `${Object.keys(Status)[verdict.status]} ${verdict.text}`;
}

const CASES: readonly [string, ProbeFacts, string][] = [
  ["back in time", facts([trip()]), "OK check job of queue service came back in 0.500 s"],
  [
    "waiting still",
    facts([lost({ stage: "waiting", wait: 9 })]),
    "CRITICAL Queue service: job not fetched in 9.000 s, 3 workers, no other job waiting: the workers hang",
  ],
  [
    "waiting behind others",
    {
      ...facts([]),
      servers: [server([queue([lost({ stage: "waiting" })], { counts: { worker: 1, waiting: 4 } })])],
    },
    "CRITICAL Queue service: job not fetched in 9.000 s, 1 worker, 4 jobs waiting",
  ],
  [
    "waiting alone while other queues are worked on",
    {
      ...facts([]),
      servers: [
        server([
          queue([lost({ stage: "waiting" })], { counts: { worker: 1, waiting: 1 }, runningOnServer: 2 }),
          queue([lost({ stage: "waiting" })], { name: "host", runningOnServer: 1 }),
        ]),
      ],
    },
    "CRITICAL Queue service: job not fetched in 9.000 s, 1 worker, 2 jobs running, no other job waiting: the worker is busy, or hangs. " +
      "Queue host: job not fetched in 9.000 s, 3 workers, 1 job running, no other job waiting: the workers are busy, or hang.",
  ],
  [
    "not even accepted",
    facts([lost({ stage: "unconfirmed" })]),
    "CRITICAL Queue service: the job server did not take the job in 9.000 s",
  ],
  [
    "died with twice",
    facts([lost({ stage: "waiting", deaths: 2 })]),
    "CRITICAL Queue service: worker died 2 times with the job, which nobody fetched again in 9.000 s, 3 workers, no other job waiting: the workers hang",
  ],
  [
    "fetched and silent",
    facts([lost({ stage: "fetched", wait: 1, deaths: 1 })]),
    "CRITICAL Queue service: job fetched, no result for 8.000 s: worker stuck, too slow or cut off, another one died with it",
  ],
  [
    "ended and silent",
    facts([lost()]),
    "CRITICAL Queue service: job fetched and ended, no result: the worker has another key, or sends results to another server, such as the one behind a Gearman-Proxy (--result-server)",
  ],
  [
    "slow",
    facts([trip({ time: 3 })]),
    "WARNING Queue service: result took 3.000 s (wait 0.100 s, run 0.300 s, return 0.100 s)",
  ],
  [
    "very slow, parts unknown",
    facts([trip({ time: 6, run: Number.NaN })]),
    "CRITICAL Queue service: result took 6.000 s",
  ],
  [
    "not fetched, and somebody else's result came: it is not the reason",
    facts([lost({ stage: "waiting" })], [{ server: A, kind: "unreadable" }]),
    "CRITICAL Queue service: job not fetched in 9.000 s, 3 workers, no other job waiting: the workers hang. " +
      `a result came over ${A} that cannot be decrypted: the key differs on the way back.`,
  ],
  [
    "fine, but another result came that nobody can read",
    facts([trip()], [{ server: A, kind: "unreadable" }]),
    `WARNING a result came over ${A} that cannot be decrypted: the key differs on the way back`,
  ],
  [
    "no code in the result",
    facts([trip({ results: [{ ...result, code: Number.NaN }] })]),
    "CRITICAL Queue service: return code missing instead of 0: 'TOKEN'",
  ],
  [
    "came twice, and only the first as it should",
    facts([trip({ results: [result, { ...result, code: 2 }] })]),
    "CRITICAL Queue service: return code 2 instead of 0: 'TOKEN'. Queue service: the result came twice.",
  ],
  [
    "came back, of a job that failed",
    facts([trip({ refusal: "the worker threw an exception: oops" })]),
    "WARNING Queue service: the worker sent its result, yet failed the job: the worker threw an exception: oops",
  ],
  [
    "came twice, over two servers",
    facts([trip({ results: [result, { ...result, server: B }] })]),
    `WARNING Queue service: the result came twice (over ${A} and ${B})`,
  ],
];

for (const [name, probe, text] of CASES) test(name, () => assert.equal(said(probe), text));

test("of several jobs all reasons are named, each once", () => {
  const trips = [trip(), lost(), lost(), lost({ stage: "fetched", wait: 1 })];
  assert.equal(
    said(facts(trips), { count: 4 }),
    "CRITICAL Queue service: 3 of 4 jobs lost: job fetched and ended, no result: the worker has another key, or sends " +
      "results to another server, such as the one behind a Gearman-Proxy (--result-server), job fetched, no result for 8.000 s: worker stuck, too slow or cut off",
  );
});

test("an unreadable result explains one lost job, of its own server if there is a choice", () => {
  const strays: readonly Stray[] = [
    { server: B, kind: "clear" },
    { server: A, kind: "unreadable" },
  ];
  const both = {
    servers: [server([queue([lost()])]), server([queue([lost()])], { server: B, label: "192.0.2.2-4730" })],
    resultServers: [],
    strays,
  };
  assert.equal(
    said(both),
    `CRITICAL ${A}: Queue service: a result came over ${A} that cannot be decrypted: the key differs on the way back. ` +
      `${B}: Queue service: a result came over ${B} without encryption.`,
  );
});

test("a copy that comes over a server for these is no second result", () => {
  const heard = { server: B, isExpected: true, failure: undefined };
  const copy = { ...result, server: B };
  const results = (...all: readonly (typeof result)[]) => ({
    ...facts([trip({ results: all })]),
    resultServers: [heard],
  });
  assert.equal(said(results(result, copy)), "OK check job of queue service came back in 0.500 s");
  assert.equal(said(results(copy)), "OK check job of queue service came back in 0.500 s");
  assert.equal(said(results(copy, copy)), "WARNING Queue service: the result came twice");
  assert.equal(
    said(results(result, copy, result)),
    `WARNING Queue service: the result came twice (over ${A} and ${B})`,
  );
  const notExpected = { ...results(result, copy), resultServers: [{ ...heard, isExpected: false }] };
  assert.equal(said(notExpected), `WARNING Queue service: the result came twice (over ${A} and ${B})`);
});

test("a timeout that is OK by the user's wish is not told as a job that came back", () => {
  const failure = new CheckError(Status.OK, `no complete answer from ${B} within 2 s (0 bytes received)`);
  const down = server([queue([])], { server: B, label: "192.0.2.2-4730", failure });
  assert.equal(said({ servers: [down], resultServers: [], strays: [] }), `OK ${failure.message}`);
  assert.equal(
    said({ servers: [server([queue([trip()])]), down], resultServers: [], strays: [] }),
    `OK ${failure.message}, check job of queue service came back in 0.500 s`,
  );
});

test("what many results have in common is said once", () => {
  const strays = Array.from({ length: 40 }, (): Stray => ({ server: A, kind: "unreadable" }));
  const text = `a result came over ${A} that cannot be decrypted: the key differs on the way back`;
  assert.equal(
    said(facts([lost(), lost()], strays), { count: 2 }),
    `CRITICAL Queue service: 2 of 2 jobs lost: ${text}. ${text}.`,
  );
});

test("a server that failed is named once, whatever the number of queues, and worse than a queue's trouble stays worse", () => {
  const failure = new CheckError(
    Status.CRITICAL,
    "failed to connect to address 192.0.2.2 and port 4730: Connection refused",
  );
  const queues = [queue([]), queue([], { name: "host" })];
  const probe = {
    servers: [
      server([queue([trip({ time: 3 })]), queue([trip()], { name: "host" })]),
      server(queues, { server: B, label: "192.0.2.2-4730", failure }),
    ],
    resultServers: [],
    strays: [],
  };
  assert.equal(
    said(probe),
    `CRITICAL ${failure.message}. ${A}: Queue service: result took 3.000 s (wait 0.100 s, run 0.300 s, return 0.100 s).`,
  );
});

test("perfdata: the slowest of the jobs that came back, and what is unknown is left out", () => {
  const perfdata = (probe: ProbeFacts, rules: Partial<Rules> = {}) =>
    parseOutput(report("check_mod_gearman", evaluate(probe, { ...RULES, ...rules }), 0)).firstLine.replace(/.*\| /, "");
  assert.equal(
    perfdata(facts([trip({ time: 0.4 }), trip(), lost()]), { count: 3 }),
    "'time'=0.5s;2;5;0 'wait'=0.1s;;;0 'run'=0.3s;;;0 'return'=0.1s;;;0 'results'=2;;;0;3 'lost'=1;;;0;3",
  );
  assert.equal(perfdata(facts([lost()])), "'results'=0;;;0;1 'lost'=1;;;0;1");
  assert.equal(
    perfdata({ servers: [server([queue([])])], resultServers: [], strays: [] }),
    "'results'=0;;;0;1 'lost'=1;;;0;1",
  );
});

test("the wait that alerts is the wait that is printed, also that of a job that was lost", async () => {
  const rules = { ...RULES, ...(await readCommandLine(quantities, ["--wait-warning", "1", "--wait-critical", "2"])) };
  const waits = facts([trip(), lost({ stage: "waiting", wait: 8, time: 8 })]);
  const { firstLine } = parseOutput(report("check_mod_gearman", evaluate(waits, { ...rules, count: 2 }), 0));
  assert.match(firstLine, /Queue service: job waited 8\.000 s for a worker/);
  assert.match(firstLine, / 'wait'=8s;1;2;0 /);
});

test("warnings about the key stand in the long output, whatever the state", () => {
  const text = report("check_mod_gearman", evaluate(facts([trip()]), { ...RULES, warnings: ["mind the key"] }), 0);
  assert.deepEqual(parseOutput(text).long, ["warning: mind the key"]);
});

test("what is only late has the state that -t names, what is broken has not", () => {
  const late = { late: Status.UNKNOWN };
  for (const stage of ["unconfirmed", "waiting", "fetched"] as const) {
    assert.match(said(facts([lost({ stage })]), late), /^UNKNOWN Queue service: /);
  }
  // who wants it to be OK is not told that the job came back
  const fine = said(facts([lost({ stage: "fetched" })]), { late: Status.OK });
  assert.equal(fine, "OK 0 of 1 check job came back in time");
  const broken = [lost({ stage: "ended" }), lost({ stage: "waiting", deaths: 1 }), lost({ refusal: "no" })];
  for (const trip of broken) assert.match(said(facts([trip]), late), /^CRITICAL Queue service: /);
  const gone = queue([lost({ stage: "waiting" })], { counts: { worker: 0, waiting: 1 } });
  assert.match(said({ ...facts([]), servers: [server([gone])] }, late), /^CRITICAL Queue service: .*no worker left/);
  assert.match(said(facts([lost({ stage: "fetched" }), lost({ stage: "ended" })]), late), /^CRITICAL /);
});
