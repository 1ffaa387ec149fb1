import { execPlugin } from "#test/support/exec.ts";
import type { Fixtures } from "#test/support/fixtures.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";

import { aged } from "./aged.ts";
import { fakeManagement, row } from "./fake-management.ts";

export default {
  async ordinary(t) {
    return ["-H", (await fakeManagement(t, row("results", 3, 1), row("a b", 0, 0))).url];
  },
  async icinga(_server, _keyFile, owner) {
    const { url } = await fakeManagement(owner, row("results", 3, 1));
    return [
      `broker_queue_url = [ "${url}" ]`,
      'broker_queue_queue = [ "results" ]',
      "broker_queue_warning = 100",
      'broker_queue_critical = "~:1000"',
      'broker_queue_confirm = "0"',
      "broker_queue_verbose = true",
    ];
  },
  async monitored(owner) {
    const after = (count: number) => {
      const stats = { message_stats: { publish: count, deliver_get: count, ack: count } };
      // queues that the farm's job server has, too
      return [row("host", 3, 1, stats), row("service", 0, 2, stats)];
    };
    const fake = await fakeManagement(owner, ...after(0));
    const folder = temporaryFolder(owner);
    await execPlugin("check_broker_queue", "-H", fake.url, "--state-dir", folder);
    await aged(folder, 120);
    fake.queues = after(50);
    return {
      "broker queues": [
        `broker_queue_url = [ "${fake.url}" ]`,
        `broker_queue_state_dir = "${folder}"`,
        "broker_queue_warning = 100",
        "broker_queue_critical = 1000",
      ],
    };
  },
  selecting: ["-H", "--vhost", "-q", "--include", "--exclude"],
  async everything(t, run, thresholds) {
    const lost = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "lost" };
    const sent = { head_message_timestamp: Date.now() / 1000 - 60, arguments: lost };
    const fake = await fakeManagement(t, row("results", 3, 1, sent), row("lost", 2, 1));
    const folder = temporaryFolder(t);
    const check = () => run("-H", fake.url, "--state-dir", folder, ...thresholds);
    await check();
    await aged(folder, 120);
    fake.queues = [row("results", 2, 1, { ...sent, message_stats: { publish: 4, deliver_get: 5, ack: 5 } })];
    await check();
  },
} satisfies Fixtures;
