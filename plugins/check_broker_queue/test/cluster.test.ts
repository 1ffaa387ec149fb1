// On a real cluster of two nodes, of which one dies.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startEpmd, startRabbitmq } from "#test/servers/rabbitmq.ts";
import { runPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";
import { until } from "#test/support/until.ts";

test(
  "a dead node takes its classic queues and the majority of quorum queues with it",
  needs("rabbitmq-server"),
  async (t) => {
    const names = await startEpmd(t);
    const one = await startRabbitmq(t, { name: "one", names });
    const two = await startRabbitmq(t, { name: "two", names, joins: one.node });
    await one.api("queues/%2f/classic", { durable: true, node: two.node });
    await one.api("queues/%2f/quorum", { durable: true, arguments: { "x-queue-type": "quorum" } });
    const state = temporaryFolder(t);
    const env = { LOGIN: "admin:secret" };
    const check = async (...args: readonly string[]) => {
      const all = ["-H", one.url, "--auth-env", "LOGIN", "-t", "100", "--confirm", "60", "--state-dir", state, ...args];
      return (await runPlugin("check_broker_queue", all, { env })).stdout.replace(/ \|.*\n/, "");
    };
    assert.equal(await check(), "check_broker_queue OK - 2 queues: 0 ready, 0 unacknowledged, 0 consumers");

    await two.stop();
    const down = "Queue classic is down since its node two@localhost is down";
    const lost = "Queue quorum has no majority: 1 of 2 members online (one@localhost of one@localhost, two@localhost)";
    // statistics are late: it takes a while until the broker tells of it
    let said = "";
    await until(
      async () => {
        said = await check("--confirm", "0");
        return said.includes(down) && said.includes(lost);
      },
      () => `the loss of a node in place of ${said}`,
      500,
    );
    assert.match(said, /^check_broker_queue CRITICAL - Queue \w+ .*\. Queue \w+ .*\.?$/);
    assert.ok((await check("-q", "classic", "--confirm", "0")).includes(`CRITICAL - ${down}`));
  },
);
