import { fileURLToPath } from "node:url";

import type { Fixtures } from "#test/support/fixtures.ts";

const FILE = fileURLToPath(new URL("fixtures.ts", import.meta.url));

export default {
  ordinary: async () => ["-f", FILE],
  selecting: ["-f"],
  everything: async (_, run, thresholds) => run("-f", FILE, ...thresholds),
} satisfies Fixtures;
