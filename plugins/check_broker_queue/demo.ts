import type { Stage } from "#demo/stage.ts";
import { refused } from "#test/servers/misbehaving.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";

import { aged } from "./test/aged.ts";
import { classicQueue, fakeJolokia } from "./test/fake-jolokia.ts";
import { fakeManagement, row } from "./test/fake-management.ts";
import { build, fakeMetrics, lines } from "./test/fake-metrics.ts";

/** Shows check_broker_queue in its states, at embedded stand-ins of RabbitMQ's management API and of Jolokia. */
export default async function demo(stage: Stage): Promise<void> {
  const state = temporaryFolder(stage);
  const run = (...args: readonly string[]) => stage.run("check_broker_queue", "--state-dir", state, ...args);
  const broker = await fakeManagement(stage, row("results", 2, 1), row("replies", 0, 1));
  const check = (...args: readonly string[]) => run("-H", broker.url, ...args);

  stage.say("Queues with their consumers; the broker is an embedded stand-in");
  await check();
  stage.say("The receiver is gone, and messages wait for it; asked again for a second before it says so");
  broker.queues = [row("results", 1200, 0), row("replies", 0, 1)];
  await check("--confirm", "1");
  stage.say("A classic queue whose node is dead, and a quorum queue without a majority");
  broker.queues = [
    { name: "results", state: "down", node: "rabbit@two" },
    row("replies", 0, 1, { members: ["rabbit@one", "rabbit@two"], online: ["rabbit@one"] }),
  ];
  await check();
  stage.say("A consumer is there and hangs: the queue has grown since an earlier run, and nothing was acknowledged");
  const counted = (ready: number, publish: number) =>
    row("results", ready, 1, { message_stats: { publish, deliver_get: 100, ack: 80 } });
  broker.queues = [counted(20, 100)];
  const growing = temporaryFolder(stage);
  await stage.quietly("check_broker_queue", "-H", broker.url, "--state-dir", growing);
  await aged(growing, 1500);
  broker.queues = [counted(420, 500)];
  await check("--state-dir", growing, "--drain-critical", "3600");
  stage.say("The management counts nothing: its Prometheus endpoint does");
  broker.queues = [{ name: "results", state: "running", node: "rabbit@one" }];
  broker.overview = { disable_stats: true };
  const metrics = await fakeMetrics(stage, build("3.10.8") + lines("results", 1200, 0));
  await check("-H", metrics.url, "--confirm", "1");
  broker.overview = {};
  stage.say("Every queue looks well, and the broker takes nothing");
  broker.queues = [row("results", 0, 1)];
  broker.alarms = [{ node: "rabbit@one", resource: "memory" }];
  await check();
  stage.say("A standby that refuses, and the node that answers");
  broker.alarms = [];
  await run("-H", (await refused()).address, "-H", broker.url);

  const activemq = await fakeJolokia(stage, "classic", classicQueue("results", 3, 1, { InFlightCount: 2 }));
  const ask = (...args: readonly string[]) => run("-H", activemq.url, ...args);
  stage.say("ActiveMQ, by Jolokia: what is in flight is unacknowledged");
  await ask();
  stage.say("Somebody paused the queue, and dead letters lie about");
  activemq.queues = [
    classicQueue("results", 12, 1, { Paused: true }),
    classicQueue("ActiveMQ.DLQ", 2, 0, { DLQ: true }),
  ];
  await ask("--dead-letters-warning", "0");
  stage.say("Its store is full, and it takes nothing");
  activemq.queues = [classicQueue("results", 0, 1)];
  activemq.broker = { ...activemq.broker, StorePercentUsage: 100 };
  await ask();
  stage.say("The standby of two brokers, and the one that is active");
  const standby = await fakeJolokia(stage, "classic");
  standby.broker = { BrokerName: "two", Slave: true };
  activemq.broker = { ...activemq.broker, StorePercentUsage: 1 };
  await run("-H", standby.url, "-H", activemq.url);
}
