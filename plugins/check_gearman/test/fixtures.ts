import { fakeGearmand } from "#test/servers/fake-gearmand.ts";
import { registerQueues, startWorkers } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import type { Fixtures } from "#test/support/fixtures.ts";

export default {
  async ordinary(t) {
    const { address } = await fakeGearmand(t, { queues: { host: { total: 3, running: 1, workers: 2 }, "a b": {} } });
    return ["-H", address];
  },
  selecting: ["-H", "-q", "--include", "--exclude", "-s"],
  async everything(t, run, thresholds) {
    const { address } = await startGearmand(t);
    await startWorkers(t, address, ["worker_host1"], { command: ["echo", "host1 has 3 worker|jobs=8c"] });
    await registerQueues(t, address, [`check_mod_gearman-5b01e2b0-${"0".repeat(32)}`]);
    await run("-H", address, ...thresholds);
    await run("-H", address, "-q", "worker_host1", "-s", "check");
  },
  icinga: () => [
    'gearman_queue = [ "host", "service" ]',
    'gearman_warning = [ "~:10", "service=5" ]',
    "gearman_critical = 20",
    'gearman_worker_critical = "1:"',
    "gearman_critical_zero_worker = true",
    "gearman_ipv6 = false",
    'gearman_expect = ""',
    "gearman_verbose = true",
  ],
} satisfies Fixtures;
