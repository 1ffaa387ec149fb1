// Servers that results come over and that get no job, by dist/check_mod_gearman.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import { fillQueue, registerQueues, startWorkers } from "#test/servers/gearman-worker.ts";
import { type Gearmand, startGearmand } from "#test/servers/gearmand.ts";
import { refused, silent } from "#test/servers/misbehaving.ts";
import { KEY, startModGearmanWorker } from "#test/servers/mod-gearman-worker.ts";
import { needs } from "#test/support/needs.ts";
import { check, listed } from "./check.ts";

const real = needs("gearmand");

const BACK = "OK check job of queue service came back in N s";

const startServers = (t: TestContext) => Promise.all([startGearmand(t), startGearmand(t)]);

/** A config with the workers' key and these lines. */
async function configWith(t: TestContext, lines: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "test-check-mod-gearman-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "worker.conf");
  await writeFile(path, `key=${KEY}\n${lines}\n`, { mode: 0o600 });
  return path;
}

test(
  "a worker with a dupserver: its copies are taken there, which is not probed, and nothing is left on any server",
  real,
  async (t) => {
    const [a, r] = await startServers(t);
    await startModGearmanWorker(t, a.address, { dupServer: r.address, dupDelayMs: 200, order: "job-first" });
    const config = await configWith(t, `server=${a.address}\ndupserver=${r.address}`);
    for (const args of [
      ["-H", a.address, "--result-server", r.address],
      ["--config", config],
    ]) {
      const { state, says, long } = await check(...args, "-vv");
      assert.equal(`${state} ${says}`, BACK);
      assert.ok(long.includes(`results also over ${r.address}`), long.join("\n"));
      assert.deepEqual(await listed(a.address), ["service 0 0 1"]);
      assert.deepEqual(await listed(r.address), []);
    }
  },
);

test("what runs without --result-server left there is removed by one that has it", real, async (t) => {
  const [a, r] = await startServers(t);
  await startModGearmanWorker(t, a.address, { dupServer: r.address });
  await fillQueue(r.address, `check_mod_gearman-1-${"0".repeat(32)}`, 1);
  await fillQueue(r.address, "service", 1);
  assert.equal((await check("-H", a.address, "--result-server", r.address, "-n", "5")).state, "OK");
  assert.deepEqual(await listed(r.address), ["service 1 0 0"]);
});

test("a worker whose server= has more than -H: its result may come over the others", real, async (t) => {
  const [a, b] = await startServers(t);
  await startModGearmanWorker(t, a.address, { resultServer: b.address });
  const config = await configWith(t, `server=${a.address},${b.address}`);
  const { state, says } = await check("-H", a.address, "--config", config);
  assert.equal(`${state} ${says}`, BACK);
  assert.deepEqual(await listed(b.address), []);
});

test("one that is down or hangs is a WARNING, and does not hold up the check", real, async (t) => {
  const { address } = await startGearmand(t);
  await startModGearmanWorker(t, address);
  const dead = (await refused()).address;
  const down = await check("-H", address, "--result-server", dead);
  assert.equal(
    `${down.state} ${down.says}`,
    `WARNING result server: failed to connect to address 127.0.0.1 and port ${dead.split(":")[1]}: Connection refused: results sent there are not seen, and stay there`,
  );
  const hanging = await check("-H", address, "--result-server", (await silent(t)).address, "-t", "8");
  assert.equal(
    `${hanging.state} ${hanging.says}`,
    "WARNING result server: no answer from PORT in time: results sent there are not seen, and stay there",
  );
  assert.equal(hanging.value("results"), 1);
});

test("a server of the config that -H leaves out may be down", real, async (t) => {
  const { address } = await startGearmand(t);
  await startModGearmanWorker(t, address);
  const dead = (await refused()).address;
  const config = await configWith(t, `server=${dead}`);
  const { state, says, long } = await check("-H", address, "--config", config, "-v");
  assert.equal(`${state} ${says}`, BACK);
  assert.ok(
    long.some((line) => line.startsWith("result server: failed to connect")),
    long.join("\n"),
  );
});

/** What a Gearman-Proxy does: takes jobs of one queue, puts them into another on the server behind, and ends them at once. */
const startProxy = (t: TestContext, from: Gearmand, to: Gearmand, queue: string, queueBehind: string) =>
  startWorkers(t, from.address, [queue], {
    command: ["gearman", "-h", to.host, "-p", String(to.port), "-b", "-f", queueBehind],
  });

test(
  "behind a Gearman-Proxy, where the queue has another name, results come over the server behind",
  real,
  async (t) => {
    const [a, b] = await startServers(t);
    await startProxy(t, a, b, "hostgroup_local", "hostgroup_dmz");
    // longer than a result may stay behind the end of its job where there is no proxy
    await startModGearmanWorker(t, b.address, { queues: ["hostgroup_dmz"], delayMs: 3000 });
    const run = (...args: readonly string[]) => check("-H", a.address, "-q", "hostgroup_local", ...args);
    const lost = await run();
    assert.equal(
      `${lost.state} ${lost.says}`,
      "CRITICAL Queue hostgroup_local: job fetched and ended, no result: the worker has another key, or sends results to another server, such as the one behind a Gearman-Proxy (--result-server)",
    );
    const { state, says } = await run("--result-server", b.address);
    assert.equal(`${state} ${says}`, "OK check job of queue hostgroup_local came back in N s");
    assert.deepEqual(await listed(a.address), ["hostgroup_local 0 0 1"]);
    assert.deepEqual(
      (await listed(b.address)).filter((line) => !line.startsWith("check_mod_gearman-")),
      ["hostgroup_dmz 0 0 1"],
    );
  },
);

test("behind a Gearman-Proxy no worker takes the job: that is a cause, too", real, async (t) => {
  const [a, b] = await startServers(t);
  await startProxy(t, a, b, "service", "service");
  await registerQueues(t, b.address, ["service"]);
  const { state, says } = await check("-H", a.address, "--result-server", b.address, "-t", "6");
  assert.equal(
    `${state} ${says}`,
    "CRITICAL Queue service: job fetched and ended, no result in N s: the worker has another key, sends results to a server not given, or is behind a Gearman-Proxy and did not take the job",
  );
});
