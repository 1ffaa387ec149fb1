// Jobs that earlier runs withdrew and that the server still counts, by dist/check_mod_gearman and a real gearmand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { adminCommand, untilQueues } from "#test/servers/admin.ts";
import { fillQueue, registerQueues } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { startModGearmanWorker } from "#test/servers/mod-gearman-worker.ts";
import { needs } from "#test/support/needs.ts";
import { check, listed, start } from "./check.ts";

const real = needs("gearmand");

const jobsOf = async (address: string) => (await adminCommand(address, "show jobs")).split("\n").length;

test("a stuck worker: withdrawn jobs are told apart, and no new one is sent while one waits", real, async (t) => {
  const { address } = await startGearmand(t);
  const worker = await registerQueues(t, address, ["service", "host"]);
  await check("-H", address, "-t", "3", "-n", "3");
  assert.deepEqual(await listed(address), ["host 0 0 1", "service 3 0 1"]);
  const jobs = await jobsOf(address);
  const alone = await check("-H", address, "-t", "3");
  assert.equal(
    `${alone.state} ${alone.says}`,
    "CRITICAL Queue service: no job sent in N s, 1 worker, 3 jobs waiting, all of them left by earlier checks: the worker hangs",
  );
  assert.deepEqual([alone.value("results"), alone.value("lost")], [0, 1]);
  await fillQueue(address, "service", 1);
  const among = await check("-H", address, "-t", "3");
  assert.equal(
    `${among.state} ${among.says}`,
    "CRITICAL Queue service: no job sent in N s, 1 worker, 4 jobs waiting, 3 of them left by earlier checks",
  );
  assert.equal(await jobsOf(address), jobs + 1, "no job was sent");
  // another queue has none of them
  const other = await check("-H", address, "-t", "3", "-q", "host");
  assert.match(other.says, /^Queue host: job not fetched in N s, 1 worker, no other job waiting: the worker hangs$/);
  await worker.release();
  assert.equal((await check("-H", address, "-q", "host", "--confirm", "0")).state, "CRITICAL");
  assert.deepEqual(await listed(address), ["host 0 0 0", "service 4 0 0"], "without any worker they are removed");
});

test("a job is sent as soon as a worker has come past the withdrawn one", real, async (t) => {
  const { address } = await startGearmand(t);
  const stuck = await registerQueues(t, address, ["service"]);
  await check("-H", address, "-t", "3");
  const running = check("-H", address);
  await untilQueues(address, (queues) => [...queues.keys()].some((name) => name.startsWith("check_mod_gearman-")));
  await startModGearmanWorker(t, address);
  const { state, stdout } = await running;
  assert.equal(state, "OK", stdout);
  await stuck.release();
  assert.deepEqual(await listed(address), ["service 0 0 1"]);
});

test("the waiting job of a run that lives is none of them", real, async (t) => {
  const { address } = await startGearmand(t);
  await registerQueues(t, address, ["service"]);
  const { child, finished } = start("-H", address);
  await untilQueues(address, (queues) => (queues.get("service")?.total ?? 0) > 0);
  const { says } = await check("-H", address, "-t", "3");
  assert.equal(says, "Queue service: job not fetched in N s, 1 worker, 2 jobs waiting");
  child.kill("SIGTERM");
  await finished;
});
