import { fakeGearmand } from "#test/servers/fake-gearmand.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { startModGearmanWorker } from "#test/servers/mod-gearman-worker.ts";
import type { Fixtures } from "#test/support/fixtures.ts";

export default {
  async ordinary(t) {
    const { address } = await fakeGearmand(t, { queues: { service: {} } });
    return ["-H", address, "--no-encryption", "--confirm", "0"];
  },
  selecting: ["-H", "--result-server", "--config", "-q", "--command"],
  async everything(t, run, thresholds) {
    const { address } = await startGearmand(t);
    await startModGearmanWorker(t, address, { key: null });
    await run("-H", address, "--no-encryption", ...thresholds);
  },
  icinga: (_, keyFile) => [`mod_gearman_key_file = "${keyFile}"`, "mod_gearman_count = 3"],
} satisfies Fixtures;
