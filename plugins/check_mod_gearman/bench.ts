import { EMPTY_NODE, plugin, race, raceTable } from "#test/bench/measure.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { startModGearmanWorker } from "#test/servers/mod-gearman-worker.ts";
import type { Owner } from "#test/support/owner.ts";

const ROUNDS = 21;

/** How long a round trip takes with all that goes with it, beside a Node that does nothing. */
export default async function bench(owner: Owner): Promise<string> {
  const { address } = await startGearmand(owner, { args: ["--threads", "1"] });
  await startModGearmanWorker(owner, address, { key: null });
  const check = (...args: readonly string[]) => plugin("check_mod_gearman", "-H", address, "--no-encryption", ...args);
  return raceTable(
    await race(
      [
        EMPTY_NODE,
        { name: "no worker, no job", command: check("-q", "nobody", "--confirm", "0") },
        { name: "1 job", command: check() },
        { name: "20 jobs", command: check("-n", "20") },
      ],
      ROUNDS,
    ),
  );
}
