import type { Stage } from "#demo/stage.ts";
import { refused } from "#test/servers/misbehaving.ts";

import { fakeManagement, row } from "./test/fake-management.ts";

/** Shows check_broker_queue in its states, at an embedded stand-in of RabbitMQ's management API. */
export default async function demo(stage: Stage): Promise<void> {
  const broker = await fakeManagement(stage, row("results", 2, 1), row("replies", 0, 1));
  const check = (...args: readonly string[]) => stage.run("check_broker_queue", "-H", broker.url, ...args);

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
  stage.say("Every queue looks well, and the broker takes nothing");
  broker.queues = [row("results", 0, 1)];
  broker.alarms = [{ node: "rabbit@one", resource: "memory" }];
  await check();
  stage.say("A standby that refuses, and the node that answers");
  broker.alarms = [];
  await stage.run("check_broker_queue", "-H", (await refused()).address, "-H", broker.url);
}
