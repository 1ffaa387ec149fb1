// What a real ActiveMQ cannot be made to answer, and Artemis, which was not there to be run.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, type TestContext, test } from "node:test";

import { own } from "#test/servers/misbehaving.ts";

import { artemisQueue, classicQueue, fakeJolokia } from "./fake-jolokia.ts";
import { asking } from "./verdict.ts";

const { check, verdict } = asking({ after });

const saying = async (t: TestContext, body: string, status = 200, headers: Readonly<Record<string, string>> = {}) => {
  const server = createServer((_request, response) => response.writeHead(status, headers).end(body));
  return `http://${(await own(t, server)).address}/api/jolokia/`;
};

const fine = "OK - Queue results: 0 ready, 0 unacknowledged, 1 consumers";

test("one request for the broker and all queues; one more where a queue that is named is not found", async (t) => {
  const fake = await fakeJolokia(t, "classic", classicQueue("results", 0, 1), classicQueue("b", 0, 0));
  assert.equal(await verdict("-H", fake.url), "OK - 2 queues: 0 ready, 0 unacknowledged, 1 consumers");
  assert.equal(fake.requests, 1);
  assert.equal(await verdict("-H", fake.url, "-q", "results"), fine);
  assert.equal(fake.requests, 2);
  assert.equal(await verdict("-H", fake.url, "-q", "nosuch"), "CRITICAL - Queue nosuch not found in broker one");
  assert.equal(fake.requests, 4);
});

test("an answer that is not whole, or not what was asked for, is no answer", async (t) => {
  const fake = await fakeJolokia(t, "classic", classicQueue("results", 0, 1));
  const strange = /^UNKNOWN - BROKER does not answer as Jolokia does, but with text\/plain,charset=utf-8: '.*'$/;
  const [BROKER, QUEUES] = [0, 1];
  const change = (which: number, change: object) => (usual: readonly object[]) =>
    usual.with(which, { ...usual[which], ...change });
  const cases: readonly (readonly [string, (usual: readonly object[]) => unknown, RegExp])[] = [
    ["one answer too few", (usual) => usual.slice(1), strange],
    ["one too many", (usual) => [...usual, ...usual], strange],
    ["no list", () => ({ status: 200, value: {} }), strange],
    ["nothing", () => null, strange],
    ["nothing in place of queues", change(QUEUES, { value: null }), strange],
    ["a list in place of queues", change(QUEUES, { value: ["results"] }), strange],
    ["a text in place of a queue", change(QUEUES, { value: { results: "ERROR: gone" } }), strange],
    ["no status", change(QUEUES, { status: undefined }), strange],
    ["a number in place of a part", (usual) => usual.with(QUEUES, 7 as unknown as object), strange],
    [
      "refused as a whole",
      () => ({
        status: 403,
        error_type: "java.lang.Exception",
        error: "java.lang.Exception : Origin null is not allowed to call this agent",
      }),
      /^UNKNOWN - Jolokia at BROKER refuses \(status 403\): Origin null is not allowed to call this agent: allow http:\/\/localhost in its jolokia-access.xml$/,
    ],
    [
      "queues may not be read",
      change(QUEUES, { status: 403, error: "java.lang.Exception : Reading attribute Name is forbidden for MBean x|y" }),
      /^UNKNOWN - Jolokia at BROKER refuses \(status 403\): Reading attribute Name is forbidden for MBean x\/y$/,
    ],
    [
      "the broker has no memory left",
      change(BROKER, { status: 500, error: "java.lang.OutOfMemoryError : Java heap space" }),
      /^CRITICAL - Jolokia at BROKER fails \(status 500\): Java heap space$/,
    ],
    [
      "another error that is called 404",
      change(QUEUES, {
        status: 404,
        error_type: "javax.management.AttributeNotFoundException",
        error: "no such attribute",
      }),
      /^UNKNOWN - Jolokia at BROKER fails \(status 404\): no such attribute$/,
    ],
  ];
  for (const [what, answer, text] of cases) {
    fake.answer = answer;
    assert.match(await verdict("-H", fake.url), text, what);
  }
  fake.answer = undefined;
  assert.equal(await verdict("-H", fake.url), fine);
});

test("counts that are absent are not 0, and counts that are no numbers are named", async (t) => {
  const fake = await fakeJolokia(t, "classic");
  const absent = "UNKNOWN - Queue results has no counts: the broker could not tell them";
  for (const missing of [
    undefined,
    null,
    "ERROR: java.lang.NullPointerException (class javax.management.RuntimeMBeanException)",
  ]) {
    fake.queues = [classicQueue("results", 0, 1, { QueueSize: missing })];
    assert.equal(await verdict("-H", fake.url), absent);
  }
  for (const wrong of ["3", -1, 1.5, [3], 1e300, true]) {
    fake.queues = [classicQueue("results", 0, 1, { QueueSize: wrong })];
    assert.equal(
      await verdict("-H", fake.url),
      "UNKNOWN - BROKER answers with a queue whose QueueSize is no count: 'results'",
    );
  }
  for (const Name of [undefined, 7, "ERROR: gone"]) {
    fake.queues = [classicQueue("results", 0, 1, { Name })];
    assert.equal(await verdict("-H", fake.url), "UNKNOWN - BROKER answers with a queue whose Name is no text");
  }
  // read one after the other: messages were taken meanwhile
  fake.queues = [classicQueue("results", 3, 1, { InFlightCount: 5 })];
  assert.equal(await verdict("-H", fake.url), "OK - Queue results: 0 ready, 5 unacknowledged, 1 consumers");
  fake.broker = {
    ...fake.broker,
    MemoryPercentUsage: "101",
    StorePercentUsage: -1,
    TempPercentUsage: 1e300,
    UptimeMillis: "x",
  };
  assert.equal(await verdict("-H", fake.url), "OK - Queue results: 0 ready, 5 unacknowledged, 1 consumers");
});

test("a queue that is there twice, and a broker that is, are no answer", async (t) => {
  const queue = classicQueue("results", 0, 1);
  const fake = await fakeJolokia(t, "classic", queue);
  fake.answer = (usual) => usual.with(1, { status: 200, value: { a: queue, b: classicQueue("results", 9, 0) } });
  assert.equal(await verdict("-H", fake.url), "UNKNOWN - BROKER lists queue results twice");
  fake.answer = (usual) =>
    usual.with(0, { status: 200, value: { a: fake.broker, b: { ...fake.broker, BrokerName: "two" } } });
  assert.equal(await verdict("-H", fake.url), "UNKNOWN - BROKER has 2 brokers, where one is expected: one, two");
});

test("a list of attributes that is cut off is no answer, and a broker without JMX is none", async (t) => {
  const fake = await fakeJolokia(t, "classic", classicQueue("results", 0, 1));
  const limited = { status: 200, value: { agent: "1.7.1", config: { maxCollectionSize: "5" } } };
  fake.answer = (usual) => usual.with(2, limited);
  assert.equal(
    await verdict("-H", fake.url),
    "UNKNOWN - Jolokia at BROKER lists no more than 5 (its maxCollectionSize): queues may be missing",
  );
  const none = { status: 404, error_type: "javax.management.InstanceNotFoundException", error: "none" };
  fake.answer = (usual) => [none, none, ...usual.slice(2)];
  assert.equal(
    await verdict("-H", fake.url),
    "UNKNOWN - BROKER is not ActiveMQ: there is no broker in its Jolokia (useJmx may be off)",
  );
  assert.equal(
    await verdict("-H", await saying(t, "", 403)),
    "UNKNOWN - BROKER refuses (HTTP status 403): give user and password by --auth-file",
  );
});

test("what is not Jolokia, or has no broker, is UNKNOWN, in one line", async (t) => {
  const html = { "content-type": "text/html" };
  assert.equal(
    await verdict("-H", await saying(t, "<h1>Log in|please</h1>", 200, html)),
    "UNKNOWN - BROKER does not answer as Jolokia does, but with text/html: '<h1>Log in/please</h1>'",
  );
  assert.equal(
    await verdict("-H", await saying(t, '[{"status":200,"value":{"a', 200, html)),
    `UNKNOWN - BROKER does not answer as Jolokia does, but with text/html: '[{"status":200,"value":{"a'`,
  );
  assert.equal(
    await verdict("-H", await saying(t, "", 302, { location: "/admin/login.html" })),
    "UNKNOWN - BROKER redirects to /admin/login.html, which is not followed: give -H the address itself",
  );
  assert.equal(await verdict("-H", await saying(t, "", 503)), "CRITICAL - BROKER answers with HTTP status 503");
  const nested = "[".repeat(20_000_000);
  assert.match(
    await verdict("-t", "60", "-H", await saying(t, nested)),
    /^UNKNOWN - BROKER does not answer as Jolokia does, but with no type: '\[+\.\.\.'$/,
  );
  const { url, ...fake } = await fakeJolokia(t, "classic");
  assert.equal(fake.queues.length, 0);
  assert.equal(await verdict("-H", url), "UNKNOWN - no queue left to check: broker one has no queue");
});

test("Artemis is found behind the same kind of address, with what it alone tells", async (t) => {
  const fake = await fakeJolokia(
    t,
    "artemis",
    artemisQueue("results", 5, 1, { DeliveringCount: 2, FirstMessageAge: 120_000 }),
    artemisQueue("DLQ", 3, 0, { FirstMessageAge: 30_000 }),
    artemisQueue("6fa1c3f0-reply", 4, 0, { Temporary: true }),
    artemisQueue("$.artemis.internal.sf", 4, 0, { InternalQueue: true }),
  );
  const { stdout } = await check("-H", fake.url, "--oldest-warning", "60");
  assert.equal(
    stdout,
    "check_broker_queue WARNING - Queue results has a message that is 2 min old | " +
      "'DLQ_ready'=3;;;0 'DLQ_unacknowledged'=0;;;0 'DLQ_consumers'=0;;;0 'DLQ_oldest'=30s;60;;0 " +
      "'results_ready'=3;;;0 'results_unacknowledged'=2;;;0 'results_consumers'=1;;1:;0 'results_oldest'=120s;60;;0 " +
      "'dead_letters'=3;;;0 'memory'=2%;;;0 'store'=50%;;;0\n",
  );
  fake.broker = { ...fake.broker, DiskStoreUsage: 0.91 };
  assert.equal(await verdict("-H", fake.url, "-q", "results"), "CRITICAL - disk alarm on one: publishers are blocked");
  fake.broker = { ...fake.broker, DiskStoreUsage: 0.99, MaxDiskUsage: -1 };
  assert.match(await verdict("-H", fake.url, "-q", "results"), /^OK /);
  fake.broker = { Name: "one", Backup: true };
  assert.match(await verdict("-H", fake.url), /^UNKNOWN - BROKER is a standby, or still starts: /);
});
