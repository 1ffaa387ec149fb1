import type { Contrib } from "#generate/contrib.ts";

export default { replaces: "mod-gearman" } satisfies Contrib;
