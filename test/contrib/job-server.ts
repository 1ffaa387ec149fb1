import { registerQueues, startWorkers } from "../servers/gearman-worker.ts";
import { type Gearmand, startGearmand } from "../servers/gearmand.ts";
import { startModGearmanWorker } from "../servers/mod-gearman-worker.ts";
import type { Owner } from "../support/owner.ts";

/** What a Mod-Gearman worker says of itself. */
const ANSWER = "worker1 has 3 worker and is working on 0 jobs. Version: 5.2.4|worker=3;;;3;6 jobs=8c";

/** A real job server with all that the example services look for, everything of it in order. */
export async function startFarm(owner: Owner): Promise<Gearmand> {
  const server = await startGearmand(owner);
  await registerQueues(owner, server.address, ["host", "hostgroup_berlin", "check_results"]);
  await startModGearmanWorker(owner, server.address, { queues: ["service"] });
  const talkers = ["worker_worker1.example.com", "proxy_status"];
  await startWorkers(owner, server.address, talkers, { command: ["echo", ANSWER] });
  return server;
}
