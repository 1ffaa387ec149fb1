import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stage } from "#demo/stage.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { KEY, type ModGearmanWorkerOptions, startModGearmanWorker } from "#test/servers/mod-gearman-worker.ts";
import { lacking } from "#test/support/debian.ts";

/** Shows check_mod_gearman in all four states, with workers of several kinds on a real gearmand. */
export default async function demo(stage: Stage): Promise<void> {
  if (lacking("gearmand") !== undefined) {
    stage.say(`A round trip through queues ${lacking("gearmand")}`);
    return;
  }
  const key = await keyFile(stage);
  const serverWith = async (options: ModGearmanWorkerOptions) => {
    const { address } = await startGearmand(stage);
    await startModGearmanWorker(stage, address, options);
    return address;
  };
  const probe = (address: string, ...args: readonly string[]) =>
    stage.run("check_mod_gearman", "-H", address, "--key-file", key, ...args);

  const fine = await serverWith({ queues: ["host", "service"] });
  stage.say("A worker that does its work, and with -v who it is");
  await probe(fine, "-v");
  stage.say("Two queues, five jobs each");
  await probe(fine, "-q", "host", "-q", "service", "-n", "5");
  stage.say("A worker with another key: it is counted, takes the jobs, and drops them");
  await probe(await serverWith({ key: "another" }));
  stage.say("A worker whose results nobody can read");
  await probe(await serverWith({ resultKey: "another" }));
  stage.say("A slow worker");
  await probe(await serverWith({ delayMs: 600 }), "-w", "0.5");
  stage.say("A worker that dies with the job");
  await probe(await serverWith({ dies: true }), "-t", "2");
  stage.say("A queue without worker; asked again for a second before it says so");
  await probe(fine, "-q", "hostgroup_dmz", "--confirm", "1");
  stage.say("A key on the command line");
  await stage.run("check_mod_gearman", "-H", fine, "--key", KEY);
}

async function keyFile(stage: Stage): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "demo-"));
  stage.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "secret");
  await writeFile(path, `${KEY}\n`);
  await chmod(path, 0o640);
  return path;
}
