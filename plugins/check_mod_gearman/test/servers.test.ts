// Job servers, what is left on them, and keys, by dist/check_mod_gearman.

import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import { adminCommand, untilQueues } from "#test/servers/admin.ts";
import { fillQueue, registerQueues } from "#test/servers/gearman-worker.ts";
import { type Gearmand, startGearmand } from "#test/servers/gearmand.ts";
import { refused, silent, webServer } from "#test/servers/misbehaving.ts";
import { startModGearmanWorker } from "#test/servers/mod-gearman-worker.ts";
import { makeCertificates, tlsFront } from "#test/servers/tls.ts";
import { needs } from "#test/support/needs.ts";
import { check, listed, start } from "./check.ts";

const real = needs("gearmand");

const RESULTS = /^check_mod_gearman-[0-9a-f]{8}-[0-9a-f]{32} /;

/** Resolves when the job has arrived in the queue. */
const untilSent = (address: string, queue = "service") =>
  untilQueues(address, (queues) => (queues.get(queue)?.total ?? 0) > 0);

/** Without the time between two looks, which is told where a busy machine makes it a tenth of a second. */
const undated = (text: string) => text.replace(/ for (?:N|[\d.]+) s(?=: no job sent)/, "");

test("no worker: the whole output, no job sent, nothing left behind", real, async (t) => {
  const { address } = await startGearmand(t);
  const unknown = await check("-H", address, "--confirm", "0");
  assert.equal(
    undated(unknown.stdout),
    "check_mod_gearman CRITICAL - Queue service not found, so it has no worker: no job sent | 'results'=0;;;0;1 'lost'=1;;;0;1\n",
  );
  assert.deepEqual(await listed(address), []);
  await fillQueue(address, "service", 2);
  const { says, state } = await check("-H", address, "--confirm", "0.4");
  assert.equal(`${state} ${says}`, "CRITICAL Queue service has no worker for N s, 2 jobs waiting: no job sent");
  // a healthy worker that restarts may be back when --confirm is over
  const hurried = await check("-H", address, "-t", "5", "--confirm", "1m30s");
  assert.equal(
    `${hurried.state} ${hurried.says}`,
    "UNKNOWN Queue service has no worker for N s, 2 jobs waiting: no job sent: -t leaves no time to see it for 90 s (--confirm)",
  );
  assert.deepEqual(await listed(address), ["service 2 0 0"]);
});

test("a queue with a worker is probed however short -t is for --confirm", real, async (t) => {
  const { address } = await startGearmand(t);
  await startModGearmanWorker(t, address);
  assert.equal((await check("-H", address, "--confirm", "90")).state, "OK");
});

test("a worker that restarts is waited for", real, async (t) => {
  const { address } = await startGearmand(t);
  const { child, finished } = start("-H", address, "-vvv", "--confirm", "40");
  const asking = new Promise<void>((asked) => {
    let log = "";
    child.stderr?.on("data", (chunk) => {
      log += chunk;
      if (log.includes("no worker seen, asking again")) asked();
    });
  });
  await Promise.race([asking, finished.then(({ stdout }) => assert.fail(`it did not ask again: ${stdout}`))]);
  await startModGearmanWorker(t, address);
  const { code, stdout } = await finished;
  assert.equal(code, 0, stdout);
});

test("several queues: each has its labels, and the one without worker decides", real, async (t) => {
  const { address } = await startGearmand(t);
  await startModGearmanWorker(t, address, { queues: ["host", "hostgroup_x"] });
  const fine = await check("-H", address, "-q", "host", "-q", "hostgroup_x", "-q", "host");
  assert.equal(fine.says, "all 2 check jobs came back, the slowest in N s");
  assert.deepEqual(
    fine.perfdata.map(({ label }) => label),
    ["host", "hostgroup_x"].flatMap((queue) =>
      ["time", "wait", "run", "return", "results", "lost"].map((what) => `${queue}_${what}`),
    ),
  );
  const { state, says, value } = await check("-H", address, "-q", "host", "-q", "service", "--confirm", "0");
  assert.equal(`${state} ${undated(says)}`, "CRITICAL Queue service not found, so it has no worker: no job sent");
  assert.deepEqual([value("host_results"), value("service_results")], [1, 0]);
});

test("several servers: results may come back over another, and come to the right job", real, async (t) => {
  const [a, b] = await Promise.all([startGearmand(t), startGearmand(t)]);
  await startModGearmanWorker(t, a.address, { resultServer: b.address, identifier: "one" });
  await startModGearmanWorker(t, b.address, { resultServer: a.address, identifier: "two" });
  const { state, stdout, long, perfdata } = await check("-H", a.address, "-H", b.address, "-v");
  assert.equal(state, "OK", stdout);
  const lines = long.filter((line) => line.includes("answer of")).map((line) => line.replace(/ in .*/, ""));
  assert.deepEqual(lines, [
    `${a.address}: queue service: answer of Mod-Gearman Worker @ one over ${b.address}`,
    `${b.address}: queue service: answer of Mod-Gearman Worker @ two over ${a.address}`,
  ]);
  assert.equal(perfdata[0]?.label, `127.0.0.1-${a.port}_time`);
  for (const { address } of [a, b]) assert.deepEqual(await listed(address), ["service 0 0 1"]);
});

test("a result may come back over a server that has no worker of its own", real, async (t) => {
  const [a, b] = await Promise.all([startGearmand(t), startGearmand(t)]);
  await startModGearmanWorker(t, a.address, { resultServer: b.address });
  const { state, says, value } = await check("-H", a.address, "-H", b.address, "--confirm", "0");
  assert.equal(`${state} ${undated(says)}`, "CRITICAL PORT: Queue service not found, so it has no worker: no job sent");
  assert.equal(value(`127.0.0.1-${a.port}_results`), 1);
  assert.deepEqual(await listed(b.address), []);
});

test("a result that went to a server nobody named is lost, and that is said", real, async (t) => {
  const [a, b] = await Promise.all([startGearmand(t), startGearmand(t)]);
  await startModGearmanWorker(t, a.address, { resultServer: b.address });
  const { state, says } = await check("-H", a.address);
  assert.equal(state, "CRITICAL");
  assert.match(says, /or sends results to another server, such as the one behind a Gearman-Proxy \(--result-server\)$/);
});

test("several servers, the worst wins: one down, one that hangs, one of something else", real, async (t) => {
  const { address } = await startGearmand(t);
  await startModGearmanWorker(t, address);
  const dead = (await refused()).address;
  const down = await check("-H", `${address},${dead}`);
  assert.equal(down.state, "CRITICAL");
  assert.equal(down.says, `failed to connect to address 127.0.0.1 and port ${dead.split(":")[1]}: Connection refused`);
  assert.equal(down.value(`127.0.0.1-${address.split(":")[1]}_results`), 1);

  const hanging = await check("-H", `${address},${(await silent(t)).address}`, "-t", "4:UNKNOWN");
  assert.equal(hanging.state, "UNKNOWN");
  assert.match(hanging.says, /^no complete answer from PORT within 4 s/);
  assert.equal(hanging.value(`127.0.0.1-${address.split(":")[1]}_results`), 1);

  const web = await check("-H", (await webServer(t)).address);
  assert.equal(web.state, "UNKNOWN");
  assert.match(web.stdout, /HTTP/);
  assert.deepEqual(await listed(address), ["service 0 0 1"]);
});

test("a server that refuses the job", real, async (t) => {
  const { address } = await startGearmand(t);
  await registerQueues(t, address, ["service"]);
  await adminCommand(address, "maxqueue service 1");
  await fillQueue(address, "service", 1);
  const { state, says } = await check("-H", address);
  assert.equal(
    `${state} ${says}`,
    "CRITICAL Queue service: job failed: job server refused the job: QUEUE_ERROR (Job queue is full)",
  );
});

test("a server that goes away while the job is out", real, async (t) => {
  const server = await startGearmand(t);
  await startModGearmanWorker(t, server.address, { delayMs: 30_000 });
  const running = check("-H", server.address);
  await untilSent(server.address);
  await server.stop();
  const { state, says } = await running;
  assert.equal(state, "CRITICAL");
  assert.match(says, /PORT/);
});

test("a server that freezes while the job is out: in time, and not OK", real, async (t) => {
  const server = await startGearmand(t);
  await startModGearmanWorker(t, server.address, { delayMs: 30_000 });
  const other = await startGearmand(t);
  await startModGearmanWorker(t, other.address);
  const running = check("-H", server.address, "-H", other.address, "-t", "6");
  await untilSent(server.address);
  server.freeze();
  const { state, says, value } = await running;
  assert.equal(`${state} ${says}`, "CRITICAL PORT does not answer any more while jobs are out");
  assert.equal(value(`127.0.0.1-${other.port}_results`), 1, "the other server is judged all the same");
  server.thaw();
});

test("over TLS", needs("gearmand", "openssl"), async (t) => {
  const { address } = await startGearmand(t);
  const pem = await makeCertificates(t);
  const front = await tlsFront(t, address, pem);
  await startModGearmanWorker(t, address);
  assert.equal((await check("-H", front.address, "--tls-ca", pem.ca)).state, "OK");
  assert.equal((await check("-H", front.address, "--tls-ca", pem.wrongCa)).state, "CRITICAL");
});

/** A server with a worker that never asks for a job, and one whose children run a job for long. */
async function busyServers(t: TestContext): Promise<readonly Gearmand[]> {
  const [idle, busy] = await Promise.all([startGearmand(t), startGearmand(t)]);
  await registerQueues(t, idle.address, ["service"]);
  await startModGearmanWorker(t, busy.address, { delayMs: 30_000 });
  return [idle, busy];
}

test("SIGTERM while the job is out: one line, and no queue of ours left on any server", real, async (t) => {
  const servers = await busyServers(t);
  const { child, finished } = start(...servers.flatMap(({ address }) => ["-H", address]));
  for (const { address } of servers) await untilSent(address);
  child.kill("SIGTERM");
  const { stdout, code } = await finished;
  assert.deepEqual([stdout, code], ["check_mod_gearman UNKNOWN - stopped by SIGTERM\n", 3]);
  for (const { address } of servers) {
    assert.deepEqual(
      (await listed(address)).filter((line) => RESULTS.test(line)),
      [],
    );
    assert.match(await adminCommand(address, "show jobs"), /\t0\t1\t0\n/, "the job is withdrawn");
  }
});

test("SIGTERM after the last worker has gone: the job is not counted for ever", real, async (t) => {
  const { address } = await startGearmand(t);
  const worker = await registerQueues(t, address, ["service"]);
  const { child, finished } = start("-H", address);
  await untilSent(address);
  await worker.release();
  child.kill("SIGTERM");
  await finished;
  assert.deepEqual(await listed(address), ["service 0 0 0"]);
});

test("the deadline while the job is out: no queue of ours left on any server", real, async (t) => {
  const servers = await busyServers(t);
  await check(...servers.flatMap(({ address }) => ["-H", address]), "-t", "4");
  for (const { address } of servers) {
    assert.deepEqual(
      (await listed(address)).filter((line) => RESULTS.test(line)),
      [],
    );
  }
});

test("a run that was killed leaves no job and no waiting queue", real, async (t) => {
  const servers = await busyServers(t);
  const { child, finished } = start(...servers.flatMap(({ address }) => ["-H", address]));
  for (const { address } of servers) await untilSent(address);
  child.kill("SIGKILL");
  await finished;
  for (const { address } of servers) {
    await untilQueues(address, (queues) =>
      [...queues].every(([name, { workers }]) => name === "service" || workers === 0),
    );
    assert.deepEqual(
      (await listed(address)).filter((line) => RESULTS.test(line)).map((line) => line.replace(RESULTS, "")),
      ["0 0 0"],
    );
    assert.match(await adminCommand(address, "show jobs"), /\t0\t1\t0\n/, "the job will not be run");
  }
});

test("what dead runs left is tidied up, what may be a living one's is not", real, async (t) => {
  const { address } = await startGearmand(t);
  await startModGearmanWorker(t, address);
  const random = "0123456789abcdef0123456789abcdef";
  const later = Math.floor(Date.now() / 1000 + 3600).toString(16);
  // late results: the worker was slower than the run
  await fillQueue(address, `check_mod_gearman-1-${random}`, 2, "late");
  await fillQueue(address, `check_mod_gearman-${later}-${random}`, 1, "in time");
  await fillQueue(address, "check_mod_gearman-x", 1, "somebody else's");
  await (await registerQueues(t, address, [`check_mod_gearman-2-${random}`])).release();
  assert.equal((await check("-H", address)).state, "OK");
  assert.deepEqual(await listed(address), [
    `check_mod_gearman-${later}-${random} 1 0 0`,
    "check_mod_gearman-x 1 0 0",
    "service 0 0 1",
  ]);
});

/** A folder with these files, gone with the test. */
async function folderWith(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "test-check-mod-gearman-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content);
    await chmod(join(folder, name), 0o600);
  }
  return folder;
}

test("the key from a file; one that everybody may read is told", real, async (t) => {
  const { address } = await startGearmand(t);
  await startModGearmanWorker(t, address);
  const folder = await folderWith(t, { secret: "should_be_changed\n" });
  const file = join(folder, "secret");
  const fine = await check("-H", address, "--key-file", file);
  assert.deepEqual([fine.state, fine.long], ["OK", []]);
  await chmod(file, 0o644);
  const open = await check("-H", address, "--key-file", file);
  assert.deepEqual(
    [open.state, open.long],
    ["OK", [`warning: '${file}' holds the key and every user may read it (mode 0644): chmod o-r it`]],
  );
});

test("key and server from Mod-Gearman's own config, with its includes", real, async (t) => {
  const { address } = await startGearmand(t);
  await startModGearmanWorker(t, address);
  const folder = await folderWith(t, {
    "module.conf": `debug=0\nserver=${address}\ninclude=common.conf\n`,
    "common.conf": "encryption=yes\nkeyfile=secret # not here\n",
    secret: "should_be_changed\n",
  });
  const config = ["--config", join(folder, "module.conf")];
  const { state, stdout } = await check(...config);
  assert.equal(state, "OK", stdout);
  // -H wins over the config's server, --no-encryption over its key
  assert.equal((await check(...config, "-H", (await refused()).address)).state, "CRITICAL");
  assert.equal((await check(...config, "--no-encryption")).state, "CRITICAL");
});

test("what is wrong with the command line is said before anything is sent, and no key is printed", async (t) => {
  const folder = await folderWith(t, { empty: "\n", "no-key.conf": "server=localhost\n" });
  const cases: readonly [readonly string[], RegExp][] = [
    [["--key", "hunter2"], /^option '--key <key>': every user can read it in the process list/],
    [["--key=hunter2"], /^option '--key <key>': every user can read it in the process list/],
    [["--key-file", join(folder, "gone")], /^option '--key-file <file>': cannot read key file '.*': no such file$/],
    [["--key-file", join(folder, "empty")], /has no key in its first line$/],
    [["--key-env", "NOT_SET"], /^option '--key-env <name>': environment variable 'NOT_SET' is not set, or empty$/],
    [["--key-env", "THE_KEY", "--no-encryption"], /exclude each other$/],
    [["--config", join(folder, "no-key.conf")], /^the config has no key/],
    [["--config", join(folder, "gone")], /^option '--config <file>': cannot read config '.*': no such file$/],
    [["-e", "text"], /^-e is about the output of a command of yours: it needs --command$/],
    [["--command", "a\nb"], /the command must be one line$/],
    [["--expect-code", "4"], /use 0 to 3$/],
    [["--priority", "urgent"], /use low, normal or high$/],
    [["-n", "0"], /use 1 to 1000$/],
    [["-n", "1.5"], /use 1 to 1000$/],
    [["--confirm", "-1"], /'-1' is not a length of time: use seconds, or 45m, 6h, 2d, 1h30m$/],
  ];
  for (const [args, words] of cases) {
    const { state, text, stdout } = await check(...args);
    assert.equal(state, "UNKNOWN", stdout);
    assert.match(text.replace("check_mod_gearman UNKNOWN - ", ""), words);
    assert.doesNotMatch(stdout, /hunter2/);
  }
  const { stdout, code } = await start("--key-env", "").finished;
  assert.equal(code, 3);
  assert.match(stdout, /need the workers' key: --key-file, --key-env or --config, else --no-encryption/);
});

test("a queue that is not for checks is refused before anything is sent", real, async (t) => {
  const { address } = await startGearmand(t);
  const queues = ["check_results", "notification", "perfdata", "proxy_status", "worker_host1"];
  // as the core does: it takes what comes, whatever it is
  await registerQueues(t, address, queues);
  for (const queue of queues) {
    const { state, says } = await check("-H", address, "-q", "service", "-q", queue, "--confirm", "0");
    assert.equal(state, "UNKNOWN");
    assert.match(says, new RegExp(`^option '-q, --queue <name>': '${queue}' is not a queue of checks: `));
  }
  assert.deepEqual(
    await listed(address),
    queues.map((queue) => `${queue} 0 0 1`),
  );
});
