import type { Fixtures } from "#test/support/fixtures.ts";

import { fakeManagement, row } from "./fake-management.ts";

export default {
  async ordinary(t) {
    return ["-H", (await fakeManagement(t, row("results", 3, 1), row("a b", 0, 0))).url];
  },
  selecting: ["-H", "--vhost", "-q", "--include", "--exclude"],
  async everything(t, run, thresholds) {
    const lost = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "lost" };
    const results = row("results", 3, 1, { head_message_timestamp: Date.now() / 1000 - 60, arguments: lost });
    await run("-H", (await fakeManagement(t, results, row("lost", 2, 1))).url, ...thresholds);
  },
} satisfies Fixtures;
