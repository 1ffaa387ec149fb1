// What dist/check_liveproxy remembers between two runs. Time passes by making the memory older.

import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";

import { startCannedCore } from "../servers/canned-core.ts";
import { fixed16 } from "../servers/liveproxyd/answer.ts";
import { startLiveproxyd } from "../servers/liveproxyd/start.ts";
import { PeerStatus, startLmd } from "../servers/lmd.ts";
import { PLUGINS_DIR, runPlugin } from "../support/exec.ts";
import { runBesideHungFolder } from "../support/hung-folder.ts";
import { ageMemory, memoryFile } from "../support/liveproxy-memory.ts";
import { needs } from "../support/needs.ts";
import { parseOutput } from "../support/perfdata.ts";
import { temporaryFolder } from "../support/proc-tree.ts";
import { until } from "../support/until.ts";

const isRoot = process.geteuid?.() === 0;

/** Other arguments for the same proxy share no memory, so each test keeps to one set of them. */
interface Options extends Partial<Parameters<typeof startLiveproxyd>[1]> {
  /** Processes are looked at, too: those of a test are always young. */
  readonly hasProcesses?: boolean;
}

/** A proxy with the sites muc and ber, and a check that remembers in a folder of its own. */
async function watched(t: TestContext, { hasProcesses = false, ...options }: Options = {}) {
  const core = await startCannedCore(t);
  const sites = ["muc", "ber"].map((id) => ({ id, target: core.socket }));
  const proxy = await startLiveproxyd(t, { sites, isSingle: !hasProcesses, ...options });
  await proxy.untilState(/\[muc\]\n {2}State: +ready/);
  await proxy.untilState(/\[ber\]\n {2}State: +ready/);
  const folder = join(temporaryFolder(t), "state");
  const places = hasProcesses
    ? ["--omd-root", proxy.root]
    : ["--socket-dir", dirname(proxy.socket("x")), "--state-file", join(proxy.root, "var/log/liveproxyd.state")];
  const check = (...more: readonly string[]) => checkIn(folder, ...places, ...more);
  return { proxy, folder, places, check };
}

/** An answer takes its time on a busy machine. */
const PATIENT = ["-t", "50", "-w", "30", "-c", "40"];

const checkIn = (folder: string, ...args: readonly string[]) =>
  finished(runPlugin("check_liveproxy", ["--state-dir", folder, "--perfdata", "none", ...PATIENT, ...args]));

async function finished(run: ReturnType<typeof runPlugin>) {
  const { code, stdout, stderr } = await run;
  assert.equal(stderr, "");
  return { code, stdout, text: parseOutput(stdout).text.replace(/^check_liveproxy /, "") };
}

/** Of a site that has been ready for hours. */
const settled = () => ({ resetMs: Date.now() - 3 * 3_600_000 });

test("10: a site that starts again and again, each attempt counted as a reset", async (t) => {
  const { proxy, folder, check } = await watched(t);
  const fail = () => proxy.set("ber", { starting: true, resetMs: Date.now() });
  await fail();
  assert.match((await check()).text, /^WARNING - Site ber is starting for \d+ s: \[Errno 111\] Connection refused$/);
  ageMemory(folder, 65);
  await fail();
  const { code, text } = await check();
  assert.match(text, /^CRITICAL - Site ber not connected for \d+ s: \[Errno 111\] Connection refused$/);
  assert.equal(code, 2);
});

test("a failure says for how long, and another check of the same proxy keeps a memory of its own", async (t) => {
  const { proxy, folder, check } = await watched(t);
  await proxy.set("ber", { client: "close" });
  assert.match((await check()).text, /^CRITICAL - Site ber: connection closed without an answer .*\(socket [^)]*\)$/);
  ageMemory(folder, 1500);
  for (const filter of [
    ["-s", "muc"],
    ["--exclude", "ber"],
    ["--include", "m*"],
    ["--include", "~^m"],
  ]) {
    assert.match((await check(...filter)).text, /^OK - 1 site ready/);
  }
  assert.equal(readdirSync(folder).length, 5);
  assert.match((await check()).text, /\(socket [^)]*\), failing for 25m$/);
  await proxy.set("ber", {});
  assert.match((await check()).text, /^OK/);
  await proxy.set("ber", { client: "close" });
  assert.match((await check()).text, /\(socket [^)]*\)$/);
});

test("16: heartbeats that stand still between two looks, though the file says that the next one is due soon", async (t) => {
  const { proxy, folder, check } = await watched(t);
  const look = () => check("--heartbeat-critical", "10m");
  await proxy.set("ber", { ...settled(), heartbeats: 29 });
  assert.equal((await look()).code, 0);
  ageMemory(folder, 20, true);
  const { code, text } = await look();
  assert.match(text, /^WARNING - Site ber: no heartbeat for \d\d s$/);
  assert.equal(code, 1);
  ageMemory(folder, 600, true);
  assert.match((await look()).text, /^CRITICAL - Site ber: no heartbeat for 1\dm$/);
  await proxy.set("ber", { ...settled(), heartbeats: 30 });
  assert.equal((await look()).code, 0);
});

test("20: a site process that is missing is a WARNING for one restart cycle", async (t) => {
  const { proxy, folder, check } = await watched(t, { hasProcesses: true, restartMs: 60_000 });
  // a master that has just started is given time anyway
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, 10.5 - proxy.ageSeconds()) * 1000));
  const none = async () => (await proxy.sitePid("ber")) === undefined;
  process.kill((await proxy.sitePid("ber")) ?? 0, "SIGKILL");
  await until(none, async () => "its end");
  const first = await check("--reset-warning", "0");
  assert.match(
    first.text,
    /^WARNING - Proxy: stale socket, site process of ber is gone .*, the master should restart it$/,
  );
  ageMemory(folder, 15);
  const second = await check("--reset-warning", "0");
  assert.match(second.text, /^CRITICAL - Proxy: stale socket, .* should restart it, failing for \d+ s$/);
  assert.equal(second.code, 2);
});

test("22: a site that is reset again and again", async (t) => {
  const { proxy, folder, check } = await watched(t);
  const resetNow = () => proxy.set("ber", { resetMs: Date.now() });
  await proxy.set("muc", settled());
  await proxy.set("ber", settled());
  assert.equal((await check()).code, 0);
  for (let n = 0; n < 2; n += 1) {
    await resetNow();
    assert.equal((await check()).code, 0, "a reset without a process whose age is known is none to warn of");
    ageMemory(folder, 600);
  }
  await resetNow();
  const { code, text } = await check();
  assert.match(text, /^WARNING - Site ber was reset 3 times within an hour, the last time \d+ s ago$/);
  assert.equal(code, 1);
  assert.equal((await check("--resets-warning", "0")).code, 0);
});

test("26: threads of a site process that grow while its site is down", async (t) => {
  const { proxy, folder, check } = await watched(t, { hasProcesses: true });
  const look = () => check("--reset-warning", "0", "--down-critical", "5", "--threads-growth-warning", "8");
  const error = { code: 502, text: "no luck" };
  await proxy.set("ber", { error });
  await until(
    async () => (await look()).text.startsWith("OK - 1 of 2 sites ready, 1 down"),
    async () => `the error, not ${(await look()).stdout}`,
  );
  ageMemory(folder, 600);
  await proxy.set("ber", { error, threads: 10 });
  await until(
    async () => (await look()).code !== 0,
    async () => (await look()).stdout,
  );
  const { code, text } = await look();
  assert.match(
    text,
    /^WARNING - Proxy: site process of ber has gained \d+ threads in 10m, while the site is down \(pid \d+\)$/,
  );
  assert.equal(code, 1);
});

test("27: a peer of an LMD that stays pending", async (t) => {
  const lmd = await startLmd(t, [
    { peer_key: "id1", peer_name: "muc", status: PeerStatus.pending, last_error: "connecting..." },
    { peer_key: "id2", status: PeerStatus.up, age: 1 },
  ]);
  const folder = join(temporaryFolder(t), "state");
  const check = () => checkIn(folder, "--lmd", lmd.unix);
  assert.match((await check()).text, /^WARNING - Site id1 \(muc\) is pending, never updated: connecting\.\.\.$/);
  ageMemory(folder, 121);
  const { code, text } = await check();
  assert.match(text, /^CRITICAL - Site id1 \(muc\) is pending for 2m, never updated: connecting\.\.\.$/);
  assert.equal(code, 2);
  lmd.peers = [{ peer_key: "id1", status: PeerStatus.up, age: 1 }];
  assert.equal((await check()).code, 0);
  lmd.peers = [{ peer_key: "id1", status: PeerStatus.pending }];
  assert.equal((await check()).code, 1);
});

test("nothing to remember, no file: addresses, and an LMD whose peers are well", async (t) => {
  const lmd = await startLmd(t, [{ peer_key: "id1", status: PeerStatus.up, age: 1 }]);
  const folder = join(temporaryFolder(t), "state");
  const core = await startCannedCore(t);
  assert.equal((await checkIn(folder, "-H", core.socket)).code, 0);
  assert.equal(existsSync(folder), false);
  assert.equal((await checkIn(folder, "--lmd", lmd.tcp)).code, 0);
  assert.deepEqual(readdirSync(folder), []);
});

test("a memory of no use is said, and starts anew; the state is that of a first run", async (t) => {
  const { folder, check } = await watched(t);
  await check();
  const path = memoryFile(folder);
  const spoilt: readonly (readonly [string | Buffer, RegExp])[] = [
    ["", /it is no JSON/],
    ['{"version":1,"sites":[[', /it is no JSON/],
    ["[]", /it is no memory of this check/],
    ['{"version":2}', /it is no memory of this check/],
    [Buffer.alloc(2 * 1024 * 1024, "x"), /larger than 1048576 bytes/],
  ];
  for (const [content, why] of spoilt) {
    writeFileSync(path, content);
    const { code, stdout } = await check();
    assert.equal(code, 0);
    assert.match(stdout, /^OK|\nthe memory starts anew: .* was of no use, /);
    assert.match(stdout, why);
    assert.equal((await check()).stdout.split("\n").length, 2, "the next run finds it well");
  }
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder).length, 1);
});

test("a memory that cannot be kept is none: noted, and never a reason for another state", async (t) => {
  const { proxy, places, folder, check } = await watched(t);
  const none = () => checkIn("/dev/null/none", ...places);
  const { code, stdout } = await none();
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^check_liveproxy OK - 2 sites ready.*\nnothing is remembered between runs \(see --state-dir\): cannot create \/dev\/null\/none: ENOTDIR\n$/,
  );
  const nowhere = await checkIn("/proc/nowhere", ...places);
  assert.equal(nowhere.code, 0);
  assert.ok(nowhere.stdout.endsWith("(see --state-dir): cannot create /proc/nowhere: ENOENT\n"), nowhere.stdout);
  const relative = await checkIn("state", ...places);
  assert.equal(relative.code, 3);
  assert.match(relative.stdout, /^check_liveproxy UNKNOWN - .*'state' is not an absolute path\n/);
  const environment = await runPlugin("check_liveproxy", places, { env: { MP_STATE_PATH: "state" } });
  assert.equal(environment.stdout, "check_liveproxy UNKNOWN - MP_STATE_PATH: 'state' is not an absolute path\n");
  await proxy.set("ber", { starting: true });
  assert.equal((await none()).code, (await check()).code);
  const bare = finished(
    runPlugin("check_liveproxy", [...places, ...PATIENT, "-s", "muc", "--perfdata", "none"], { noEnvironment: true }),
  );
  assert.equal((await bare).code, 0);

  // what was remembered before the folder was closed may be over: it is not believed
  if (!isRoot) return;
  ageMemory(folder, 3000);
  const copy = join(temporaryFolder(t), "check_liveproxy");
  chmodSync(dirname(copy), 0o755);
  copyFileSync(join(PLUGINS_DIR, "check_liveproxy"), copy);
  const theirs = join(temporaryFolder(t), "theirs");
  mkdirSync(theirs);
  chmodSync(dirname(theirs), 0o755);
  chmodSync(theirs, 0o555);
  chmodSync(proxy.root, 0o755);
  const state = ["--state-file", join(proxy.root, "var/log/liveproxyd.state"), "--state-dir", theirs];
  const denied = await finished(runPlugin(copy, [...state, "-t", "50", "--perfdata", "none"], { uid: 65_534 }));
  assert.match(
    denied.stdout,
    /\nnothing is remembered between runs \(see --state-dir\): .* cannot be written: EACCES\n$/,
  );
  assert.equal(denied.code, 1);
});

test("500 sites are remembered in one small file", async (t) => {
  const core = await startCannedCore(t);
  const sites = Array.from({ length: 500 }, (_, n) => ({ id: `site${n}`, target: core.socket, channels: 1 }));
  const proxy = await startLiveproxyd(t, { sites, isSingle: true, heartbeatMs: 60_000 });
  await proxy.untilState(/\[site499\]\n {2}State: +ready/);
  const folder = join(temporaryFolder(t), "state");
  await checkIn(folder, "--omd-root", proxy.root);
  const { length } = readFileSync(memoryFile(folder));
  assert.ok(length > 10_000 && length < 100_000, `${length}`);
});

test("a state folder on a file system that never answers", {
  skip: (!isRoot && "needs root, to mount one") || needs("unshare").skip,
}, async (t) => {
  const { places } = await watched(t);
  const folder = temporaryFolder(t);
  const ended = await runBesideHungFolder(t, folder, "check_liveproxy", ["--state-dir", folder, ...places]);
  if (ended === undefined) return t.skip("may not mount");
  assert.equal(ended.code, 0, ended.stdout);
  assert.match(ended.stdout, /^check_liveproxy OK - 2 sites ready/);
  const note = `nothing is remembered between runs (see --state-dir): ${folder} has not answered in time`;
  assert.ok(ended.stdout.includes(`\n${note}\n`), ended.stdout);
});

test("a site whose channels are all in use is not down, and has its grace when it starts", async (t) => {
  const folder = join(temporaryFolder(t), "state");
  const core = await startCannedCore(t, {
    answer: () => fixed16(502, "All 3 channels busy, timeout waiting for free channel.\n"),
  });
  const sockets = ["--socket-dir", dirname(core.socket), "-s", "live"];
  await checkIn(folder, ...sockets);
  assert.doesNotMatch(
    existsSync(folder) && readdirSync(folder).length > 0 ? readFileSync(memoryFile(folder), "utf8") : "",
    /"down"/,
  );
});
