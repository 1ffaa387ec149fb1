import type { Fixtures } from "#test/support/fixtures.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";

import { aged } from "./aged.ts";
import { fakeManagement, row } from "./fake-management.ts";

export default {
  async ordinary(t) {
    return ["-H", (await fakeManagement(t, row("results", 3, 1), row("a b", 0, 0))).url];
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
