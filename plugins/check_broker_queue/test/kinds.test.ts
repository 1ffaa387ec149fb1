// Queues and brokers whose counts mean something else, as RabbitMQ 3.10.8 tells them.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { aged } from "./aged.ts";
import { fakeManagement, row } from "./fake-management.ts";
import { asking, said } from "./verdict.ts";

const { folder, check, verdict } = asking({ after });

test("a stream keeps its messages, and its readers are not all counted: it needs no consumer", async (t) => {
  const { url } = await fakeManagement(t, row("log", 7, 0, { type: "stream" }), row("work", 0, 1));
  assert.equal(await verdict("-H", url), "OK - 2 queues: 7 ready, 0 unacknowledged, 1 consumers");
  assert.equal(
    await verdict("-H", url, "--consumers-critical", "1:"),
    "CRITICAL - Queue log has 0 consumers and holds 7 messages",
  );
});

test("without rates nothing passes that is counted, and so nothing stands still", async (t) => {
  const fake = await fakeManagement(t, row("results", 5, 1));
  fake.overview = { disable_stats: false, rates_mode: "none", message_stats: {} };
  await check("-H", fake.url);
  await aged(folder, 600);
  fake.queues = [row("results", 50, 1)];
  const again = await check("-H", fake.url);
  assert.equal(said(again), "OK - Queue results: 50 ready, 0 unacknowledged, 1 consumers");
  assert.match(again.stdout, / 'results_growth'=2\d\d 'memory'=12%;;;0 'store'=1%;;;0\n$/);
  assert.equal(
    await verdict("-H", fake.url, "--ack-warning", "1:", "--unroutable-warning", "0"),
    "UNKNOWN - --ack-warning, --unroutable-warning cannot be judged: the broker does not tell it",
  );
  // the same counts of a broker that counts, where nothing was told since it is 0
  fake.overview = { rates_mode: "basic", message_stats: {} };
  await aged(folder, 600);
  await check("-H", fake.url);
  await aged(folder, 600);
  fake.queues = [row("results", 500, 1)];
  assert.match(await verdict("-H", fake.url), /^WARNING - Queue results: no message was acknowledged for /);
});

test("a time stamp of milliseconds is one, too", async (t) => {
  const { url } = await fakeManagement(t, row("q", 1, 1, { head_message_timestamp: Date.now() - 7_300_000 }));
  assert.equal(
    await verdict("-H", url, "--oldest-warning", "60"),
    "WARNING - Queue q has a message that is 2 h 2 min old",
  );
});

test("a name that is a step in a path leads to no other queues", async (t) => {
  const fake = await fakeManagement(t, row("..", 3, 0), row(".", 2, 1));
  assert.equal(await verdict("-H", fake.url, "-q", ".."), "CRITICAL - Queue .. has 0 consumers and holds 3 messages");
  assert.match(await verdict("-H", fake.url, "-q", "."), /^OK - Queue \.: 2 ready, /);
  for (const vhost of [".", ".."]) {
    assert.equal(
      await verdict("-H", fake.url, "--vhost", vhost),
      `UNKNOWN - vhost ${vhost} has no address: ${vhost} is a step in a path`,
    );
  }
});

const lettersBy = (exchange: string, key?: string) => ({
  arguments: { "x-dead-letter-exchange": exchange, ...(key === undefined ? {} : { "x-dead-letter-routing-key": key }) },
});
const policyOf = (exchange: string, key?: string) => ({
  effective_policy_definition: {
    "dead-letter-exchange": exchange,
    ...(key === undefined ? {} : { "dead-letter-routing-key": key }),
  },
});
const bound = (source: string, destination: string, routing_key = "") => ({ source, destination, routing_key });

test("dead letters are found by the bindings of the exchange to which arguments or a policy send them", async (t) => {
  const graves = ["one", "two", "three", "four"].map((name, at) => row(name, 10 ** at, 1));
  const told = async (...queues: Parameters<typeof row>[3][]) => {
    fake.queues = [...graves, ...queues.map((more, at) => row(`work${at}`, 0, 1, more))];
    const { stdout } = await check("-H", fake.url);
    return Number(/ 'dead_letters'=(\d+);/.exec(stdout)?.[1]);
  };
  const fake = await fakeManagement(t);
  fake.bindings = [
    bound("fan", "one"),
    bound("direct", "two", "dead"),
    bound("direct", "work0", "work"),
    bound("topic", "three", "#"),
    bound("topic", "two", "*.x"),
    bound("other", "four"),
  ];
  assert.equal(await told(policyOf("", "four")), 1000);
  assert.equal(await told(policyOf("fan")), 1);
  assert.equal(await told(policyOf("fan", "any")), 1);
  assert.equal(await told(lettersBy("direct", "dead")), 10);
  assert.equal(await told(lettersBy("topic", "a.b")), 110);
  // of both the arguments are heard
  assert.equal(await told({ ...lettersBy("fan"), ...policyOf("other") }), 1);
  // messages keep their keys, so each binding may be meant
  assert.equal(await told(lettersBy("fan"), lettersBy("direct")), 11);
  assert.ok(Number.isNaN(await told(policyOf("nosuch"))));
  assert.ok(Number.isNaN(await told(policyOf(""))));

  fake.asked.splice(0);
  assert.equal(await told(...["fan", "other", "topic", "a", "b", "c", "d"].map((name) => policyOf(name))), 1111);
  assert.deepEqual(
    fake.asked.filter((path) => path.includes("bindings")),
    ["/api/bindings/%2F"],
  );
});
