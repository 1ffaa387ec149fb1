// On a real RabbitMQ whose management counts nothing: its Prometheus endpoint does.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { addressOf } from "#test/servers/address.ts";
import { type Rabbitmq, startRabbitmq } from "#test/servers/rabbitmq.ts";
import { runPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";
import { until } from "#test/support/until.ts";

import { loneHost, relay } from "./lone-host.ts";

const real = needs("rabbitmq-server");
const broker = real.skip === false ? await startRabbitmq({ after }, { withoutStatistics: true }) : ({} as Rabbitmq);
const state = temporaryFolder({ after });

const STRANGE_NAME = 'it\'s "ü"\\n{x="1"} 2';

/** State, text and the first line's perfdata. */
async function check(...args: readonly string[]): Promise<string> {
  const all = ["--auth-env", "LOGIN", "--state-dir", state, "-t", "60", ...args];
  const { stdout } = await runPlugin("check_broker_queue", all, { env: { LOGIN: "admin:secret" } });
  return stdout.replace("check_broker_queue ", "");
}

const metrics = () => `http://${broker.prometheus.address}`;

if (real.skip === false) {
  for (const [name, messages] of Object.entries({ some: 3, none: 0, [STRANGE_NAME]: 1 })) {
    await broker.api(`queues/%2f/${encodeURIComponent(name)}`, { durable: true });
    await broker.publish(name, messages);
  }
  await broker.api("queues/%2f/quorum", { durable: true, arguments: { "x-queue-type": "quorum" } });
  let said = "";
  // a publish shows after seconds
  await until(
    async () => {
      said = await check("-H", metrics(), "--confirm", "0");
      return said.includes("'some_ready'=3;") && /_ready'=1;/.test(said) && said.includes("'quorum_ready'=0;");
    },
    () => `counts in place of ${said}`,
    200,
  );
}

test("the Prometheus endpoint tells counts, alarms, memory and store", real, async () => {
  const stdout = await check("-H", metrics(), "--confirm", "0", "--exclude", "quorum");
  assert.match(
    stdout,
    /^CRITICAL - Queue some has 0 consumers and holds 3 messages\. Queue it's "ü"\\n\{x="1"\} 2 has 0 consumers and holds 1 message\. \| /,
  );
  assert.match(stdout, / 'some_ready'=3;;;0 'some_unacknowledged'=0;;;0 'some_consumers'=0;;1:;0 /);
  assert.match(stdout, / 'memory'=[\d.]+%;;;0 'store'=[\d.]+%;;;0\n$/);
  const written = ["-H", `${metrics()}/metrics`, "-q", "none"];
  assert.match(await check(...written), /^OK - Queue none: 0 ready, 0 unacknowledged, 0 consumers \| /);
  assert.match(await check("--type", "rabbitmq-metrics", ...written), /^OK - Queue none: /);
  assert.match(
    await check("--type", "rabbitmq", "-H", metrics(), "-q", "none"),
    /^UNKNOWN - \S+ is not RabbitMQ's management API: it answers with HTTP status 404\n$/,
  );
  assert.match(
    await check("--type", "rabbitmq-metrics", "-H", broker.url),
    /^UNKNOWN - \S+ is not RabbitMQ's Prometheus endpoint: it answers with HTTP status 406\n$/,
  );
  assert.match(
    await check("-H", metrics(), "-q", "gone"),
    /^CRITICAL - Queue gone not found in vhost \/ on node rabbit@localhost \| /,
  );
});

test("a vhost without a queue there is named, since one that is not there looks the same", real, async () => {
  assert.match(
    await check("-H", metrics(), "--vhost", "nosuch", "-q", "some"),
    /^UNKNOWN - \S+ tells of no queue in vhost nosuch: there is no such vhost, or none of its queues lives on this node\n$/,
  );
});

test("what the management does not count, the Prometheus endpoint does: given, or beside it", real, async () => {
  const some = "CRITICAL - Queue some has 0 consumers and holds 3 messages | 'some_ready'=3;;;0 ";
  const two = ["-H", broker.url, "-H", `${metrics()}/metrics`];
  const given = await check(...two, "-q", "some", "--confirm", "0");
  assert.ok(given.startsWith(some), given);
  assert.match(given, / 'memory'=[\d.]+%;;;0 'store'=/);
  assert.match(await check(...two, "-q", "quorum"), /^OK - Queue quorum: 0 ready, 0 unacknowledged, 0 consumers \| /);

  const host = loneHost();
  await relay({ after }, host, 15672, addressOf("127.0.0.1", Number(new URL(broker.url).port)));
  const alone = await check("-H", host, "-q", "some");
  assert.ok(
    alone.startsWith(
      "UNKNOWN - Queue some has no counts: the broker's management statistics are off, " +
        `and the Prometheus endpoint does not help: failed to connect to address ${host} and port 15692: Connection refused`,
    ),
    alone,
  );
  await relay({ after }, host, 15692, broker.prometheus);
  const beside = await check("-H", host, "-q", "some", "--confirm", "0");
  assert.ok(beside.startsWith(some), beside);
});

// the alarm stays
test("an alarm of the node is CRITICAL", real, async () => {
  assert.match(await check("-H", metrics(), "-q", "none"), /^OK - /);
  await broker.control("set_vm_memory_high_watermark", "0.00001");
  let said = "";
  await until(
    async () => {
      said = await check("-H", metrics(), "-q", "none");
      return said.startsWith("CRITICAL - memory alarm on rabbit@localhost: publishers are blocked | ");
    },
    () => `an alarm in place of ${said}`,
    200,
  );
});
