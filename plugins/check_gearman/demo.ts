import type { Stage } from "#demo/stage.ts";
import { fakeGearmand } from "#test/servers/fake-gearmand.ts";
import { fillQueue, registerQueues } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { refused, webServer } from "#test/servers/misbehaving.ts";
import { modGearmanStatus, proxyStatus, startRawWorker } from "#test/servers/raw-worker.ts";
import { lacking } from "#test/support/debian.ts";

/** Shows check_gearman in all four states. */
export default async function demo(stage: Stage): Promise<void> {
  const server = await jobServer(stage);
  const dead = (await refused()).address;
  const other = (await webServer(stage)).address;

  stage.say("Queues and workers as they should be");
  await stage.run("check_gearman", "-H", server, "-q", "host", "-q", "service");
  stage.say("Jobs pile up: more come than the workers do");
  await stage.run("check_gearman", "-H", server, "-q", "hostgroup_berlin");
  stage.say("Nobody fetches the results; asked again for a second before it says so");
  await stage.run("check_gearman", "-H", server, "-q", "check_results", "--confirm", "1");
  stage.say("Everything at once, without perfdata: the worst first");
  await stage.run("check_gearman", "-H", server, "--confirm", "0", "--perfdata", "none");
  stage.say("A status job for a Mod-Gearman worker, and one for a Gearman-Proxy with a backlog");
  await stage.run("check_gearman", "-H", server, "-q", "worker_host1", "-s", "check");
  await stage.run("check_gearman", "-H", server, "-q", "proxy_status", "-s", "check");
  stage.say("Two job servers, one of them down: the other is judged all the same");
  await stage.run("check_gearman", "-H", `${server},${dead}`, "-q", "host");
  stage.say("Not a job server at all, and a threshold with a slip of the finger");
  await stage.run("check_gearman", "-H", other);
  await stage.run("check_gearman", "-H", server, "-w", "1O");
}

/** A real gearmand where one is installed, else a stand-in with the same queues. */
async function jobServer(stage: Stage): Promise<string> {
  const backlog = proxyStatus({ backlog: 3 });
  if (lacking("gearmand") !== undefined) {
    stage.say(`The job server is an embedded stand-in (${lacking("gearmand")})`);
    const text = (body: string) => () => body;
    const { address } = await fakeGearmand(stage, {
      queues: {
        host: { workers: 3 },
        service: { workers: 3 },
        hostgroup_berlin: { workers: 1, total: 12 },
        check_results: { total: 3 },
        worker_host1: {
          workers: 1,
          answer: text("host1 has 3 worker and is working on 0 jobs. Version: 5.2.4|worker=3;;;3;6 jobs=8c"),
        },
        proxy_status: {
          workers: 1,
          answer: text(
            "1:WARNING - proxy version v2.08 running. backlog contains 3 jobs.| 'backlog'=3;;; 'total_jobs'=5c;;; ",
          ),
        },
      },
    });
    return address;
  }
  const { address } = await startGearmand(stage);
  stage.say("The job server is a real gearmand");
  for (let worker = 0; worker < 3; worker++) await registerQueues(stage, address, ["host", "service"]);
  await registerQueues(stage, address, ["hostgroup_berlin"]);
  await fillQueue(address, "hostgroup_berlin", 12);
  await fillQueue(address, "check_results", 3);
  await startRawWorker(stage, address, "worker_host1", modGearmanStatus("host1"));
  await startRawWorker(stage, address, "proxy_status", backlog);
  return address;
}
