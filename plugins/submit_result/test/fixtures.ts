import type { Fixtures } from "#test/support/fixtures.ts";

export default { selecting: ["--to", "-H", "-S"] } satisfies Fixtures;
