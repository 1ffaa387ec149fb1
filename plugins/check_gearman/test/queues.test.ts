// What the options for queues do, by dist/check_gearman against a real gearmand. `--confirm 0` where that is not the subject.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { registerQueues, startWorkers } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { execPlugin, startPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { parseOutput } from "#test/support/perfdata.ts";
import { check, gearmandWith, populate, type QueueState, versionOf, whileItConfirms } from "./check.ts";

const real = needs("gearmand");

/** A check of a server with these queues; the options decide the rest. */
async function checkQueues(t: TestContext, queues: Readonly<Record<string, QueueState>>) {
  const { address } = await gearmandWith(t, queues);
  return (...args: readonly string[]) => check("-H", address, "--confirm", "0", ...args);
}

test("OK, the whole answer: text and labels as Mod-Gearman's plugin prints them", real, async (t) => {
  const { address } = await gearmandWith(t, {
    host: { worker: 2 },
    service: { waiting: 3, running: 1, worker: 2 },
    eventhandler: {},
  });
  const { stdout, state } = await check("-H", address);
  assert.equal(
    stdout,
    `check_gearman OK - 1 job running and 3 jobs waiting. Version: ${await versionOf(address)}` +
      " | 'eventhandler_waiting'=0;10;100;0 'eventhandler_running'=0 'eventhandler_worker'=0;;;0" +
      " 'host_waiting'=0;10;100;0 'host_running'=0 'host_worker'=2;;;0" +
      " 'service_waiting'=3;10;100;0 'service_running'=1 'service_worker'=2;;;0\n",
  );
  assert.equal(state, "OK");
});

test("WARNING, the whole answer", real, async (t) => {
  const run = await checkQueues(t, { warnq: { waiting: 10, worker: 1 } });
  const { stdout, state } = await run("-q", "warnq");
  assert.equal(
    stdout,
    "check_gearman WARNING - Queue warnq has 10 waiting jobs." +
      " | 'warnq_waiting'=10;10;100;0 'warnq_running'=0 'warnq_worker'=1;;;0\n",
  );
  assert.equal(state, "WARNING");
});

test(
  "CRITICAL, the whole answer: three problems named, worst first, the others counted and listed",
  real,
  async (t) => {
    const run = await checkQueues(t, {
      a: { waiting: 12, worker: 1 },
      b: { waiting: 1 },
      c: { waiting: 2 },
      d: { waiting: 120, worker: 1 },
      e: { worker: 1 },
    });
    const { stdout, state } = await run("--perfdata", "totals");
    assert.equal(
      stdout,
      "check_gearman CRITICAL - Queue b has 1 job without any worker. Queue c has 2 jobs without any worker." +
        " Queue d has 120 waiting jobs. And 1 more." +
        " | 'waiting'=135;;;0 'running'=0;;;0 'worker'=3;;;0 'queues'=5;;;0\n" +
        "WARNING - Queue a has 12 waiting jobs.\n",
    );
    assert.equal(state, "CRITICAL");
  },
);

test("UNKNOWN, the whole answer", real, async (t) => {
  const run = await checkQueues(t, { host: {}, service: {} });
  const { stdout, state } = await run("--include", "nope*");
  assert.equal(
    stdout,
    "check_gearman UNKNOWN - no queue left to check: the filters leave out all 2\n2 of 2 queues left out by the filters\n",
  );
  assert.equal(state, "UNKNOWN");
});

test("a server without any queue is a fresh one", real, async (t) => {
  const run = await checkQueues(t, {});
  const { state, text } = await run();
  assert.match(text, /^check_gearman OK - 0 jobs running and 0 jobs waiting\. Version: /);
  assert.equal(state, "OK");
});

for (const [host, args] of [
  ["127.0.0.1", (port: string) => ["-H", `127.0.0.1:${port}`]],
  ["127.0.0.1", (port: string) => ["-p", port]],
  ["127.0.0.1", (port: string) => ["-H", "127.0.0.1", "--port", port]],
  ["127.0.0.1", (port: string) => ["-H", `127.0.0.1:${port}`, "-p", "1"]],
  ["127.0.0.1", (port: string) => ["-4", "-H", `localhost:${port}`]],
  ["::1", (port: string) => ["-H", `[::1]:${port}`]],
  ["::1", (port: string) => ["-H", "::1", "-p", port]],
  ["::1", (port: string) => ["-H", `localhost:${port}`]],
  ["::1", (port: string) => ["-6", "-H", `localhost:${port}`]],
] as const) {
  test(`a server on ${host} is reached by ${args("PORT").join(" ")}`, real, async (t) => {
    const { port } = await startGearmand(t, { host });
    const { state, stdout } = await check(...args(String(port)));
    assert.equal(state, "OK", stdout);
  });
}

test("-4 and -6 keep to their family", real, async (t) => {
  const { port } = await startGearmand(t);
  assert.match((await check("-6", "-H", `localhost:${port}`)).text, /^check_gearman CRITICAL - failed to connect/);
  const wrong = await check("-6", "-H", `127.0.0.1:${port}`);
  assert.equal(wrong.text, "check_gearman UNKNOWN - 127.0.0.1 is not an IPv6 address");
});

test("-q takes exact names, several of them, and a missing one has the state of --missing", real, async (t) => {
  const run = await checkQueues(t, { host: { waiting: 200, worker: 1 }, host2: {}, service: {}, "zeit für ü": {} });
  const two = await run("-q", "host2", "-q", "service");
  assert.equal(two.state, "OK");
  assert.deepEqual(
    two.labels.filter((label) => label.endsWith("_waiting")),
    ["host2_waiting", "service_waiting"],
  );
  assert.equal((await run("-q", "zeit für ü")).state, "OK");

  const missing = await run("-q", "hos", "-q", "service");
  assert.match(missing.text, /^check_gearman WARNING - Queue hos not found$/);
  assert.deepEqual(missing.labels, ["service_waiting", "service_running", "service_worker"]);
  for (const state of ["OK", "WARNING", "CRITICAL", "UNKNOWN"]) {
    assert.equal((await run("-q", "hos", "--missing", state.toLowerCase())).state, state);
  }
  // what is there and bad outweighs what is not there
  assert.equal((await run("-q", "hos", "-q", "host")).state, "CRITICAL");
});

test("--include and --exclude act on verdict, totals and perfdata, and tell what they leave out", real, async (t) => {
  const run = await checkQueues(t, {
    hostgroup_a: { waiting: 5, worker: 1 },
    hostgroup_b: { waiting: 6, worker: 1 },
    service: { waiting: 200, worker: 1 },
    xhostgroup_: {},
  });
  const waiting = (labels: readonly string[]) => labels.filter((label) => label.endsWith("_waiting"));

  const glob = await run("--include", "hostgroup_*", "--total-warning", "100");
  assert.equal(glob.state, "OK");
  assert.match(glob.text, /0 jobs running and 11 jobs waiting\. 2 queues left out\./);
  assert.deepEqual(waiting(glob.labels), ["hostgroup_a_waiting", "hostgroup_b_waiting"]);
  assert.deepEqual([glob.value("waiting"), glob.value("queues")], [11, 2]);
  assert.deepEqual(glob.long, ["2 of 4 queues left out by the filters"]);

  const both = await run("--include", "~^(host|serv)", "--exclude", "serv*", "--exclude", "hostgroup_a");
  assert.deepEqual([both.state, waiting(both.labels)], ["OK", ["hostgroup_b_waiting"]]);
  assert.equal((await run("--include", "service", "--exclude", "~^s")).state, "UNKNOWN");
  const inner = await run("--include", "~group_$");
  assert.deepEqual(waiting(inner.labels), ["xhostgroup__waiting"]);
  const without = await run("--exclude", "service");
  assert.deepEqual([without.state, waiting(without.labels).length], ["OK", 3]);
  const named = await run("-q", "service", "-q", "hostgroup_a", "--exclude", "service");
  assert.deepEqual(waiting(named.labels), ["hostgroup_a_waiting"]);
});

const WAITING_9: readonly (readonly [string, readonly string[], string])[] = [
  ["9 waiting are below the default of 10", [], "OK"],
  ["a bare N alerts at N", ["-w", "9"], "WARNING"],
  ["a bare N alerts above N", ["-w", "8"], "WARNING"],
  ["a bare N is quiet below N", ["-w", "9.5"], "OK"],
  ["critical before warning", ["-w", "5", "-c", "9"], "CRITICAL"],
  ["0 switches off", ["-w", "0", "-c", "0"], "OK"],
  ["a range of the guidelines includes its ends", ["-w", "~:9"], "OK"],
  ["a range alerts above its end", ["-c", ":8"], "CRITICAL"],
  ["@ alerts inside", ["-w", "@9:20"], "WARNING"],
  ["an end alone from below", ["-w", "10:"], "WARNING"],
  ["an empty value is the default", ["-w", "", "-c", ""], "OK"],
  ["the last one counts", ["-w", "1", "-w", "50"], "OK"],
  ["glued to its option", ["-c9"], "CRITICAL"],
  ["long form with =", ["--critical=9"], "CRITICAL"],
  ["a value that begins with a dash", ["-w", "-5:8"], "WARNING"],
];

test("-w and -c judge the waiting jobs of a queue", real, async (t) => {
  const run = await checkQueues(t, { q: { waiting: 9, worker: 1 } });
  for (const [what, args, state] of WAITING_9) assert.equal((await run(...args)).state, state, what);
});

test("perfdata has the thresholds as they were given", real, async (t) => {
  const run = await checkQueues(t, { q: { waiting: 1, running: 1 } });
  const { perfdata } = await run("-w", "@5:9", "-c", "~:200", "-W", "1:", "-C", "0", "--running-warning", "7");
  const bounds = perfdata.map(({ label, warn, crit, min }) => [label, warn, crit, min]);
  assert.deepEqual(bounds, [
    ["q_waiting", "@5:9", "~:200", 0],
    ["q_running", "7", undefined, undefined],
    ["q_worker", "1:", undefined, 0],
  ]);
});

test("-W and -C judge the workers of a queue, and are off unless given", real, async (t) => {
  const run = await checkQueues(t, { none: {}, two: { worker: 2 }, many: { worker: 60 } });
  assert.equal((await run()).state, "OK");
  const few = await run("-C", "1:");
  assert.equal(few.text, "check_gearman CRITICAL - Queue none has no worker.");
  assert.equal((await run("-W", "3:", "-q", "two")).text, "check_gearman WARNING - Queue two has 2 worker.");
  assert.equal(
    (await run("-W", "25", "-C", "50", "-q", "many")).text,
    "check_gearman CRITICAL - Queue many has 60 worker.",
  );
  assert.equal((await run("-W", "25", "-C", "0", "-q", "many")).state, "WARNING");
});

test("-x is critical for a selected queue without worker", real, async (t) => {
  const run = await checkQueues(t, { none: {}, some: { worker: 1 } });
  assert.equal((await run("-x")).text, "check_gearman CRITICAL - Queue none has no worker.");
  assert.equal((await run("-x", "-q", "some")).state, "OK");
  assert.equal((await run("-x", "--exclude", "none")).state, "OK");
});

test("--running-warning and --running-critical judge running jobs", real, async (t) => {
  const run = await checkQueues(t, { q: { running: 3 } });
  assert.equal((await run("--running-warning", "4")).state, "OK");
  assert.equal((await run("--running-warning", "3")).text, "check_gearman WARNING - Queue q has 3 running jobs.");
  assert.equal((await run("--running-critical", "5:")).state, "CRITICAL");
});

test("--total-warning and --total-critical judge the waiting jobs of all selected queues", real, async (t) => {
  const run = await checkQueues(t, { a: { waiting: 6, worker: 1 }, b: { waiting: 7, worker: 1 } });
  assert.equal((await run("--total-warning", "14")).state, "OK");
  const warning = await run("--total-warning", "13", "--total-critical", "~:100");
  assert.equal(warning.text, "check_gearman WARNING - 13 jobs waiting in 2 queues.");
  const item = warning.perfdata.find(({ label }) => label === "waiting");
  assert.deepEqual([item?.value, item?.warn, item?.crit], [13, "13", "~:100"]);
  assert.equal((await run("--total-critical", "7", "-q", "a")).state, "OK");
  const selected = await run("--total-critical", "6", "-q", "a");
  assert.equal(selected.text, "check_gearman CRITICAL - 6 jobs waiting in 1 queue.");
});

test("--orphans is the state of a queue with waiting jobs and no worker", real, async (t) => {
  const run = await checkQueues(t, { q: { waiting: 2 } });
  assert.equal((await run()).text, "check_gearman CRITICAL - Queue q has 2 jobs without any worker.");
  for (const state of ["OK", "WARNING", "CRITICAL", "UNKNOWN"]) {
    assert.equal((await run("--orphans", state)).state, state);
  }
  // thresholds go on counting
  assert.equal((await run("--orphans", "ok", "-c", "2")).state, "CRITICAL");
});

test("check_results waiting means that the core does not fetch results", real, async (t) => {
  const run = await checkQueues(t, { check_results: { waiting: 150, worker: 1 }, other: {} });
  assert.match((await run()).text, /Queue check_results has 150 waiting jobs, the core is not fetching results\.$/);
  const orphan = await checkQueues(t, { check_results: { waiting: 1 } });
  assert.match((await orphan()).text, /has 1 job without any worker, the core is not fetching results\.$/);
});

test("--confirm: a worker that is back in time is no alarm", needs("gearmand", "gearman"), async (t) => {
  const { address } = await gearmandWith(t, { q: { waiting: 3 } });
  const args = ["-H", address, "--confirm", "30", "-t", "40"];
  const { code, stdout } = await whileItConfirms(args, () => startWorkers(t, address, ["q"]));
  assert.equal(code, 0, stdout);
  assert.equal(parseOutput(stdout).perfdata.find(({ label }) => label === "q_worker")?.value, 1);
});

test("--confirm: a queue that is not there yet is no alarm", needs("gearmand", "gearman"), async (t) => {
  const { address } = await gearmandWith(t, { other: {} });
  const args = ["-H", address, "-q", "q", "--confirm", "30", "-t", "40"];
  const { code, stdout } = await whileItConfirms(args, () => startWorkers(t, address, ["q"]));
  assert.equal(code, 0, stdout);
});

test("--confirm: a worker that stays away is an alarm, which says for how long it was seen", real, async (t) => {
  const { address } = await gearmandWith(t, { q: { waiting: 3 }, idle: {} });
  const orphan = /^check_gearman CRITICAL - Queue q has 3 jobs without any worker for [\d.]+ s\.$/;
  assert.match((await check("-H", address, "--confirm", "0.3")).text, orphan);
  const { text } = await check("-H", address, "-q", "idle", "-C", "1:", "--confirm", "0.3");
  assert.match(text, /^check_gearman CRITICAL - Queue idle has no worker for [\d.]+ s\.$/);
});

test("--confirm: where -t leaves no time for it nothing is CRITICAL for want of a worker", real, async (t) => {
  const { address } = await gearmandWith(t, { idle: {} });
  for (const args of [["-x"], ["-q", "idle", "-C", "1:"], ["-q", "nope", "-x"]]) {
    const { text } = await check("-H", address, "--confirm", "60", "-t", "4", ...args);
    assert.match(text, /^check_gearman UNKNOWN - Queue \w+ .*, -t leaves no time to see it for 60 s \(--confirm\)\.?$/);
  }
});

test("--confirm: what is CRITICAL whatever the workers do is said at once", real, async (t) => {
  const { address } = await gearmandWith(t, { full: { waiting: 120, worker: 1 }, idle: {} });
  const args = ["-H", address, "-x", "--confirm", "30", "-t", "40", "-vvv"];
  const { code, stdout, stderr } = await execPlugin("check_gearman", ...args);
  assert.equal(code, 2);
  assert.doesNotMatch(stderr, /asking again/);
  const [first = ""] = stdout.split(" | ");
  assert.equal(
    first,
    "check_gearman CRITICAL - Queue full has 120 waiting jobs. Queue idle has no worker, not looked at again, since something else is CRITICAL.",
  );
});

test(
  "a server that no worker has come to since it was started is CRITICAL for who asks for workers",
  real,
  async (t) => {
    const { address } = await gearmandWith(t, {});
    const run = (...args: readonly string[]) => check("-H", address, "--confirm", "0", ...args);
    const none = `check_gearman CRITICAL - ${address} has no queue: no worker has come since it was started`;
    for (const args of [["-x"], ["-C", "1:"], ["--include", "host", "-x"]])
      assert.equal((await run(...args)).text, none);
    const missing = "check_gearman CRITICAL - Queue check_results not found";
    for (const args of [["-x"], ["-C", "1:"], ["-x", "--missing", "ok"]]) {
      assert.equal((await run("-q", "check_results", ...args)).text, missing);
    }
    assert.equal((await run("-q", "check_results")).state, "WARNING");
    assert.equal((await run("-q", "check_results", "--missing", "ok")).state, "OK");
    assert.equal((await run()).state, "OK");
    const { text } = await check("-H", address, "-x", "--confirm", "0.3");
    assert.match(text, /has no queue for [\d.]+ s: no worker has come since it was started$/);
  },
);

test("queues that killed probes left behind are a WARNING that names them", real, async (t) => {
  const left = `check_mod_gearman-5b01e2b0-${"0123456789abcdef".repeat(2)}`;
  const { address } = await gearmandWith(t, { [left]: { waiting: 3 }, service: { worker: 1 } });
  const { text, value } = await check("-H", address);
  assert.equal(
    text,
    `check_gearman WARNING - 1 queue left behind by probes, with 3 jobs: ${left}. Drop them by gearadmin --drop-function NAME`,
  );
  assert.equal(value("leftovers"), 1);
  assert.equal((await check("-H", address, "--leftovers-warning", "0")).state, "OK");
  assert.equal((await check("-H", address, "--leftovers-critical", "1")).state, "CRITICAL");
  assert.equal((await check("-H", address, "-q", "service")).value("leftovers"), undefined);
});

test("--time-warning and --time-critical judge the server's answer, and print it", real, async (t) => {
  const run = await checkQueues(t, { q: {} });
  assert.equal((await run()).value("time"), undefined);
  const good = await run("--time-warning", "50", "--time-critical", "60");
  const time = good.perfdata.find(({ label }) => label === "time");
  assert.deepEqual([good.state, time?.uom, time?.warn, time?.crit, time?.min], ["OK", "s", "50", "60", 0]);
  assert.ok((time?.value ?? 0) > 0);
  const slow = await run("--time-warning", "50", "--time-critical", "0");
  assert.match(slow.text, /^check_gearman CRITICAL - answer took \d+\.\d{3} s\.$/);
});

test("--perfdata and --perfdata-filter choose what is printed, and change no verdict", real, async (t) => {
  const run = await checkQueues(t, { a: { waiting: 20, worker: 1 }, b: { running: 1 } });
  const labels = async (...args: readonly string[]) => {
    const { state, labels } = await run(...args);
    assert.equal(state, "WARNING");
    return labels;
  };
  assert.equal((await labels()).length, 6);
  assert.deepEqual(await labels("--perfdata", "totals"), ["waiting", "running", "worker", "queues"]);
  assert.deepEqual(await labels("--perfdata", "none"), []);
  assert.deepEqual(await labels("--perfdata-filter", "_wait"), ["a_waiting", "b_waiting"]);
  assert.deepEqual(await labels("--perfdata-filter", "^b_(run|work)"), ["b_running", "b_worker"]);
  assert.deepEqual(await labels("--perfdata", "totals", "--perfdata-filter", "^q"), ["queues"]);
  assert.deepEqual(await labels("--perfdata-filter", "nothing"), []);
});

test("-v lists the queues that are fine, -vv the numbers and how thresholds were read", real, async (t) => {
  const run = await checkQueues(t, { a: { waiting: 20, worker: 1 }, b: { worker: 1 }, c: {} });
  assert.deepEqual((await run()).long, []);
  const verbose = await run("-v");
  assert.deepEqual(verbose.long, [
    "WARNING - Queue a has 20 waiting jobs.",
    "OK - Queue b has 0 waiting jobs, 0 running, 1 worker.",
    "OK - Queue c has 0 waiting jobs, 0 running, 0 worker.",
  ]);
  const more = (await run("-vv", "--exclude", "c", "-w", "0", "-c", "~:30")).stdout;
  assert.match(more, /^job servers: 1 asked, 1 answered$/m);
  assert.match(more, /^queues: 3 listed, 2 selected, 1 left out; answered in \d/m);
  assert.match(more, /^waiting jobs of a queue: WARNING off, CRITICAL above 30$/m);
  assert.equal(verbose.labels.length, 9);
});

test("-vvv may write to stderr, and its answer is still well-formed", real, async (t) => {
  const { address } = await gearmandWith(t, { a: {} });
  const { finished } = startPlugin("check_gearman", ["-H", address, "-vvv"]);
  const { code, stdout } = await finished;
  assert.equal(code, 0);
  parseOutput(stdout);
});

test("real workers are counted, and their going is seen", needs("gearmand", "gearman"), async (t) => {
  const { address } = await startGearmand(t);
  const workers = await startWorkers(t, address, ["a", "b"], { count: 2 });
  const args = ["-H", address, "--confirm", "0", "-C", "2:"];
  const up = await check(...args);
  assert.deepEqual([up.state, up.value("a_worker"), up.value("b_worker")], ["OK", 2, 2]);
  await workers.stop();
  await populate(t, address, { b: { waiting: 1 } });
  assert.match(
    (await check(...args)).text,
    /CRITICAL - Queue a has no worker\. Queue b has 1 job without any worker\.$/,
  );
});

test("5,000 queues", real, async (t) => {
  const { address } = await startGearmand(t);
  const names = Array.from({ length: 5000 }, (_, i) => `queue_${i}`);
  const registered = await registerQueues(t, address, names);
  const all = await check("-H", address);
  assert.deepEqual([all.state, all.labels.length], ["OK", 15_000]);
  assert.equal((await check("-H", address, "-q", "queue_4711")).labels.length, 3);
  await registered.release();
  const bad = await check("-H", address, "-C", "1:", "--confirm", "0", "--perfdata", "none");
  assert.match(bad.text, /^check_gearman CRITICAL - Queue queue_0 has no worker\. .* And 4997 more\.$/);
  assert.deepEqual([bad.state, bad.long.length], ["CRITICAL", 4997]);
});

test(
  "thresholds of single queues: the name before a pattern, the last of equals, and one without a name for all others",
  real,
  async (t) => {
    const run = await checkQueues(t, {
      check_results: { waiting: 60, worker: 1 },
      hostgroup_a: { waiting: 60, worker: 2 },
      "odd=name": { waiting: 60, worker: 1 },
      service: { waiting: 60, worker: 1 },
    });
    const one = await run("-w", "500", "-w", "check_results=50", "-c", "1000");
    assert.equal(one.state, "WARNING");
    assert.match(one.text, /^check_gearman WARNING - Queue check_results has 60 waiting jobs, the core is/);
    assert.match(one.stdout, /'check_results_waiting'=60;50;1000;0 /);
    assert.match(one.stdout, /'service_waiting'=60;500;1000;0 /);
    // without one for all the default stays
    const others = await run("-w", "service=70", "-w", "odd=name=70", "-w", "*=100", "-c", "service=50");
    assert.match(others.text, /^check_gearman CRITICAL - Queue service has 60 waiting jobs\.$/);
    assert.match(
      others.stdout,
      /'hostgroup_a_waiting'=60;100;100;0 .*'odd.-3d-name_waiting'=60;70;100;0 .*'service_waiting'=60;70;50;0 /,
    );
    assert.match((await run("-w", "0", "-w", "s*=5", "-w", "service=0")).text, /^check_gearman OK - /);
    assert.match((await run("-w", "100", "-w", "s*=5", "-w", "~^serv=80")).text, /^check_gearman OK - /);
    assert.match((await run("-w", "0", "-W", "hostgroup_*=2")).text, /WARNING - Queue hostgroup_a has 2 worker\.$/);

    const { stdout } = await run("-w", "500", "-w", "nosuch=1", "-w", "600", "--running-critical", "service=9", "-vv");
    assert.match(stdout, /^-w is given twice: the last one counts$/m);
    assert.match(stdout, /^no selected queue is named nosuch: its thresholds judge nothing$/m);
    assert.match(stdout, /^waiting jobs of a queue: WARNING 600 or more, CRITICAL 100 or more$/m);
    assert.match(stdout, /^waiting jobs of queue nosuch: WARNING 1 or more, CRITICAL 100 or more$/m);
    assert.match(stdout, /^running jobs of queue service: WARNING off, CRITICAL 9 or more$/m);
  },
);

test("a queue of which a threshold asks for workers by its name is missed when it is not there", real, async (t) => {
  const run = await checkQueues(t, { host: { worker: 1 }, service: {} });
  const missed = await run("-C", "check_results=1:");
  assert.match(missed.text, /^check_gearman CRITICAL - Queue check_results not found\.?$/);
  // not where it is not looked at, nor by a pattern or an upper limit
  for (const args of [
    ["-q", "host"],
    ["--exclude", "check_*"],
  ]) {
    assert.equal((await run("-C", "check_results=1:", ...args)).state, "OK", args.join(" "));
  }
  assert.equal((await run("-C", "check_*=1:", "-C", "check_results=50")).state, "OK");
  assert.match((await run("-C", "service=1:")).text, /CRITICAL - Queue service has no worker\.$/);
});

test("a threshold with a name that cannot be read is named", async () => {
  for (const [text, why] of [
    ["=5", "'=5' has no name before the '='"],
    ["q=", "'' is neither a number"],
    ["q=abc", "'abc' is neither a number"],
    ["~(=5", "'(' is not an RE2 regular expression"],
  ] as const) {
    const { state, text: said } = await check("-w", text);
    assert.equal(state, "UNKNOWN");
    assert.ok(said.includes(`option '-w, --warning <[name=]n>': ${why}`), said);
  }
});
