// Jobs: `-s TEXT -q QUEUE`, by dist/check_gearman through a real gearmand to workers that answer as told.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { adminCommand, queueCounts, untilQueues } from "#test/servers/admin.ts";
import { registerQueues, startWorkers } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { splitBody } from "#test/servers/packet.ts";
import { RawConnection } from "#test/servers/raw-connection.ts";
import * as raw from "#test/servers/raw-worker.ts";
import { execPlugin, startPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { parseOutput } from "#test/support/perfdata.ts";
import { until } from "#test/support/until.ts";
import { check, gearmandWith, whileItConfirms } from "./check.ts";

const real = needs("gearmand");

/** A worker of queue `q`, and a check that sends it a job; the options decide the rest. */
async function withWorker(t: TestContext, answer: raw.Answer) {
  const { address } = await startGearmand(t);
  const worker = await raw.startRawWorker(t, address, "q", answer);
  return {
    worker,
    address,
    send: (...args: readonly string[]) => check("-H", address, "-q", "q", "-s", "check", ...args),
  };
}

test("a Mod-Gearman worker, whose answer is padded to 65,536 bytes: the whole output", real, async (t) => {
  const { address } = await startGearmand(t);
  await raw.startRawWorker(t, address, "worker_host2", raw.modGearmanStatus());
  const { stdout } = await check("-H", address, "-q", "worker_host2", "-s", "check");
  assert.equal(
    stdout,
    "check_gearman OK - host2 has 3 worker and is working on 0 jobs. Version: 5.2.4 | 'worker'=3;;;3;6 'jobs'=8c\n",
  );
});

test("the result worker of the core: its state and text are the answer", real, async (t) => {
  const { address } = await startGearmand(t);
  const worker = await raw.startRawWorker(t, address, "check_results", raw.resultWorkerStatus);
  const { stdout, state } = await check("-H", address, "-q", "check_results", "-s", "check");
  assert.equal(
    stdout,
    "OK - result worker running on host1. Sending 12.5 jobs/s (avg duration:0.250ms). Version: 5.2.4" +
      " | 'worker'=3;;;0;3 'avg_submit_duration'=0.00025s;;;0;0.001 'jobs'=42c 'errors'=0c\n",
  );
  assert.equal(state, "OK");
  // it decodes whatever else it gets as a check's result
  assert.deepEqual(worker.jobs, [{ queue: "check_results", payload: "check" }]);
});

test("Gearman-Proxy 2.08: perfdata with :: comes last", real, async (t) => {
  const { send } = await withWorker(t, raw.proxyStatus());
  const { stdout, state } = await send();
  assert.equal(
    stdout,
    "OK - proxy version v2.08 running. | 'backlog'=0 'bytes_in'=0c 'bytes_out'=0c 'queues'=2 'server'=1 'total_errors'=0c" +
      " 'total_jobs'=0c 'hostgroup_x::bytes_out'=0c 'hostgroup_x::jobs'=0c 'sync_q::bytes_out'=0c 'sync_q::jobs'=0c\n",
  );
  assert.equal(state, "OK");
});

test("Gearman-Proxy with a backlog, and with servers that failed", real, async (t) => {
  const backlog = await withWorker(t, raw.proxyStatus({ backlog: 2, values: { total_errors: "7c" } }));
  const { text, state, value } = await backlog.send();
  assert.equal(text, "WARNING - proxy version v2.08 running. backlog contains 2 jobs.");
  assert.deepEqual([state, value("backlog"), value("total_errors")], ["WARNING", 2, 7]);
  const failed = await withWorker(t, raw.proxyStatus({ failed: ["127.0.0.1:4798", "127.0.0.1:4799"] }));
  const { text: failedText } = await failed.send();
  assert.equal(failedText, "WARNING - proxy version v2.08 running. 2 servers failed: 127.0.0.1:4798, 127.0.0.1:4799.");
});

test("a filter in the text goes to the proxy untouched, ours acts on what it answers", real, async (t) => {
  const { address, worker } = await withWorker(t, raw.proxyStatus());
  const text = "perfdatafilter=^(backlog|total_)";
  const { labels } = await check("-H", address, "-q", "q", "-s", text, "--perfdata-filter", "total");
  assert.deepEqual(labels, ["total_errors", "total_jobs"]);
  assert.equal(worker.jobs[0]?.payload, text);
  const nothing = await check("-H", address, "-q", "q", "-s", "perfdatafilter=nothing");
  assert.equal(nothing.stdout, "OK - proxy version v2.08 running.\n");
});

test("a filter that kills the proxy's status thread leaves no answer, which is CRITICAL", real, async (t) => {
  const { address } = await withWorker(t, raw.proxyStatus());
  const { text } = await check("-H", address, "-q", "q", "-s", "perfdatafilter=[", "-t", "4");
  assert.match(
    text,
    /^check_gearman CRITICAL - job taken, yet not answered within 4 s: slow or hung, a worker of queue q on \S+$/,
  );
});

test("--perfdata chooses what is relayed", real, async (t) => {
  const { send } = await withWorker(t, raw.proxyStatus());
  assert.equal((await send("--perfdata", "all")).labels.length, 11);
  assert.equal((await send("--perfdata", "totals")).labels.length, 7);
  assert.equal((await send("--perfdata", "none")).labels.length, 0);
});

const PREFIXES: readonly (readonly [string, string, string])[] = [
  ["0:fine", "OK", "fine"],
  ["1:slow", "WARNING", "slow"],
  ["2:down", "CRITICAL", "down"],
  ["3:lost", "UNKNOWN", "lost"],
  ["4:x", "UNKNOWN", "check_gearman UNKNOWN - the worker answered with state '4', which is none of 0 to 3: 'x'"],
  ["9:x", "UNKNOWN", "check_gearman UNKNOWN - the worker answered with state '9', which is none of 0 to 3: 'x'"],
  ["x:y", "UNKNOWN", "check_gearman UNKNOWN - the worker answered with state 'x', which is none of 0 to 3: 'y'"],
  ["-1:foo", "UNKNOWN", "check_gearman UNKNOWN - the worker answered with state '-1', which is none of 0 to 3: 'foo'"],
  ["0:", "OK", "check_gearman OK - the worker answered OK without a text"],
  ["2:", "CRITICAL", "check_gearman CRITICAL - the worker answered CRITICAL without a text"],
  ["2:|a=1", "CRITICAL", "check_gearman CRITICAL - the worker answered CRITICAL without a text"],
  ["", "UNKNOWN", "check_gearman UNKNOWN - the worker's answer to 'check' is empty"],
  ["\0\0\0", "UNKNOWN", "check_gearman UNKNOWN - the worker's answer to 'check' is empty"],
  ["all is well", "OK", "check_gearman OK - all is well"],
  ["0:cut here\0rubbish", "OK", "cut here"],
];

test("N: is the state of the answer, anything but 0 to 3 is UNKNOWN", real, async (t) => {
  let answer = "";
  const { send } = await withWorker(t, (_job, reply) => reply.complete(answer));
  for (const [said, state, text] of PREFIXES) {
    answer = said;
    const got = await send();
    assert.deepEqual([got.state, got.text], [state, text], JSON.stringify(said));
  }
});

test("what a worker says cannot break the answer", real, async (t) => {
  const { send } = await withWorker(
    t,
    raw.answers(
      "1:bad\u001b[31m; text\u0007|'it''s'=1e-7;x;@5:;0;10 broken =5 a=b 'x|y'=2 z::z=1 z=3 c=4c\r\nsecond|line\nthird\u0000x",
    ),
  );
  const { stdout, state } = await send();
  assert.equal(stdout, "bad?[31m, text? | 'it_s'=0.0000001;;@5:;0;10 'x_y'=2 'z'=3 'c'=4c 'z::z'=1\nsecond\n");
  assert.equal(state, "WARNING");
});

test("several lines of an answer are kept", real, async (t) => {
  const { send } = await withWorker(t, raw.answers("0:first | a=1\nsecond\nthird"));
  assert.equal((await send()).stdout, "first | 'a'=1\nsecond\nthird\n");
});

test("an answer of 4 MiB", real, async (t) => {
  const { send } = await withWorker(t, raw.answers(`1:${"x".repeat(4 * 1024 * 1024)}`));
  assert.equal((await send()).state, "WARNING");
});

test("-e: the text expected is in the answer, or it is CRITICAL", real, async (t) => {
  const { send } = await withWorker(t, raw.answers("all is well|a=1"));
  const match = await send("-e", "is well");
  assert.equal(match.stdout, "check_gearman OK - send worker 'check' response: 'all is well' | 'a'=1\n");
  const mismatch = await send("-e", "nomatch");
  assert.equal(
    mismatch.stdout,
    "check_gearman CRITICAL - send worker: 'check' response: 'all is well', expected 'nomatch' | 'a'=1\n",
  );
});

test("--time-warning and --time-critical judge the worker's answer", real, async (t) => {
  const { send } = await withWorker(t, raw.answers("0:fine|a=1"));
  const quick = await send("--time-warning", "20", "--time-critical", "30");
  assert.deepEqual([quick.text, quick.labels], ["fine", ["a", "time"]]);
  const slow = await send("--time-critical", "0");
  assert.match(slow.text, /^check_gearman CRITICAL - answer took \d+\.\d{3} s: fine$/);
  assert.equal((await send()).value("time"), undefined);
});

test("a queue without worker is CRITICAL, and no job is left behind", real, async (t) => {
  const { address } = await gearmandWith(t, { known: {} });
  const known = await check("-H", address, "-q", "known", "-s", "check", "--confirm", "0");
  assert.equal(known.text, `check_gearman CRITICAL - Queue known has no worker: job not sent to ${address}.`);
  const unknown = await check("-H", address, "-q", "nope", "-s", "check", "--confirm", "0.3");
  assert.match(
    unknown.text,
    /^check_gearman CRITICAL - Queue nope not found for [\d.]+ s, so it has no worker: job not sent to 127\S+\.$/,
  );
  const cut = await check("-H", address, "-q", "known", "-s", "check", "--confirm", "60", "-t", "4");
  assert.match(cut.text, /^check_gearman UNKNOWN - Queue known has no worker.*, -t leaves no time to see it for 60 s/);
  assert.deepEqual([...(await queueCounts(address))], [["known", { total: 0, running: 0, workers: 0 }]]);
});

test("--confirm: a worker that is back in time gets the job", real, async (t) => {
  const { address } = await gearmandWith(t, { q: {} });
  const { code, stdout } = await whileItConfirms(
    ["-H", address, "-q", "q", "-s", "check", "--confirm", "30", "-t", "40"],
    () => raw.startRawWorker(t, address, "q", raw.answers("0:back")),
  );
  assert.deepEqual([code, parseOutput(stdout).text], [0, "back"]);
});

test("a worker that fails, throws, or dies", real, async (t) => {
  const fails = await withWorker(t, raw.fails);
  assert.equal(
    (await fails.send()).text,
    "check_gearman CRITICAL - job failed: the worker reported a failure (WORK_FAIL)",
  );
  const throws = await withWorker(t, raw.throws("boom | x"));
  assert.equal(
    (await throws.send()).text,
    "check_gearman CRITICAL - job failed: the worker threw an exception: boom / x",
  );
  const dies = await withWorker(t, raw.dies);
  assert.equal((await dies.send("-t", "4")).state, "CRITICAL");
});

test("a worker that takes the job and never answers", real, async (t) => {
  const { send } = await withWorker(t, raw.neverAnswers);
  const { text, state } = await send("-t", "4:WARNING");
  assert.match(
    text,
    /^check_gearman WARNING - job taken, yet not answered within 4 s: slow or hung, a worker of queue q on 127\S+$/,
  );
  assert.equal(state, "WARNING");
});

test("-a: OK once a worker has taken the background job", real, async (t) => {
  const { send, worker } = await withWorker(t, raw.neverAnswers);
  assert.equal((await send("-a")).stdout, "check_gearman OK - sending background job succeeded\n");
  assert.equal(worker.jobs.length, 1);
});

test("-a: a job nobody takes is withdrawn, and no success", real, async (t) => {
  // its only worker has another job in hand
  const { address } = await gearmandWith(t, { q: { running: 1 } });
  const { text } = await check("-H", address, "-q", "q", "-s", "check", "-a", "-t", "4");
  assert.match(
    text,
    /^check_gearman CRITICAL - no worker of queue q took the background job in \d\.\d s, job cancelled$/,
  );
  const other = await gearmandWith(t, { q: { running: 1 } });
  const late = await check("-H", other.address, "-q", "q", "-s", "check", "-a", "-t", "4:unknown");
  assert.match(late.text, /^check_gearman UNKNOWN - no worker of queue q took the background job in /);
  assert.equal(late.state, "UNKNOWN");
});

test("a job to `gearman -w`, a worker nobody wrote for this test", needs("gearmand", "gearman"), async (t) => {
  const { address } = await startGearmand(t);
  await startWorkers(t, address, ["echo"], { command: ["sed", "s/^/0:got /"] });
  const { stdout } = await check("-H", address, "-q", "echo", "-s", "a 'quoted' text");
  assert.equal(stdout, "got a 'quoted' text\n");
  await untilQueues(address, (queues) => queues.get("echo")?.total === 0);
});

/** Resolves when so many clients wait for the job with this unique id. */
async function untilClients(address: string, unique: string, wanted: number): Promise<void> {
  const [GET_STATUS_UNIQUE, CLIENTS] = [41, 5];
  const connection = await RawConnection.open(address);
  let clients = 0;
  const areThere = async () => {
    connection.send(GET_STATUS_UNIQUE, unique);
    clients = Number(splitBody((await connection.reply()).body, 6)[CLIENTS]);
    return clients === wanted;
  };
  await until(areThere, () => `${wanted} clients, there are ${clients}`);
  connection.close();
}

test("a worker that hangs: no job is sent while one of an earlier check waits", real, async (t) => {
  const { address } = await startGearmand(t);
  const worker = await registerQueues(t, address, ["q"]);
  const send = (...args: readonly string[]) => check("-H", address, "-q", "q", "-s", "check", "-t", "4", ...args);
  assert.match((await send()).text, /CRITICAL - job not taken within 4 s: busy or hung, the workers of queue q on /);
  for (const args of [[], ["-a"]]) {
    const { state, text } = await send(...args);
    assert.equal(state, "CRITICAL");
    assert.match(
      text,
      /^check_gearman CRITICAL - job not sent in \d\.\d s, since one of an earlier check waits: busy or hung, the workers of queue q on 127\.0\.0\.1:\d+$/,
    );
  }
  assert.equal((await send("-t", "3:UNKNOWN")).state, "UNKNOWN");
  assert.equal((await queueCounts(address)).get("q")?.total, 1);
  // the other check knows it as well
  const other = await execPlugin("check_mod_gearman", "-H", address, "-q", "q", "--no-encryption", "-t", "4");
  assert.match(
    other.stdout,
    /no job sent in .* 1 worker, 1 job waiting, it was left by earlier checks: the worker hangs/,
  );

  await worker.release();
  await raw.startRawWorker(t, address, "q", raw.answers("0:fine"));
  assert.equal((await check("-H", address, "-q", "q", "-s", "check")).state, "OK");
});

test("the waiting jobs of others, and of a check that runs, keep no job back", real, async (t) => {
  const { address } = await startGearmand(t);
  await registerQueues(t, address, ["q"]);
  const running = startPlugin("check_gearman", ["-H", address, "-q", "q", "-s", "check", "-t", "50"]);
  await untilQueues(address, (queues) => queues.get("q")?.total === 1);
  const { text } = await check("-H", address, "-q", "q", "-s", "check", "-t", "4");
  assert.match(text, /CRITICAL - job not taken within 4 s/);
  running.child.kill("SIGTERM");
  await running.finished;
});

test("-u: two checks with one id get the answer to one job, as its meaning is", real, async (t) => {
  const pending: raw.Reply[] = [];
  const { address, worker } = await withWorker(t, (_job, reply) => void pending.push(reply));
  const args = (text: string) => ["-H", address, "-q", "q", "-u", "same", "-s", text];
  const both = [check(...args("first")), check(...args("second"))];
  await untilClients(address, "same", 2);
  pending[0]?.complete("0:shared");
  const answers = await Promise.all(both);
  assert.deepEqual(
    answers.map(({ text }) => text),
    ["shared", "shared"],
  );
  assert.equal(worker.jobs.length, 1);
});

test("-q takes a queue with any name", real, async (t) => {
  const { address } = await startGearmand(t);
  await raw.startRawWorker(t, address, "zeit für | ü", raw.answers("0:fine"));
  assert.equal((await check("-H", address, "-q", "zeit für | ü", "-s", "x")).text, "fine");
});

test(
  "a job that no worker takes, since the only one is busy, is told from one that is not answered",
  real,
  async (t) => {
    const { address } = await gearmandWith(t, { q: { running: 1 } });
    const { state, text } = await check("-H", address, "-q", "q", "-s", "check", "-t", "4");
    assert.equal(state, "CRITICAL");
    assert.equal(
      text,
      `check_gearman CRITICAL - job not taken within 4 s: busy or hung, the workers of queue q on ${address}`,
    );
  },
);

test("-a ended by a signal withdraws its job: no worker runs it later", real, async (t) => {
  const { address } = await startGearmand(t);
  await registerQueues(t, address, ["q"]);
  const { child, finished } = startPlugin("check_gearman", ["-H", address, "-q", "q", "-s", "check", "-a", "-t", "50"]);
  await untilQueues(address, (queues) => (queues.get("q")?.total ?? 0) > 0);
  child.kill("SIGTERM");
  const { code, stdout } = await finished;
  assert.deepEqual([code, stdout], [3, "check_gearman UNKNOWN - stopped by SIGTERM\n"]);
  // handle, retries, ignored, stored
  assert.match(await adminCommand(address, "show jobs"), /^\S+\t0\t1\t\d\n/);
});

test("-a to a server that freezes with the job: it is named", real, async (t) => {
  const server = await startGearmand(t);
  await registerQueues(t, server.address, ["q"]);
  const running = check("-H", server.address, "-q", "q", "-s", "check", "-a", "-t", "5:UNKNOWN");
  await untilQueues(server.address, (queues) => (queues.get("q")?.total ?? 0) > 0);
  server.freeze();
  const { text } = await running;
  assert.match(text, /^check_gearman UNKNOWN - no complete answer from 127\.0\.0\.1:\d+ within 5 s/);
  server.thaw();
});
