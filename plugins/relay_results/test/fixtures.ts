import type { Fixtures } from "#test/support/fixtures.ts";

export default { selecting: ["--from", "--decode", "--status", "--to", "--queue-dir"] } satisfies Fixtures;
