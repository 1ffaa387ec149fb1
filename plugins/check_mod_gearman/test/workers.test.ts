// A job's way through workers of all sorts, by dist/check_mod_gearman and a real gearmand.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { adminCommand } from "#test/servers/admin.ts";
import { registerQueues } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { type ModGearmanWorkerOptions, startModGearmanWorker } from "#test/servers/mod-gearman-worker.ts";
import * as raw from "#test/servers/raw-worker.ts";
import { needs } from "#test/support/needs.ts";
import { until } from "#test/support/until.ts";
import { check, listed } from "./check.ts";

const real = needs("gearmand");

/** A job server with one worker, and a check of it. */
async function withWorker(t: TestContext, options: ModGearmanWorkerOptions = {}) {
  const { address } = await startGearmand(t);
  const worker = await startModGearmanWorker(t, address, options);
  return { address, worker, run: (...args: readonly string[]) => check("-H", address, ...args) };
}

test("the right key: the whole output, and nothing is left behind", real, async (t) => {
  const { address, worker, run } = await withWorker(t);
  const { stdout, value } = await run();
  assert.equal(
    stdout.replace(/\d+\.\d+/g, "N"),
    "check_mod_gearman OK - check job of queue service came back in N s | " +
      "'time'=Ns;30;40;0 'wait'=Ns;;;0 'run'=Ns;;;0 'return'=Ns;;;0 'results'=1;;;0;1 'lost'=0;;;0;1\n",
  );
  const legs = (value("wait") ?? 0) + (value("run") ?? 0) + (value("return") ?? 0);
  assert.ok(Math.abs(legs - (value("time") ?? 0)) < 1e-5, stdout);
  assert.deepEqual(await listed(address), ["service 0 0 1"]);
  const [job] = worker.jobs;
  assert.match(job?.resultQueue ?? "", /^check_mod_gearman-[0-9a-f]{8}-[0-9a-f]{32}$/);
  assert.deepEqual(
    { ...job, resultQueue: "", serviceDescription: "", commandLine: "", coreTime: 0, timeout: 0 },
    {
      type: "service",
      resultQueue: "",
      targetQueue: "service",
      hostName: "check_mod_gearman",
      serviceDescription: "",
      coreTime: 0,
      timeout: 0,
      commandLine: "",
    },
  );
  // less than -t by a second, and by what has passed before the job is sent
  assert.ok((job?.timeout ?? 0) > 0 && (job?.timeout ?? 50) < 49, `${job?.timeout}`);
  assert.equal(job?.commandLine, `/bin/echo ${job?.serviceDescription}`);
});

test("-v names the worker, -vv what was sent, and neither the key", real, async (t) => {
  const { run } = await withWorker(t, { identifier: "host7" });
  const { long, stdout } = await run("-vv");
  assert.match(long[0] ?? "", /^OK - Queue service: result took .* s \(wait .* s, run .* s, return .* s\)$/);
  assert.match(long[1] ?? "", /^OK - Queue service: job waited .* s for a worker$/);
  assert.match(
    long[2] ?? "",
    /^queue service: answer of Mod-Gearman Worker @ host7 over 127\.0\.0\.1:\d+ in .*, code 0: '/,
  );
  assert.match(long[3] ?? "", /^sent to 127\.0\.0\.1:\d+: queue service, 1 each, priority low, encrypted$/);
  assert.doesNotMatch(stdout, /should_be_changed/);
});

test("another key in the worker: the whole output", real, async (t) => {
  const { address, run } = await withWorker(t, { key: "another" });
  const { stdout, state } = await run();
  assert.equal(
    stdout.replace(/\d+\.\d+/g, "N"),
    "check_mod_gearman CRITICAL - Queue service: job fetched and ended, no result: the worker has another key, or sends " +
      "results to another server, such as the one behind a Gearman-Proxy (--result-server) | 'wait'=Ns;;;0 'results'=0;;;0;1 'lost'=1;;;0;1\n",
  );
  assert.equal(state, "CRITICAL");
  assert.deepEqual(await listed(address), ["service 0 0 1"]);
});

test("a worker without encryption drops the job as well, and --no-encryption is for it", real, async (t) => {
  const { run } = await withWorker(t, { key: null });
  assert.equal((await run()).state, "CRITICAL");
  assert.equal((await run("--no-encryption")).state, "OK");
});

test("a result under another key, or without any, is not taken for one", real, async (t) => {
  const other = await withWorker(t, { resultKey: "another" });
  const { says, state } = await other.run();
  assert.equal(
    `${state} ${says}`,
    "CRITICAL Queue service: a result came over PORT that cannot be decrypted: the key differs on the way back",
  );
  assert.deepEqual(await listed(other.address), ["service 0 0 1"]);
  const clear = await (await withWorker(t, { resultKey: null })).run();
  assert.equal(`${clear.state} ${clear.says}`, "CRITICAL Queue service: a result came over PORT without encryption");
});

test("a result that is not ours does not count", real, async (t) => {
  const { says, state } = await (await withWorker(t, { service: "disk" })).run();
  assert.equal(`${state} ${says}`, "CRITICAL Queue service: a result came over PORT that is not ours");
});

test("a slow worker is WARNING or CRITICAL by -w and -c, with the parts of the trip", real, async (t) => {
  const { run } = await withWorker(t, { delayMs: 300 });
  const { says, state } = await run("-w", "0.2");
  assert.equal(`${state} ${says}`, "WARNING Queue service: result took N s (wait N s, run N s, return N s)");
  assert.equal((await run("-w", "0.1", "-c", "0.2")).state, "CRITICAL");
  assert.equal((await run()).state, "OK");
});

test("a job that waits long for a worker is told by --wait-warning and --wait-critical", real, async (t) => {
  const { run } = await withWorker(t, { delayMs: 700 });
  // one worker: the second job waits for the first
  const { says, state } = await run("-n", "2", "--wait-warning", "0.3");
  assert.equal(`${state} ${says}`, "WARNING Queue service: job waited N s for a worker");
  assert.equal((await run("-n", "2", "--wait-critical", "0.3")).state, "CRITICAL");
});

test("a worker that dies with the job, the only one: told, and no job is left to alarm", real, async (t) => {
  const { address, run } = await withWorker(t, { dies: true });
  const { says, state } = await run("-t", "4");
  assert.equal(
    `${state} ${says}`,
    "CRITICAL Queue service: worker died with the job, which nobody fetched again in N s, no worker left, 1 job waiting",
  );
  assert.deepEqual(await listed(address), ["service 0 0 0"]);
});

test("a worker that dies with the job while another one lives: it came back all the same", real, async (t) => {
  const { address, run } = await withWorker(t);
  await startModGearmanWorker(t, address, { dies: true });
  assert.equal((await run()).state, "OK");
});

test("a worker that takes the job and hangs", real, async (t) => {
  const { address } = await startGearmand(t);
  await raw.startRawWorker(t, address, "service", raw.neverAnswers);
  const { says, state, value } = await check("-H", address, "-t", "4");
  assert.equal(
    `${state} ${says}`,
    "CRITICAL Queue service: job fetched, no result for N s: worker stuck, too slow or cut off",
  );
  assert.equal(value("lost"), 1);
});

test("a worker that fails, or throws", real, async (t) => {
  for (const [answer, why] of [
    [raw.fails, "the worker could not read it (WORK_FAIL)"],
    [raw.throws("out; of | memory"), "the worker threw an exception: out, of / memory"],
  ] as const) {
    const { address } = await startGearmand(t);
    await raw.startRawWorker(t, address, "service", answer);
    const { says, state } = await check("-H", address);
    assert.equal(`${state} ${says}`, `CRITICAL Queue service: job failed: ${why}`);
  }
});

test("a result that comes twice is a WARNING", real, async (t) => {
  const { address, run } = await withWorker(t, { copies: 2 });
  const { says, state } = await run();
  assert.equal(`${state} ${says}`, "WARNING Queue service: the result came twice");
  assert.deepEqual(await listed(address), ["service 0 0 1"]);
});

test("the order of the Go worker, which ends the job before it sends the result", real, async (t) => {
  assert.equal((await (await withWorker(t, { order: "job-first" })).run()).state, "OK");
});

test("a worker that sends its result and does not end the job", real, async (t) => {
  const { says, state } = await (await withWorker(t, { neverEnds: true })).run();
  assert.equal(`${state} ${says}`, "WARNING Queue service: the worker sent its result, but does not end the job");
});

test("a worker whose clock is an hour off, either way, confuses no part of the trip", real, async (t) => {
  for (const clockAhead of [3600, -3600]) {
    const { stdout, value, state } = await (await withWorker(t, { clockAhead, delayMs: 300 })).run();
    assert.equal(state, "OK", stdout);
    for (const label of ["wait", "run", "return"]) assert.ok((value(label) ?? -1) >= 0, stdout);
    assert.ok((value("time") ?? 0) < 1800, stdout);
  }
});

test("another return code than expected, and another output", real, async (t) => {
  const { run } = await withWorker(t);
  const wrong = await run("--command", "echo broken; exit 2");
  assert.equal(`${wrong.state} ${wrong.says}`, "CRITICAL Queue service: return code 2 instead of 0: 'broken'");
  assert.equal((await run("--command", "echo broken; exit 2", "--expect-code", "2")).state, "OK");
  const silent = await run("--command", "/bin/echo one", "-e", "two");
  assert.equal(`${silent.state} ${silent.says}`, "CRITICAL Queue service: the output lacks 'two': 'one'");
  assert.equal((await run("--command", "/bin/echo one two", "-e", "two")).state, "OK");
});

test("a job that does not run the command, but says it did", real, async (t) => {
  const { address } = await startGearmand(t);
  // the code is right and the service is ours, but the token is missing
  await startModGearmanWorker(t, address, { output: "OK - all is well" });
  const { says, state } = await check("-H", address);
  assert.equal(`${state} ${says}`, "CRITICAL Queue service: the output lacks our token: 'OK - all is well'");
});

test("an output of 1 MiB is read whole and shown in part", real, async (t) => {
  const { run } = await withWorker(t);
  const command = "head -c 1048576 /dev/zero | tr '\\0' x; echo the end";
  assert.equal((await run("--command", command, "-e", "the end")).state, "OK");
  const { state, says } = await run("--command", command, "-e", "another");
  assert.equal(`${state} ${says}`, `CRITICAL Queue service: the output lacks 'another': '${"x".repeat(97)}...'`);
});

test("hostile output of a command stays one well-formed answer", real, async (t) => {
  const { run } = await withWorker(t, { output: "a | b=1; \u001b[31m\u202e\0'\nOK - x | y=1" });
  assert.equal((await run("-v")).state, "CRITICAL");
});

test("several jobs and a worker with a bad key among others: a lost one decides", real, async (t) => {
  const { address, run } = await withWorker(t);
  await startModGearmanWorker(t, address, { key: "another" });
  const { state, says, value } = await run("-n", "20");
  assert.equal(state, "CRITICAL");
  assert.match(
    says,
    /^Queue service: \d+ of 20 jobs lost: job fetched and ended, no result: the worker has another key/,
  );
  assert.equal((value("results") ?? 0) + (value("lost") ?? 0), 20);
});

test("several jobs that all come back", real, async (t) => {
  const { address, run } = await withWorker(t);
  const { says, value, long } = await run("-n", "10", "-v");
  assert.equal(says, "all 10 check jobs came back, the slowest in N s");
  assert.deepEqual([value("results"), value("lost")], [10, 0]);
  assert.equal(long.filter((line) => line.includes("Mod-Gearman Worker @ host2")).length, 10);
  assert.deepEqual(await listed(address), ["service 0 0 1"]);
});

test("runs at the same time never take each other's results", real, async (t) => {
  const { address, run } = await withWorker(t, { delayMs: 50 });
  await startModGearmanWorker(t, address);
  const answers = await Promise.all(Array.from({ length: 6 }, () => run("-n", "3")));
  for (const { state, stdout } of answers) assert.equal(state, "OK", stdout);
  assert.deepEqual(await listed(address), ["service 0 0 2"]);
});

test("nobody fetches the job: how many workers, how many jobs, and by which priority it waits", real, async (t) => {
  const levels = ["high", "normal", "low"] as const;
  const lines = await Promise.all(
    levels.map(async (level) => {
      const { address } = await startGearmand(t);
      // counted as a worker, but never asking for a job
      await registerQueues(t, address, ["service"]);
      const running = check("-H", address, "-t", "10", "--priority", level);
      let line = "";
      const isWaiting = async () => {
        [, line = ""] = /^service\t(.*)\t1$/m.exec(await adminCommand(address, "prioritystatus")) ?? [];
        return line.includes("1");
      };
      await until(isWaiting, () => `a job that waits by priority ${level}`);
      const { says, state } = await running;
      assert.equal(
        `${state} ${says}`,
        "CRITICAL Queue service: job not fetched in N s, 1 worker, no other job waiting: the worker hangs",
      );
      return line;
    }),
  );
  assert.deepEqual(lines, ["1\t0\t0", "0\t1\t0", "0\t0\t1"]);
});
