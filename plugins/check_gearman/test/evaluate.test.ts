import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import { CheckError, parsePattern, Range, type Result, report, Status, statusName, worst } from "monitoring-plugins-ts";
import type { QueueStatus } from "monitoring-plugins-ts/gearman";
import { endpointLabel } from "monitoring-plugins-ts/net";
import { parseOutput } from "#test/support/perfdata.ts";
import { evaluate, type ServerFacts } from "../evaluate.ts";
import { answered, levels, queue, rules, SURE } from "./rules.ts";

const failed = (server: string, status: Status, message: string): ServerFacts => ({
  ...SURE,
  server,
  label: server.replace(":", "-"),
  answer: new CheckError(status, message),
});

const read = (result: Result) => parseOutput(report("check_gearman", result, 0));
const labelsOf = (result: Result) => read(result).perfdata.map(({ label }) => label);

test("all fine: numbers of all servers, and the versions there are", () => {
  const one = evaluate([answered("a:1", [queue("q", 2, 1, 1)])], rules());
  assert.equal(one.text, "1 job running and 2 jobs waiting. Version: 1.1.20");
  const two = evaluate([answered("a:1", [queue("q", 2)]), answered("b:1", [queue("q", 3)])], rules());
  assert.equal(two.text, "2 job servers, 0 jobs running and 5 jobs waiting. Version: 1.1.20");
});

test("labels are plain with one server, and carry it with several", () => {
  assert.deepEqual(labelsOf(evaluate([answered("a:1", [queue("q")])], rules())), [
    "q_waiting",
    "q_running",
    "q_worker",
  ]);
  assert.deepEqual(labelsOf(evaluate([answered("a:1", [queue("q")]), answered("b:1", [])], rules())), [
    ...["a-1_q_waiting", "a-1_q_running", "a-1_q_worker", "servers"],
  ]);
});

test("labels and their order do not depend on what is wrong", () => {
  const queues = (waiting: number, worker: number) => [queue("a", waiting, worker), queue("b", waiting, worker)];
  const labels = labelsOf(evaluate([answered("a:1", queues(0, 1))], rules()));
  assert.deepEqual(labelsOf(evaluate([answered("a:1", queues(500, 0))], rules())), labels);
});

test("a failure names its server, once", () => {
  const text = (message: string) => evaluate([failed("gm.example.com:4730", Status.CRITICAL, message)], rules()).text;
  assert.equal(text("gm.example.com:4730 closed the connection"), "gm.example.com:4730 closed the connection");
  assert.equal(text("cannot resolve gm.example.com: no"), "cannot resolve gm.example.com: no");
  assert.equal(text("TLS CA cannot be used"), "gm.example.com:4730: TLS CA cannot be used");
});

test("a server that failed counts as the failure says, unless the number of servers is judged", () => {
  const facts = [answered("a:1", []), failed("b:1", Status.UNKNOWN, "b:1 is not a gearmand")];
  assert.equal(evaluate(facts, rules()).status, Status.UNKNOWN);
  const judged = rules({ servers: { warning: Range.parse("2:"), critical: Range.parse("1:") } });
  const result = evaluate(facts, judged);
  assert.equal(result.status, Status.WARNING);
  assert.equal(result.text, "1 of 2 job servers answered");
  assert.deepEqual(read(result).long, ["no answer: b:1 is not a gearmand"]);
});

test("no server at all has the failures' states, whatever the ranges say", () => {
  const lax = rules({ servers: { warning: undefined, critical: Range.parse("0:") } });
  const facts = [failed("a:1", Status.UNKNOWN, "a:1 x"), failed("b:1", Status.CRITICAL, "b:1 y")];
  assert.equal(evaluate(facts, lax).status, Status.CRITICAL);
});

test("a server that ran out of time is told of where -t says that this is OK", () => {
  const late = failed("b:1", Status.OK, "no complete answer from b:1 within 1 s");
  const alone = evaluate([late], rules());
  assert.deepEqual([alone.status, alone.text], [Status.OK, "no complete answer from b:1 within 1 s"]);
  const both = evaluate([answered("a:1", [queue("q", 3)]), late], rules());
  assert.equal(both.text, "1 of 2 job servers, 0 jobs running and 3 jobs waiting. Version: 1.1.20");
  assert.deepEqual(read(both).long, ["no answer: no complete answer from b:1 within 1 s"]);
});

test("lines that are no queue, and names that are there twice", () => {
  const facts = (queues: readonly QueueStatus[], changes: object): ServerFacts => {
    const { answer, ...rest } = answered("a:1", queues);
    return { ...rest, answer: { ...(answer as object), ...changes } as ServerFacts["answer"] };
  };
  const odd = evaluate([facts([queue("a")], { oddLines: ["evil;|\n"], oddCount: 7 })], rules());
  assert.equal(odd.status, Status.UNKNOWN);
  assert.equal(read(odd).text, "check_gearman UNKNOWN - the answer has 7 lines that are no queue: 'evil,/?'");
  const twice = evaluate([facts([queue("a"), queue("a", 5)], { duplicates: ["a"] })], rules());
  assert.equal(twice.text, "the answer lists queue 'a' twice");
  assert.deepEqual(labelsOf(twice), ["a_waiting", "a_running", "a_worker"]);
});

test("uneven is about selected queues of servers that answered", () => {
  const facts = [
    answered("a:1", [queue("q"), queue("r", 0, 0)]),
    answered("b:1", [queue("q", 0, 0), queue("r", 0, 0)]),
  ];
  const uneven = (changes = {}) => evaluate(facts, rules({ uneven: Status.WARNING, ...changes }));
  assert.equal(uneven().text, "Queue q has workers on a:1 but none on b:1.");
  assert.equal(uneven({ selection: { queues: ["r"], include: [], exclude: [] } }).status, Status.OK);
  const gone = [answered("a:1", [queue("q")]), failed("b:1", Status.WARNING, "b:1 late")];
  assert.equal(evaluate(gone, rules({ uneven: Status.CRITICAL })).status, Status.WARNING);
});

test("totals are those of the selected queues", () => {
  const facts = [answered("a:1", [queue("a", 3, 2, 1), queue("b", 4, 5, 2)])];
  const result = evaluate(facts, rules({ perfdata: "totals", total: levels("7", "~:7") }));
  assert.equal(result.text, "7 jobs waiting in 2 queues.");
  const { perfdata } = read(result);
  assert.deepEqual(
    perfdata.map(({ label, value, warn, crit }) => [label, value, warn, crit]),
    [
      ["waiting", 7, "7", "~:7"],
      ["running", 3, undefined, undefined],
      ["worker", 7, undefined, undefined],
      ["queues", 2, undefined, undefined],
    ],
  );
});

/** Names near each other: what the mapping of labels uses itself, and what it has to map. */
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."ab_.-:25ef |'=\t\n\xff"), maxLength: 8 }),
  fc.constantFrom("b", "b-2_b", "2_b", "_b", "waiting"),
);
const host = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."ab_.-2"), minLength: 1, maxLength: 6 }),
  fc.constantFrom("::1", "1::", "1::1", "2001:db8::1", "a", "a-1_b", "a-1"),
);

test("no two queues of any servers share a label", () => {
  const server = fc.record({ host, port: fc.constantFrom(1, 2, 4730, 24730) });
  const pairs = fc.uniqueArray(fc.record({ server, queues: fc.uniqueArray(name, { maxLength: 5 }) }), {
    minLength: 1,
    maxLength: 4,
    selector: ({ server: { host, port } }) => `${host} ${port}`,
  });
  fc.assert(
    fc.property(pairs, (servers) => {
      const facts = servers.map(({ server, queues }): ServerFacts => {
        const { answer } = answered(
          "x:1",
          [...queues].sort().map((name) => queue(name)),
        );
        return { ...SURE, server: `${server.host}:${server.port}`, label: endpointLabel(server), answer };
      });
      const result = evaluate(facts, rules({ perfdata: "all", total: levels("1000") }));
      // parseOutput() refuses a label that is there twice; the count shows that none is lost
      const queues = servers.reduce((sum, { queues }) => sum + queues.length, 0);
      assert.equal(labelsOf(result).length, 3 * queues + 4 * servers.length + (servers.length > 1 ? 1 : 0));
      for (const label of labelsOf(result)) assert.match(label, /^[A-Za-z0-9_.-]+$/);
    }),
    { numRuns: 500 },
  );
});

const anyQueue = fc
  .tuple(fc.constantFrom("a", "b", "c", "check_results"), fc.nat(120), fc.nat(2), fc.nat(2))
  .map(([name, waiting, worker, running]): QueueStatus => queue(name, waiting, worker, running));
const anyServer = fc.oneof(
  fc.uniqueArray(anyQueue, { selector: ({ name }) => name }),
  fc.constantFrom(Status.WARNING, Status.CRITICAL, Status.UNKNOWN),
);
const anyRules = fc
  .record({
    missing: fc.constantFrom(...Object.values(Status)),
    orphans: fc.constantFrom(...Object.values(Status)),
    uneven: fc.constantFrom(...Object.values(Status)),
    zeroWorkerCritical: fc.boolean(),
    worker: fc.constantFrom(levels(), levels("1:"), levels("2", "~:1")),
    selection: fc.constantFrom(
      { queues: [], include: [], exclude: [] },
      { queues: ["a", "nope"], include: [], exclude: [] },
      { queues: [], include: [], exclude: [(name: string) => name === "a"] },
    ),
  })
  .map(rules);

const factsOf = (servers: readonly (readonly QueueStatus[] | Status)[]) =>
  servers.map((answer, i) =>
    typeof answer === "number" ? failed(`gm${i}:1`, answer, `gm${i} failed`) : answered(`gm${i}:1`, answer),
  );
const problems = (result: Result): string[] =>
  result.parts.length === 0 ? [`${result.status} ${result.text}`] : result.parts.flatMap(problems);

test("the verdict does not depend on the order of servers or queues", () => {
  fc.assert(
    fc.property(
      fc.array(anyServer, { minLength: 1, maxLength: 4 }),
      anyRules,
      fc.infiniteStream(fc.nat()),
      (servers, rules, random) => {
        const facts = factsOf(servers);
        const shuffle = <T>(items: readonly T[]) =>
          items
            .map((item) => ({ item, at: random.next().value ?? 0 }))
            .sort((a, b) => a.at - b.at)
            .map(({ item }) => item);
        const other = shuffle(facts).map((fact): ServerFacts => {
          const { answer } = fact;
          return answer instanceof CheckError
            ? fact
            : { ...fact, answer: { ...answer, queues: shuffle(answer.queues) } };
        });
        const [result, shuffled] = [evaluate(facts, rules), evaluate(other, rules)];
        assert.equal(shuffled.status, result.status);
        const uneven = (text: string) => text.replace(/ has workers on .*/, "");
        assert.deepEqual(problems(shuffled).map(uneven).sort(), problems(result).map(uneven).sort());
        assert.deepEqual(labelsOf(shuffled).sort(), labelsOf(result).sort());
      },
    ),
  );
});

test("the verdict is the worst of the servers' own", () => {
  fc.assert(
    fc.property(fc.array(anyServer, { minLength: 2, maxLength: 4 }), anyRules, (servers, changes) => {
      const even = { ...changes, uneven: Status.OK };
      const facts = factsOf(servers);
      const alone = facts.map((fact) => evaluate([fact], even).status);
      assert.equal(evaluate(facts, even).status, worst(alone));
    }),
  );
});

test("whatever the facts, the answer is well-formed", () => {
  fc.assert(
    fc.property(
      fc.array(anyServer, { minLength: 1, maxLength: 3 }),
      anyRules,
      fc.constantFrom(0, 1, 2),
      (servers, rules, verbosity) => {
        const { text } = parseOutput(report("check_gearman", evaluate(factsOf(servers), rules), verbosity));
        assert.ok(text.length < 500);
      },
    ),
  );
});

test("a queue that a filter leaves out is there all the same, and one named twice is missing once", () => {
  const exclude = [(name: string) => name === "b"];
  const there = [answered("a:1", [queue("a"), queue("b")])];
  const filtered = rules({ selection: { queues: ["a", "b"], include: [], exclude } });
  assert.equal(evaluate(there, filtered).status, Status.OK);
  const twice = rules({ selection: { queues: ["c", "c"], include: [], exclude: [] } });
  assert.equal(evaluate(there, twice).text, "Queue c not found");
});

test("a server without any queue has had no worker since its start, where workers are asked for", async () => {
  const state = (changes: Parameters<typeof rules>[0], ...queues: readonly QueueStatus[]) => {
    const { status, text } = evaluate([answered("gm:4730", queues)], rules(changes));
    return `${statusName(status)}: ${text}`;
  };
  const none = "CRITICAL: gm:4730 has no queue: no worker has come since it was started";
  const include = [await parsePattern("host")];
  assert.equal(state({ zeroWorkerCritical: true }), none);
  assert.equal(state({ worker: levels(undefined, "1:") }), none);
  assert.equal(state({ zeroWorkerCritical: true, selection: { queues: [], include, exclude: [] } }), none);
  assert.match(state({}), /^OK: /);
  assert.match(state({ selection: { queues: [], include, exclude: [] } }), /^UNKNOWN: .*leave out all 0$/);
  const probe = `check_x-6b01e2b0-${"0123456789abcdef".repeat(2)}`;
  assert.match(
    state({ zeroWorkerCritical: true, leftovers: levels() }, queue(probe, 0, 0)),
    /^CRITICAL: gm:4730 has no queue/,
  );
  const restarted = { ...answered("gm:4730", []), confirmation: { seconds: 5, unconfirmed: undefined } };
  assert.equal(
    evaluate([restarted], rules({ zeroWorkerCritical: true })).text,
    "gm:4730 has no queue for 5 s: no worker has come since it was started",
  );
});

test("queues left behind by probes are named, counted and judged", () => {
  const left = (n: number) => queue(`check_x-5b01e2b0-${"0".repeat(31)}${n}`, 2, 0);
  const many = [left(1), left(2), left(3), queue("service")];
  const result = evaluate([answered("gm:4730", many)], rules());
  assert.equal(
    `${statusName(result.status)}: ${result.text}`,
    `WARNING: 3 queues left behind by probes, with 6 jobs: ${left(1).name}, ${left(2).name} and 1 more. Drop them by gearadmin --drop-function NAME`,
  );
  assert.deepEqual(
    read(result).perfdata.filter(({ label }) => label === "leftovers"),
    [{ label: "leftovers", value: 3, uom: "", warn: "1", crit: undefined, min: 0, max: undefined }],
  );
  const off = evaluate([answered("gm:4730", many)], rules({ leftovers: levels() }));
  assert.deepEqual([off.status, labelsOf(off).includes("leftovers")], [Status.OK, true]);
  assert.equal(labelsOf(evaluate([answered("gm:4730", [queue("service")])], rules())).includes("leftovers"), false);
});
