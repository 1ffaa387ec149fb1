import type { Fixtures } from "#test/support/fixtures.ts";

export default { selecting: ["--to", "--queue-dir", "-H", "-S"] } satisfies Fixtures;
