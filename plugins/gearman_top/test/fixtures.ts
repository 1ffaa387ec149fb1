import type { Fixtures } from "#test/support/fixtures.ts";

export default { selecting: ["-H", "-s", "--include", "--exclude"] } satisfies Fixtures;
