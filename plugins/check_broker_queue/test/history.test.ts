// What a run says by what earlier ones saw.

import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import { execPlugin } from "#test/support/exec.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";

import { aged } from "./aged.ts";
import { fakeManagement, node, type Row, row } from "./fake-management.ts";

const stats = (publish: number, deliver: number, ack: number) => ({
  message_stats: { publish, deliver_get: deliver, ack },
});

/** A broker, and a check of it that remembers. */
async function start(t: TestContext, ...queues: readonly Row[]) {
  const fake = await fakeManagement(t, ...queues);
  const folder = temporaryFolder(t);
  const run = async (...args: readonly string[]) => {
    // a long list takes its time on a busy machine
    const all = ["-H", fake.url, "--state-dir", folder, "--confirm", "0", "-t", "50", ...args];
    return (await execPlugin("check_broker_queue", ...all)).stdout.replace("check_broker_queue ", "");
  };
  const file = async () => join(folder, (await readdir(folder))[0] ?? "");
  return { fake, folder, run, file };
}

/** State and text alone, without the minutes that a busy machine may make more. */
const text = (stdout: string) =>
  stdout
    .replace(/ \| [\s\S]*/, "")
    .replace(/(\d h) \d+ min/, "$1")
    .trim();

/** A little more, and so long that what the test itself takes is nothing beside it. */
const HOURS_11 = 40_000;

test("growth and rates are those since a run that was a minute ago or more", async (t) => {
  const { fake, folder, run } = await start(t, row("q", 100, 1, stats(1000, 950, 900)));
  assert.doesNotMatch(await run(), /growth|publish|stalled/);
  fake.queues = [row("q", 6100, 1, stats(11_000, 1950, 4900))];
  // too close: the broker's own statistics are seconds old
  assert.doesNotMatch(await run(), /growth/);
  await aged(folder, HOURS_11);
  const { 1: items = "" } = (await run()).split(" | ");
  const values = Object.fromEntries(items.split(" ").map((item) => item.replace(/;.*/, "").split("=")));
  const isAbout = (label: string, value: number) =>
    assert.ok(Math.abs(Number.parseInt(values[`'q_${label}'`], 10) - value) <= value * 0.1, `${label} in ${items}`);
  isAbout("growth", 540);
  isAbout("publish", 900);
  isAbout("deliver", 90);
  isAbout("ack", 360);
  assert.equal(values["'q_stalled'"], "0s");
  // it grows
  assert.equal(values["'q_drain'"], undefined);
});

test("a consumer that acknowledges nothing while its queue grows is a WARNING since then", async (t) => {
  const { fake, folder, run } = await start(t, row("q", 5, 2, stats(10, 5, 5)));
  await run();
  await aged(folder, HOURS_11);
  fake.queues = [row("q", 45, 2, stats(50, 5, 5))];
  const stalled = "Queue q: no message was acknowledged for 11 h by its 2 consumers, and it holds 45 messages";
  assert.equal(text(await run()), `WARNING - ${stalled}`);
  assert.equal(text(await run("--stalled-critical", "600")), `CRITICAL - ${stalled}`);
  // nobody sends any more, which helps nobody
  await aged(folder, HOURS_11);
  assert.equal(text(await run()), `WARNING - ${stalled.replace("11", "22")}`);
  await aged(folder, HOURS_11);
  assert.equal(text(await run("--stalled-warning", "200000")), "OK - Queue q: 45 ready, 0 unacknowledged, 2 consumers");
  fake.queues = [row("q", 44, 2, stats(50, 6, 6))];
  assert.equal(text(await run()), "OK - Queue q: 44 ready, 0 unacknowledged, 2 consumers");
});

test("messages that have just come into an empty queue are no alarm, until they have lain there", async (t) => {
  const { fake, folder, run } = await start(t, row("q", 0, 1, stats(5, 5, 5)));
  await run();
  await aged(folder, HOURS_11);
  fake.queues = [row("q", 3, 1, stats(8, 8, 5))];
  const fine = "OK - Queue q: 3 ready, 0 unacknowledged, 1 consumers";
  assert.equal(text(await run()), fine);
  assert.equal(text(await run()), fine);
  await aged(folder, HOURS_11);
  assert.equal(
    text(await run()),
    "WARNING - Queue q: no message was acknowledged for 11 h by its 1 consumer, and it holds 3 messages",
  );
});

test("consumers that need not acknowledge, and a queue that does not grow, are no alarm", async (t) => {
  const taking = (messages: number, taken: number) =>
    row("q", messages, 1, { message_stats: { publish: 100, deliver_get: taken, deliver_no_ack: taken } });
  const { fake, folder, run } = await start(t, taking(5, 10), row("still", 3, 1, stats(3, 0, 0)));
  await run();
  await aged(folder, 300);
  fake.queues = [taking(50, 11), row("still", 3, 1, stats(3, 0, 0))];
  assert.match(await run(), /^OK - 2 queues: /);
});

test("a broker or a queue that begins anew gives no rate and no alarm", async (t) => {
  const { fake, folder, run } = await start(t, row("q", 5, 1, stats(100, 90, 80)));
  await run();
  await aged(folder, HOURS_11);
  fake.queues = [row("q", 9, 1, stats(9, 0, 0))];
  assert.doesNotMatch(await run(), /publish|stalled|WARNING/);
  // it has counted more than before, though from 0 on
  fake.nodes = [node("rabbit@one", { uptime: 200_000 })];
  fake.queues = [row("q", 500, 1, stats(500, 90, 80))];
  await aged(folder, HOURS_11);
  assert.doesNotMatch(await run(), /publish|stalled|WARNING/);
  await aged(folder, HOURS_11);
  fake.nodes = [node("rabbit@one", { uptime: 200_000 })];
  fake.queues = [row("q", 501, 1, stats(501, 90, 80))];
  assert.match(text(await run()), /^WARNING - Queue q: no message was acknowledged for 11 h by its 1 consumer, /);
});

test("a queue is empty at the rate since then, or never", async (t) => {
  const { fake, folder, run } = await start(
    t,
    ...[row("shorter", 100, 1, stats(200, 100, 100)), row("longer", 100, 1, stats(200, 100, 100))],
    row("busy", 10, 1, stats(200, 100, 100)),
  );
  await run();
  await aged(folder, 3600);
  fake.queues = [
    ...[row("shorter", 50, 1, stats(210, 140, 140)), row("longer", 150, 1, stats(270, 110, 110))],
    // all it holds came just now
    row("busy", 20, 1, stats(8200, 8090, 8090)),
  ];
  const stdout = await run("--drain-warning", "1800");
  assert.equal(
    text(stdout),
    "WARNING - Queue longer will never be empty at this rate. Queue shorter will be empty in 1 h.",
  );
  assert.match(stdout, /'busy_drain'=9s;1800/);
  assert.doesNotMatch(stdout, /longer_drain/);
});

test("messages that no queue takes are counted an hour", async (t) => {
  const { fake, folder, run } = await start(t, row("q", 0, 1));
  fake.overview = { message_stats: { drop_unroutable: 5 } };
  await run();
  await aged(folder, 3600);
  fake.overview = { message_stats: { drop_unroutable: 15, return_unroutable: 20 } };
  assert.match(
    await run("--unroutable-critical", "20"),
    /^CRITICAL - (?:29|30) messages an hour that no queue takes \| /,
  );
  fake.overview = { disable_stats: true };
  assert.match(
    await run("--unroutable-critical", "20"),
    /^UNKNOWN - --unroutable-critical cannot be judged: the broker does not tell it \| /,
  );
});

test("a history that is of no use begins anew and says so", async (t) => {
  const { run, file, fake } = await start(t, row("q", 5, 1, stats(5, 5, 5)));
  await run();
  const path = await file();
  const good = await readFile(path, "utf8");
  const broken = [
    ...["", "{", "[]", "null", "17", '{"version":2}', "\0".repeat(100)],
    good.replace('"messages":[5]', '"messages":[5,6]'),
    good.replace('"messages":[5]', '"messages":["5"]'),
    good.replace('"messages":[5]', '"messages":[1e300]'),
    good.replace('"samples":[{', '"samples":[null,{'),
    good.replace('"stalled":[]', '"stalled":[[0]]'),
  ];
  for (const content of broken) {
    assert.notEqual(content, good);
    await writeFile(path, content);
    const stdout = await run("--growth-warning", "1");
    assert.match(
      stdout,
      /^OK - .*\nthe history starts anew: .* was of no use, it is no (?:JSON|history of this check)\n$/,
    );
    assert.doesNotMatch(await run(), /anew/);
  }
  // of another boot of this machine, and from the future
  for (const [from, to] of [
    [/"boot":"[^"]*"/, '"boot":"other"'],
    [/"time":[\d.]+/, '"time":1e12'],
  ] as const) {
    await writeFile(path, good.replace(from, to));
    fake.queues = [row("q", 50, 1, stats(50, 5, 5))];
    assert.doesNotMatch(await run(), /growth|WARNING/);
  }
});

test("without a place to remember only what needs one is UNKNOWN", async (t) => {
  const { run, folder } = await start(t, row("q", 5, 1, stats(5, 5, 5)));
  await writeFile(join(folder, "file"), "");
  const nowhere = ["--state-dir", join(folder, "file", "below")];
  assert.match(await run(...nowhere), /^OK - .*\nnothing is remembered between runs: cannot create .*: ENOTDIR\n$/);
  assert.match(
    await run(...nowhere, "--growth-critical", "5"),
    /^UNKNOWN - --growth-critical cannot be judged: nothing is remembered between runs: /,
  );
});

test("services on one broker have histories of their own, and two at once leave a whole one", async (t) => {
  const { run, folder, file } = await start(t, row("q", 5, 1, stats(5, 5, 5)), row("r", 5, 1, stats(5, 5, 5)));
  await Promise.all([run(), run(), run()]);
  assert.deepEqual(JSON.parse(await readFile(await file(), "utf8")).names, ["q", "r"]);
  assert.equal((await readdir(folder)).length, 1);
  await run("-q", "q");
  await run("--include", "q");
  await run("--exclude", "q");
  assert.equal((await readdir(folder)).length, 4);
});

test("the history of 10,000 queues is small, that of more is bounded", async (t) => {
  const many = (count: number, name: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => row(name(at), 1_000_000, 1, stats(2_000_000_000, 1e9, 1e9)));
  const { fake, folder, run, file } = await start(t, ...many(10_000, (at) => `results_of_site_${at}`));
  await run();
  await aged(folder, HOURS_11);
  // 10,000 queues are printed without what would triple it, unless something is said of one
  fake.queues = [...fake.queues.slice(1), row("results_of_site_0", 1_000_001, 1, stats(2_000_000_001, 1e9, 1e9))];
  const stdout = await run();
  assert.match(text(stdout), /^WARNING - Queue results_of_site_0: no message was acknowledged /);
  assert.ok(stdout.includes(" 'results_of_site_9999_consumers'=1;;1:;0 'results_of_site_0_ready'="));
  assert.match(
    stdout.slice(stdout.indexOf(" 'results_of_site_0_ready'")),
    /^[^\n]*'results_of_site_0_stalled'=\d+s;0;;0 'memory'/,
  );
  assert.ok((await stat(await file())).size < 1_200_000);
  fake.queues = many(25_000, (at) => `${at}`);
  const growth = text(await run("--growth-warning", "1"));
  assert.match(growth, /^UNKNOWN - --growth-warning cannot be judged: 5000 queues are too many to be remembered/);
  fake.queues = many(10_000, (at) => "\u0001".repeat(240) + at);
  await run();
  assert.ok((await stat(await file())).size < 16 * 1024 * 1024);
});
