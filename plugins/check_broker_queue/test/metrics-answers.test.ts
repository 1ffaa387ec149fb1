// What a real Prometheus endpoint of RabbitMQ cannot be made to answer, or only in another version.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { build, fakeMetrics, lines } from "./fake-metrics.ts";
import { asking } from "./verdict.ts";

const { verdict } = asking({ after });

test("names are read as the version writes them: escaped, or as they are", async (t) => {
  const fake = await fakeMetrics(t, build("3.12.11") + lines(String.raw`a\"b\\c`, 7, 0));
  assert.equal(
    await verdict("-H", fake.url, "-q", String.raw`a"b\c`),
    String.raw`CRITICAL - Queue a"b\c has 0 consumers and holds 7 messages`,
  );
  fake.queues = fake.queues.replace("3.12.11", "3.12.10");
  assert.equal(
    await verdict("-H", fake.url, "-q", String.raw`a\"b\\c`),
    String.raw`CRITICAL - Queue a\"b\\c has 0 consumers and holds 7 messages`,
  );
});

test("only queues of the vhost that was asked for count", async (t) => {
  const fake = await fakeMetrics(t, build("4.1.0") + lines("q", 1, 1) + lines("q", 5, 0, "other"));
  assert.equal(await verdict("-H", fake.url), "OK - Queue q: 1 ready, 0 unacknowledged, 1 consumers");
});

test("a family that is not known, a line that is none and a count that is none are named", async (t) => {
  const fake = await fakeMetrics(t, lines("q", 1, 1));
  const { queues } = fake;
  const cases: readonly (readonly [string, string])[] = [
    [
      queues.replace(/# TYPE rabbitmq_detailed_queue_consumers gauge\n/, ""),
      "UNKNOWN - BROKER knows no family queue_consumer_count: it takes RabbitMQ 3.9 or later",
    ],
    [
      queues.slice(0, -3),
      `UNKNOWN - BROKER answers with a line that is no metric: 'rabbitmq_detailed_queue_consumers{vhost="/",queue="q"}'`,
    ],
    [
      queues.slice(0, -1),
      `UNKNOWN - BROKER answers with a line that is no metric: 'rabbitmq_detailed_queue_consumers{vhost="/",queue="q"} 1'`,
    ],
    [
      queues + lines("q", "many", 1),
      `UNKNOWN - BROKER answers with a line that is no metric: 'rabbitmq_detailed_queue_messages_ready{vhost="/",queue="q...'`,
    ],
    ...["-1", "1.5", "1e300", "NaN", "+Inf"].map(
      (count) =>
        [
          queues + lines("odd", count, 1),
          "UNKNOWN - BROKER answers with a queue whose rabbitmq_detailed_queue_messages_ready is no count: 'odd'",
        ] as const,
    ),
    [
      "<h1>Hello</h1>",
      `UNKNOWN - BROKER is not RabbitMQ's Prometheus endpoint: it answers with text/plain; version=0.0.4, not its metrics: '<h1>Hello</h1>'`,
    ],
  ];
  for (const [answer, text] of cases) {
    fake.queues = answer;
    assert.equal(await verdict("--type", "rabbitmq-metrics", "-H", fake.url), text.replaceAll(";", ","));
  }
});

test("an answer that is packed is named: none was asked for", async (t) => {
  const fake = await fakeMetrics(t, lines("q", 1, 1));
  fake.headers = { "content-encoding": "gzip" };
  assert.equal(await verdict("-H", fake.url), "UNKNOWN - BROKER answers in an encoding that was not asked for: gzip");
});

test("alarms, memory, store and messages that no queue took are those of the node", async (t) => {
  const fake = await fakeMetrics(t, lines("q", 1, 1));
  fake.node += `rabbitmq_alarms_free_disk_space_watermark 1
rabbitmq_process_resident_memory_bytes 5.0e8
rabbitmq_resident_memory_limit_bytes 1000000000
rabbitmq_disk_space_available_bytes 40000000
rabbitmq_disk_space_available_limit_bytes 50000000
`;
  assert.equal(
    await verdict("-H", fake.url, "--store-warning", "90", "--memory-warning", "40"),
    "CRITICAL - disk alarm on rabbit@one: publishers are blocked. 50% of the memory is used on rabbit@one. 125% of the store is used on rabbit@one.",
  );
});
