import type { Stage } from "#demo/stage.ts";
import { fakeGearmand } from "#test/servers/fake-gearmand.ts";
import { fillQueue, registerQueues } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { refused } from "#test/servers/misbehaving.ts";
import { lacking } from "#test/support/debian.ts";

/** Shows gearman_top without its screen, which a demo that scrolls by cannot show. */
export default async function demo(stage: Stage): Promise<void> {
  const [first, second] = await jobServers(stage);
  const dead = (await refused()).address;

  stage.say("One job server, its fullest queues first, idle ones hidden");
  await stage.run("gearman_top", "-b", "-H", first, "-q", "--sort", "waiting");
  stage.say("Two job servers in one table");
  await stage.run("gearman_top", "-b", "--merge", "-H", `${first},${second}`, "--include", "host*");
  stage.say("One of two is down: the other is shown, and the exit code tells");
  await stage.run("gearman_top", "-b", "-H", `${first},${dead}`, "-q");
  stage.say("For scripts");
  await stage.run("gearman_top", "--json", "-H", second, "--include", "hostgroup_*");
}

/** Two real ones where gearmand is installed, else stand-ins with the same queues. */
async function jobServers(stage: Stage): Promise<readonly [string, string]> {
  const why = lacking("gearmand");
  if (why !== undefined) {
    stage.say(`The job servers are embedded stand-ins (${why})`);
    const usual = { host: { workers: 3 }, service: { workers: 3 }, hostgroup_old: {} };
    const first = await fakeGearmand(stage, { queues: { ...usual, hostgroup_berlin: { workers: 1, total: 12 } } });
    const second = await fakeGearmand(stage, { queues: { ...usual, hostgroup_berlin: { total: 2 } } });
    return [first.address, second.address];
  }
  const [first, second] = [await startGearmand(stage), await startGearmand(stage)];
  stage.say("The job servers are real gearmands");
  for (const { address } of [first, second]) {
    for (let worker = 0; worker < 3; worker++) await registerQueues(stage, address, ["host", "service"]);
    await (await registerQueues(stage, address, ["hostgroup_old"])).release();
  }
  await registerQueues(stage, first.address, ["hostgroup_berlin"]);
  await fillQueue(first.address, "hostgroup_berlin", 12);
  await fillQueue(second.address, "hostgroup_berlin", 2);
  return [first.address, second.address];
}
