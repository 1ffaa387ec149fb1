import type { Fixtures } from "#test/support/fixtures.ts";

import { fakeManagement, row } from "./fake-management.ts";

export default {
  async ordinary(t) {
    return ["-H", (await fakeManagement(t, row("results", 3, 1), row("a b", 0, 0))).url];
  },
  selecting: ["-H", "--vhost", "-q", "--include", "--exclude"],
  async everything(t, run, thresholds) {
    await run("-H", (await fakeManagement(t, row("results", 3, 1))).url, ...thresholds);
  },
} satisfies Fixtures;
