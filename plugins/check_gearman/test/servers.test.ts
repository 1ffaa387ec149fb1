// Several job servers at once, by dist/check_gearman against real ones.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { startGearmand } from "#test/servers/gearmand.ts";
import { refused, scripted } from "#test/servers/misbehaving.ts";
import { answers, startRawWorker } from "#test/servers/raw-worker.ts";
import { needs } from "#test/support/needs.ts";
import { check, gearmandWith, type QueueState } from "./check.ts";

const real = needs("gearmand");

/** Two servers with one queue each, and a check of both. */
async function twoServers(t: TestContext, first: QueueState, second: QueueState) {
  const a = await gearmandWith(t, { q: first });
  const b = await gearmandWith(t, { q: second });
  const label = ({ port }: { readonly port: number }, what: string) => `127.0.0.1-${port}_${what}`;
  return {
    a,
    b,
    label,
    run: (...args: readonly string[]) => check("-H", a.address, "-H", b.address, "--confirm", "0", ...args),
  };
}

test("the whole answer of two servers: labels carry the server, the text counts both", real, async (t) => {
  const { a, b, run } = await twoServers(t, { waiting: 1, worker: 1 }, { worker: 2 });
  const { stdout } = await run();
  const items = (port: number, waiting: number, worker: number) =>
    `'127.0.0.1-${port}_q_waiting'=${waiting};10;100;0 '127.0.0.1-${port}_q_running'=0 '127.0.0.1-${port}_q_worker'=${worker};;;0`;
  const [, version] = /Version: (\S+)/.exec(stdout) ?? [];
  assert.equal(
    stdout,
    `check_gearman OK - 2 job servers, 0 jobs running and 1 job waiting. Version: ${version}` +
      ` | ${items(a.port, 1, 1)} ${items(b.port, 0, 2)} 'servers'=2;;;0;2\n`,
  );
});

test("a comma separates servers as a second -H does", real, async (t) => {
  const { a, b } = await twoServers(t, {}, {});
  const answer = await check("-H", `${a.address}, ${b.address}`);
  assert.equal(answer.value("servers"), 2);
});

test("a server named twice is one server", real, async (t) => {
  const { address } = await gearmandWith(t, { q: {} });
  const { state, labels } = await check("-H", address, "-H", address);
  assert.deepEqual([state, labels], ["OK", ["q_waiting", "q_running", "q_worker"]]);
});

test("the worst queue of all servers decides, and its server is named", real, async (t) => {
  const { a, b, label, run } = await twoServers(t, { waiting: 20, worker: 1 }, { waiting: 2 });
  const answer = await run();
  assert.equal(
    answer.text,
    `check_gearman CRITICAL - ${b.address}: Queue q has 2 jobs without any worker. ${a.address}: Queue q has 20 waiting jobs.`,
  );
  assert.deepEqual([answer.value(label(a, "q_waiting")), answer.value(label(b, "q_waiting"))], [20, 2]);
});

test("one server stopped, and started again", real, async (t) => {
  const { a, b, label, run } = await twoServers(t, { worker: 1 }, { worker: 1 });
  assert.equal((await run()).state, "OK");

  await b.stop();
  const down = await run();
  assert.equal(
    down.text,
    `check_gearman CRITICAL - failed to connect to address 127.0.0.1 and port ${b.port}: Connection refused`,
  );
  assert.deepEqual(down.labels, [...["waiting", "running", "worker"].map((what) => label(a, `q_${what}`)), "servers"]);
  assert.equal(down.value("servers"), 1);

  await b.restart();
  assert.equal((await run()).state, "OK");
});

test("a frozen server does not hide the other: both are judged when time is over", real, async (t) => {
  const { a, b, label, run } = await twoServers(t, { waiting: 20, worker: 1 }, {});
  b.freeze();
  const answer = await run("-t", "4");
  assert.equal(
    answer.text,
    `check_gearman CRITICAL - no complete answer from ${b.address} within 4 s (0 bytes received). ${a.address}: Queue q has 20 waiting jobs.`,
  );
  assert.equal(answer.value(label(a, "q_waiting")), 20);
  b.thaw();
});

test("a frozen server has the state of -t, and does not soften what the other has", real, async (t) => {
  const { a, b, run } = await twoServers(t, { waiting: 200, worker: 1 }, {});
  b.freeze();
  const answer = await run("-t", "4:WARNING");
  assert.equal(answer.state, "CRITICAL");
  assert.ok(
    answer.text.includes(`CRITICAL - ${a.address}: Queue q has 200 waiting jobs. no complete answer from ${b.address}`),
  );
  assert.equal((await run("-t", "4:WARNING", "-c", "0", "-w", "0")).state, "WARNING");
  b.thaw();
});

test("a server too slow for another look is judged by the last one", async (t) => {
  let looks = 0;
  const { address } = await scripted(t, (command) => {
    if (command !== "status") return "OK 1.1.20\n";
    looks += 1;
    return looks === 1 ? "q\t2\t0\t0\n.\n" : undefined;
  });
  const answer = await check("-H", address, "-t", "4:UNKNOWN");
  const why = "-t leaves no time to see it for 5 s (--confirm)";
  assert.equal(answer.text, `check_gearman UNKNOWN - Queue q has 2 jobs without any worker, ${why}.`);
  assert.equal(answer.value("q_waiting"), 2);
});

test("looking again for a worker ends in time when another server is frozen", real, async (t) => {
  const { a, b } = await twoServers(t, { waiting: 2 }, {});
  b.freeze();
  const answer = await check("-H", a.address, "-H", b.address, "-t", "4");
  assert.equal(answer.state, "CRITICAL");
  assert.ok(answer.text.includes(`${a.address}: Queue q has 2 jobs without any worker`), answer.stdout);
  b.thaw();
});

test("--servers-warning and --servers-critical judge the number that answered", real, async (t) => {
  const { address } = await gearmandWith(t, { q: {} });
  const gone = await refused();
  const run = (...args: readonly string[]) => check("-H", `${address},${gone.address}`, ...args);

  const fine = await run("--servers-critical", "1:");
  assert.equal(fine.state, "OK");
  assert.match(fine.text, /^check_gearman OK - 1 of 2 job servers, 0 jobs running/);
  assert.deepEqual(fine.long, [
    `no answer: failed to connect to address 127.0.0.1 and port ${gone.port}: Connection refused`,
  ]);
  const item = fine.perfdata.find(({ label }) => label === "servers");
  assert.deepEqual([item?.value, item?.crit, item?.max], [1, "1:", 2]);

  const warning = await run("--servers-warning", "2:", "--servers-critical", "1:");
  assert.equal(warning.text, "check_gearman WARNING - 1 of 2 job servers answered");
  assert.equal((await run("--servers-critical", "2:")).state, "CRITICAL");
});

test("no server at all is never OK, whatever --servers-critical says", real, async () => {
  const [one, two] = [await refused(), await refused()];
  const { state } = await check(
    "-H",
    one.address,
    "-H",
    two.address,
    "--servers-critical",
    "0:",
    "--servers-warning",
    "0:",
  );
  assert.equal(state, "CRITICAL");
  assert.equal((await check("-H", one.address, "--servers-critical", "0:")).state, "CRITICAL");
});

test("--uneven: workers on one server and none on another", real, async (t) => {
  const { a, b, run } = await twoServers(t, { worker: 1 }, {});
  assert.equal((await run()).state, "OK");
  const uneven = await run("--uneven", "warning");
  assert.equal(uneven.text, `check_gearman WARNING - Queue q has workers on ${a.address} but none on ${b.address}.`);
  assert.equal((await run("--uneven", "critical", "--orphans", "ok")).state, "CRITICAL");
});

test("--uneven: a queue that one server does not even know", real, async (t) => {
  const a = await gearmandWith(t, { q: { worker: 1 } });
  const b = await gearmandWith(t, { other: { worker: 1 } });
  const { text } = await check("-H", `${b.address},${a.address}`, "--uneven", "CRITICAL", "--confirm", "0");
  assert.match(text, /Queue other has workers on .* Queue q has workers on /);
});

test("every server is asked for the queues of -q, totals are per server", real, async (t) => {
  const a = await gearmandWith(t, { q: { waiting: 3, worker: 1 } });
  const b = await gearmandWith(t, {});
  const { text, value } = await check(
    "-H",
    a.address,
    "-H",
    b.address,
    "-q",
    "q",
    "--confirm",
    "0",
    "--perfdata",
    "totals",
  );
  assert.equal(text, `check_gearman WARNING - ${b.address}: Queue q not found`);
  assert.deepEqual([value(`127.0.0.1-${a.port}_waiting`), value(`127.0.0.1-${b.port}_waiting`)], [3, 0]);
});

test("--perfdata none and --perfdata-filter hold for the number of servers too", real, async (t) => {
  const { run } = await twoServers(t, {}, {});
  assert.deepEqual((await run("--perfdata", "none")).labels, []);
  assert.deepEqual((await run("--perfdata-filter", "^servers$")).labels, ["servers"]);
  assert.equal((await run("--perfdata-filter", "_waiting")).labels.length, 2);
});

test(
  "a job goes to the server that has a worker for the queue, past others that are empty, gone or frozen",
  real,
  async (t) => {
    const dead = await refused();
    const frozen = await gearmandWith(t, { q: {} });
    frozen.freeze();
    const empty = await gearmandWith(t, { q: {} });
    const served = await startGearmand(t);
    await startRawWorker(t, served.address, "q", answers("0:fine"));
    const servers = [dead, frozen, empty, served].map(({ address }) => address).join(",");
    assert.equal((await check("-H", servers, "-q", "q", "-s", "check")).stdout, "fine\n");
    frozen.thaw();
  },
);

test("a job is not sent when none of the servers that answer has a worker", real, async (t) => {
  const dead = await refused();
  const [one, other] = [await gearmandWith(t, { q: {} }), await gearmandWith(t, {})];
  const servers = [dead, one, other].map(({ address }) => address).join(",");
  const { text } = await check("-H", servers, "-q", "q", "-s", "check", "--confirm", "0");
  assert.equal(
    text,
    `check_gearman CRITICAL - Queue q has no worker: job not sent to ${one.address}, ${other.address}.`,
  );
  const frozen = await gearmandWith(t, { q: {} });
  frozen.freeze();
  const late = await check("-H", `${frozen.address},${one.address}`, "-q", "q", "-s", "x", "--confirm", "0", "-t", "5");
  assert.equal(late.text, `check_gearman CRITICAL - Queue q has no worker: job not sent to ${one.address}.`);
  frozen.thaw();
});
