// Faults of Mod-Gearman's own check_gearman (5.2.4, seen by running it) that its replacement must not have.

import assert from "node:assert/strict";
import { test } from "node:test";

import { queueCounts } from "#test/servers/admin.ts";
import { fillQueue, registerQueues } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import * as bad from "#test/servers/misbehaving.ts";
import * as raw from "#test/servers/raw-worker.ts";
import { execPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { parseOutput } from "#test/support/perfdata.ts";
import { check, gearmandWith, versionOf } from "./check.ts";

const real = needs("gearmand");

const numbered = (count: number, length: number) =>
  Array.from({ length: count }, (_, i) => `q${i}_`.padEnd(length, "x"));

test("the last problem queue does not decide: a warning behind a critical one leaves it critical", real, async (t) => {
  const { address } = await gearmandWith(t, { a_crit: { waiting: 3 }, z_warn: { waiting: 10, worker: 1 } });
  const { state, text } = await check("-H", address, "--confirm", "0");
  assert.equal(state, "CRITICAL");
  assert.equal(
    text,
    "check_gearman CRITICAL - Queue a_crit has 3 jobs without any worker. Queue z_warn has 10 waiting jobs.",
  );
});

test("the last -H is not the only one asked", real, async (t) => {
  const first = await gearmandWith(t, { q: { waiting: 100, worker: 1 } });
  const last = await gearmandWith(t, { q: { worker: 1 } });
  const { state, text } = await check("-H", first.address, "-H", last.address);
  assert.equal(state, "CRITICAL");
  assert.equal(text, `check_gearman CRITICAL - ${first.address}: Queue q has 100 waiting jobs.`);
});

test("513 queues are no crash, with and without -q", real, async (t) => {
  const { address } = await startGearmand(t);
  await registerQueues(t, address, numbered(513, 10));
  assert.equal((await check("-H", address)).labels.length, 3 * 513);
  assert.equal((await check("-H", address, "-q", "q512_xxxxx")).state, "OK");
});

test("the version is there however the answer is cut", real, async (t) => {
  const { address } = await gearmandWith(t, { host: { worker: 1 } });
  const version = await versionOf(address);
  for (let i = 0; i < 10; i++) assert.ok((await check("-H", address)).text.endsWith(` Version: ${version}`));
  for (const size of [1, 7, bad.HEALTHY_STATUS.length]) {
    const pieces = await bad.inPieces(t, size);
    assert.ok((await check("-H", pieces.address)).text.endsWith(" Version: 1.1.20"));
  }
});

test("an answer of more than 64 KiB is read to its end", real, async (t) => {
  const { address } = await startGearmand(t);
  const names = numbered(400, 200);
  await registerQueues(t, address, names);
  const { state, labels, text } = await check("-H", address);
  assert.equal(state, "OK");
  assert.equal(labels.length, 3 * names.length);
  assert.ok(text.endsWith(` Version: ${await versionOf(address)}`));
});

test("an answer cut within a line is no answer", async (t) => {
  const { address } = await bad.closesAfter(t, `${"x".repeat(70_000).replaceAll(/x{9}x/g, "name\t0\t0\t1\n")}host\t0`);
  assert.equal((await check("-H", address)).state, "CRITICAL");
});

test("no answer, a web server, a refusal: never OK", async (t) => {
  for (const [start, state] of [
    [bad.closesAtOnce, "CRITICAL"],
    [bad.webServer, "UNKNOWN"],
    [bad.answersErrors, "UNKNOWN"],
  ] as const) {
    const { address } = await start(t);
    assert.equal((await check("-H", address)).state, state);
  }
});

test("a server that is down is CRITICAL with -q too, and its queue not called missing", async () => {
  const { address } = await bad.refused();
  for (const host of [address, "no-such-host.invalid"]) {
    const { state, text } = await check("-H", host, "-q", "service");
    assert.equal(state, "CRITICAL");
    assert.doesNotMatch(text, /not found$/);
  }
});

test("500 problem queues with long names are no crash, and no endless first line", real, async (t) => {
  const { address } = await startGearmand(t);
  const { release } = await registerQueues(t, address, numbered(500, 105));
  await release();
  const { state, text, long } = await check("-H", address, "-x", "--confirm", "0");
  assert.equal(state, "CRITICAL");
  assert.match(text, / And 497 more\.$/);
  assert.ok(text.length < 500);
  assert.equal(long.length, 497);
});

test("-e does not overrule the state that the answer gives itself", real, async (t) => {
  const { address } = await startGearmand(t);
  await raw.startRawWorker(t, address, "proxy_status", raw.proxyStatus({ backlog: 2 }));
  const args = ["-H", address, "-q", "proxy_status", "-s", "check"];
  assert.equal((await check(...args, "-e", "running")).state, "WARNING");
  assert.equal((await check(...args, "-e", "nomatch")).state, "CRITICAL");
  await raw.startRawWorker(t, address, "unknown", raw.answers("3:running"));
  assert.equal((await check("-H", address, "-q", "unknown", "-s", "x", "-e", "running")).state, "UNKNOWN");
});

test("two checks at a time get the answers to their own texts", real, async (t) => {
  const { address } = await startGearmand(t);
  const pending: (() => void)[] = [];
  // a worker has one job at a time, so a second one is needed to have both in hand
  for (let i = 0; i < 2; i++) {
    await raw.startRawWorker(t, address, "q", ({ payload }, reply) => {
      pending.push(() => reply.complete(payload));
      if (pending.length === 2) for (const answer of pending) answer();
    });
  }
  const texts = ["0:AAA", "0:BBB"];
  const answers = await Promise.all(texts.map((text) => check("-H", address, "-q", "q", "-s", text)));
  assert.deepEqual(
    answers.map(({ text }) => text),
    ["AAA", "BBB"],
  );
});

test("a job to a queue without worker does not make the server's own check critical", real, async (t) => {
  const { address } = await gearmandWith(t, { noworker: {} });
  for (const args of [[], ["-a"]]) {
    const { state } = await check("-H", address, "-q", "noworker", "-s", "check", "--confirm", "0", ...args);
    assert.equal(state, "CRITICAL");
  }
  assert.equal((await queueCounts(address)).get("noworker")?.total, 0);
  assert.equal((await check("-H", address, "--confirm", "0")).state, "OK");
});

test("-a onto a job that somebody left behind is no success", real, async (t) => {
  const { address } = await startGearmand(t);
  await fillQueue(address, "q", 1);
  const { state } = await check("-H", address, "-q", "q", "-s", "check", "-a", "--confirm", "0");
  assert.equal(state, "CRITICAL");
});

test("a worker's exception is a failure, not a timeout", real, async (t) => {
  const { address } = await startGearmand(t);
  await raw.startRawWorker(t, address, "q", raw.throws("boom"));
  const { text } = await check("-H", address, "-q", "q", "-s", "check");
  assert.equal(text, "check_gearman CRITICAL - job failed: the worker threw an exception: boom");
});

test("no answer makes an exit code of its own: 9:x, x:y, -1:foo and an empty one are UNKNOWN", real, async (t) => {
  const { address } = await startGearmand(t);
  for (const [i, answer] of ["9:x", "x:y", "-1:foo", ""].entries()) {
    await raw.startRawWorker(t, address, `q${i}`, raw.answers(answer));
    assert.equal((await check("-H", address, "-q", `q${i}`, "-s", "check")).state, "UNKNOWN", answer);
  }
});

test("an answer in parts is joined before its state is looked for", real, async (t) => {
  const { address } = await startGearmand(t);
  await raw.startRawWorker(t, address, "parts", raw.answersInParts("part1", "part2", "0:end"));
  assert.equal((await check("-H", address, "-q", "parts", "-s", "x")).text, "check_gearman OK - part1part20:end");
  await raw.startRawWorker(t, address, "cut", raw.answersInParts("2", ":do", "wn"));
  const cut = await check("-H", address, "-q", "cut", "-s", "x");
  assert.deepEqual([cut.state, cut.text], ["CRITICAL", "down"]);
});

test("a threshold, a port or an argument that is no such thing is refused", async () => {
  for (const args of [
    ["-w", "abc"],
    ["-p", "abc"],
    ["-p", "99999"],
    ["-H", "localhost:34463x"],
    ["-w", "1", "extra"],
  ]) {
    assert.equal((await check(...args)).state, "UNKNOWN", args.join(" "));
  }
});

test("-w 100: is a range, and not 100", real, async (t) => {
  const { address } = await gearmandWith(t, { q: { waiting: 50, worker: 1 } });
  assert.equal((await check("-H", address, "-w", "100:", "-c", "0")).state, "WARNING");
});

test("-t 20 is twenty seconds, for jobs too", real, async (t) => {
  const { address } = await startGearmand(t);
  await raw.startRawWorker(t, address, "q", (_job, reply) => void setTimeout(() => reply.complete("0:done"), 50));
  assert.equal((await check("-H", address, "-q", "q", "-s", "check", "-t", "20")).text, "done");
});

test(
  "a name with a TAB hides no queue, one with a line feed makes the check UNKNOWN and hides none either",
  real,
  async (t) => {
    const tab = await startGearmand(t);
    await registerQueues(t, tab.address, ["a", "tab\there", "z"]);
    assert.equal((await check("-H", tab.address)).labels.length, 9);
    const feed = await startGearmand(t);
    await registerQueues(t, feed.address, ["a", "evil\n.\nOK 9.9.9", "z"]);
    await fillQueue(feed.address, "z", 30);
    const { state, stdout, labels } = await check("-H", feed.address);
    assert.equal(state, "UNKNOWN", stdout);
    assert.match(stdout, /Queue z has 30 waiting jobs/);
    for (const label of ["a_waiting", "z_waiting"]) assert.ok(labels.includes(label), label);
  },
);

test("quotes, bars and equals signs in names break no perfdata", real, async (t) => {
  const { address } = await startGearmand(t);
  await registerQueues(t, address, ["pi|pe", "it's", "a=b", "pi.pe"]);
  const { labels, text } = await check("-H", address);
  assert.equal(labels.length, 12);
  for (const label of labels) assert.match(label, /^[A-Za-z0-9_.-]+$/);
  assert.match(text, /^check_gearman OK/);
});

test("an error is one line with its state, without an empty one behind", async (t) => {
  const { address } = await bad.refused();
  const silent = await bad.silent(t);
  for (const args of [
    ["-H", address],
    ["-H", silent.address, "-t", "0.5"],
    ["-H", "no-such-host.invalid", "-t", "5"],
  ]) {
    const { stdout } = await execPlugin("check_gearman", ...args);
    assert.match(stdout, /^check_gearman CRITICAL - .+\n$/);
    parseOutput(stdout);
  }
});
