import type { Fixtures } from "#test/support/fixtures.ts";

export default { selecting: ["--decode", "--to"] } satisfies Fixtures;
