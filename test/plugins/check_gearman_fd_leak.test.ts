// dist/check_gearman_fd_leak against real processes that leak, and a real gearmand.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import { listen } from "../servers/address.ts";
import { registerQueues } from "../servers/gearman-worker.ts";
import { startGearmand } from "../servers/gearmand.ts";
import { startLeaker } from "../servers/leaker.ts";
import { refused } from "../servers/misbehaving.ts";
import { startZombie } from "../servers/zombie.ts";
import { programPath } from "../support/debian.ts";
import { PLUGINS_DIR, pluginCommand, runPlugin, startPlugin } from "../support/exec.ts";
import { runBesideHungFolder } from "../support/hung-folder.ts";
import { needs } from "../support/needs.ts";
import { spawnOwned } from "../support/owner.ts";
import { temporaryFolder } from "../support/proc-tree.ts";
import { until } from "../support/until.ts";
import { check, checkAs } from "./fd-leak.ts";

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;
const asRoot = { skip: !isRoot && "needs root, to be somebody else" };

async function gearmandWith(t: TestContext, limit: number) {
  const server = await startGearmand(t);
  execFileSync(programPath("prlimit"), ["--pid", String(server.pid), `--nofile=${limit}:${limit}`]);
  return server;
}

async function connections(t: TestContext, port: number, count: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, "127.0.0.1"));
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  return sockets;
}

test("a real gearmand under connections that come and go", needs("gearmand", "prlimit"), async (t) => {
  const server = await gearmandWith(t, 100);
  const state = temporaryFolder(t);
  const pid = String(server.pid);
  const look = (...args: readonly string[]) => check(state, "--pid", pid, "-p", String(server.port), ...args);
  let idle = await look();
  let before: number | undefined;
  // the one that saw it start may be accepted late and closed later: in between it is a descriptor, and no socket of the port
  const isIdle = async () => {
    before = idle.value("gearmand_fds");
    idle = await look();
    return idle.value("gearmand_sockets") === 0 && idle.value("gearmand_fds") === before;
  };
  await until(isIdle, () => `the end of the first connection: ${idle.stdout}`);
  assert.equal(idle.state, "OK");
  const base = idle.value("gearmand_fds") ?? assert.fail();
  assert.equal(idle.value("gearmand_limit"), 100);

  const sockets = await connections(t, server.port, 85 - base);
  let busy = idle;
  // connected is not yet accepted
  const isBusy = async () => {
    busy = await look("--sockets-critical", "10");
    return busy.value("gearmand_fds") === 85;
  };
  await until(isBusy, () => `85 descriptors: ${busy.stdout}`);
  assert.equal(busy.state, "CRITICAL");
  assert.equal(busy.value("gearmand_sockets"), 85 - base);
  assert.match(busy.text, new RegExp(`has ${85 - base} sockets to or from the Gearman port`));
  const level = await check(temporaryFolder(t), "--pid", pid);
  assert.equal(level.state, "WARNING");
  assert.match(level.text, /gearmand \(pid \d+\) has 85 of 100 descriptors \(85%\), growth not judged yet$/);

  for (const socket of sockets) socket.destroy();
  await until(
    async () => (await check(state, "--pid", pid)).value("gearmand_fds") === base,
    () => "the end of closed connections",
  );
});

test(
  "gearmand out of descriptors: it does not answer, and the check says why",
  needs("gearmand", "prlimit"),
  async (t) => {
    const server = await gearmandWith(t, 64);
    // the waiting ones keep gearmand from accepting the check's own connection
    const sockets = Array.from({ length: 40 }, () => connect(server.port, "127.0.0.1").on("error", () => {}));
    t.after(() => sockets.forEach((socket) => void socket.destroy()));
    await Promise.all(sockets.slice(0, 30).map((socket) => once(socket, "connect")));
    const answer = await check(
      temporaryFolder(t),
      "-H",
      server.address,
      "--user",
      "root",
      "--pid",
      String(server.pid),
      "-t",
      "9",
    );
    assert.equal(answer.state, "CRITICAL");
    assert.match(
      answer.text,
      /has 6[45] of 64 descriptors \(10[02]%\), growth not judged yet\. no complete answer from .* within \d(?:\.\d)? s/,
    );
    assert.match(answer.stdout, /^\d+ connections to the Gearman port wait for a process to accept them/m);
  },
);

test(
  "the job server says which of several gearmands it is, and how many workers it has",
  needs("gearmand"),
  async (t) => {
    await startGearmand(t);
    const server = await startGearmand(t);
    for (let i = 0; i < 10; i++) await registerQueues(t, server.address, ["host"]);
    const answer = await check(
      temporaryFolder(t),
      "-H",
      server.address,
      "--processes",
      "1:1",
      "--per-worker-critical",
      "0.5",
    );
    assert.equal(answer.state, "CRITICAL");
    assert.match(
      answer.text,
      new RegExp(
        `^check_gearman_fd_leak CRITICAL - gearmand \\(pid ${server.pid}\\) has [\\d.]+ descriptors per connected worker$`,
      ),
    );
    assert.equal(answer.value("gearmand_workers"), 10);
    // its own descriptors and threads do not count
    assert.ok((answer.value("gearmand_per_worker") ?? 99) < 1.5, answer.stdout);
    assert.match(answer.stdout, /^127\.0\.0\.1:\d+: 11 connections, 10 of workers, 1 without a queue/m);
  },
);

test(
  "of a job server that is not reached, or is none of those here, no other one's figures are shown",
  needs("gearmand"),
  async (t) => {
    const server = await startGearmand(t);
    const state = temporaryFolder(t);
    const { address } = await refused();
    const down = await check(state, "-H", address);
    assert.deepEqual([down.state, down.labels], ["CRITICAL", []]);
    assert.match(down.text, /CRITICAL - failed to connect .* Connection refused$/);
    // one that hangs is known by the port it listens on
    process.kill(server.pid, "SIGSTOP");
    const hung = await check(state, "-H", server.address, "-t", "9");
    process.kill(server.pid, "SIGCONT");
    assert.equal(hung.state, "CRITICAL");
    assert.match(hung.text, /no complete answer from .*gearmand \(pid \d+\) is stopped \(state T\)/);
    assert.ok(hung.labels.includes("gearmand_fds"), hung.stdout);
  },
);

test("a job server that is down is CRITICAL, and the processes are judged all the same", async (t) => {
  const leaker = await startLeaker(t);
  const { address } = await refused();
  const answer = await check(temporaryFolder(t), "-H", address, "--pid", String(leaker.pid));
  assert.equal(answer.state, "CRITICAL");
  assert.match(answer.text, /failed to connect .* Connection refused$/);
  assert.ok((answer.value("fd_leaker_fds") ?? 0) > 3);
});

test("files: opened more than once, and deleted ones still held", async (t) => {
  const leaker = await startLeaker(t);
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "log"), "");
  await leaker.leak({ kind: "file", count: 30, path: join(folder, "log") });
  await leaker.leak({ kind: "unlinked", count: 7, path: join(folder, "gone") });
  const { stdout, long } = await check(temporaryFolder(t), "-C", "fd_leaker").catch(() => assert.fail());
  assert.match(stdout, /^check_gearman_fd_leak OK - fd_leaker/);
  assert.ok(long.includes(`Open more than once: ${folder}/log (30)`), stdout);
  assert.ok(long.includes(`Deleted, still held: ${folder}/gone (7)`), stdout);
  assert.match(stdout, /^Kinds: .*\bfile 30\b/m);
  assert.match(stdout, /^Kinds: .*\bdeleted file 7\b/m);
});

test("CLOSE_WAIT: the peer has closed, the process has not", async (t) => {
  const leaker = await startLeaker(t);
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket));
  t.after(() => server.close());
  const { port } = await listen(server);
  await leaker.leak({ kind: "socket", count: 25, port });
  const args = [
    "--pid",
    String(leaker.pid),
    "-p",
    String(port),
    "--close-wait-warning",
    "10",
    "--close-wait-critical",
    "20",
  ];
  const state = temporaryFolder(t);
  const before = await check(state, ...args);
  assert.deepEqual(
    [before.state, before.value("fd_leaker_close_wait"), before.value("fd_leaker_sockets")],
    ["OK", 0, 25],
  );
  while (accepted.length < 25) await once(server, "connection");
  for (const socket of accepted) socket.on("error", () => {}).end();
  let after = await check(state, ...args);
  for (let tries = 0; tries < 20 && after.value("fd_leaker_close_wait") !== 25; tries++)
    after = await check(state, ...args);
  assert.equal(after.state, "CRITICAL");
  assert.match(
    after.text,
    /fd_leaker \(pid \d+\) has 25 sockets in CLOSE_WAIT, most of its sockets lead to 127\.0\.0\.1$/,
  );
  assert.match(after.stdout, /^TCP sockets: CLOSE_WAIT 25$/m);
  assert.match(after.stdout, /^Remote addresses: 127\.0\.0\.1 25$/m);
  // a sample tells as much, about
  const sampled = await check(state, ...args, "--kinds", "20");
  assert.equal(sampled.state, "CRITICAL");
  assert.match(sampled.stdout, /^Kinds \(sample of \d+ of \d+\): /m);
});

test("a process that ended is not there; several names are judged each for itself", async (t) => {
  const leaker = await startLeaker(t, "fd_leaker_name_beyond_15");
  const state = temporaryFolder(t);
  const { state: found, labels } = await check(state, "-C", "fd_leaker_name_beyond_15", "--kinds", "none");
  assert.equal(found, "OK");
  assert.deepEqual(
    labels,
    ["fds", "fds_sum", "limit", "rss", "processes", "restarts", "uptime"].map(
      (label) => `fd_leaker_name_beyond_15_${label}`,
    ),
  );
  const both = await check(state, "-C", "fd_leaker_name_beyond_15", "-C", "no_such_thing");
  assert.equal(both.text, "check_gearman_fd_leak CRITICAL - no process no_such_thing is running");
  process.kill(leaker.pid, "SIGKILL");
  for (let tries = 0; (await check(state, "--pid", String(leaker.pid))).state !== "CRITICAL"; tries++)
    assert.ok(tries < 20);
  assert.deepEqual((await check(state, "--pid", String(leaker.pid))).perfdata, []);
});

test("a thread is no process that runs, and a name beyond ASCII is the same by name and by pid", async (t) => {
  const leaker = await startLeaker(t, "fd_läcker");
  const state = temporaryFolder(t);
  const [, thread = ""] = readdirSync(`/proc/${leaker.pid}/task`);
  const none = await check(state, "--pid", thread);
  assert.equal(none.text, "check_gearman_fd_leak CRITICAL - no process is running");
  const byPid = await check(state, "--pid", String(leaker.pid));
  const byName = await check(state, "-C", "fd_läcker");
  assert.match(byPid.text, /^check_gearman_fd_leak OK - fd_läcker \(pid /);
  assert.deepEqual([byPid.text, byPid.labels], [byName.text, byName.labels]);
  // the kernel cuts this name within a character
  const cut = await startLeaker(t, "fd_leaker_of_14ä");
  assert.match((await check(state, "-C", "fd_leaker_of_14ä")).text, new RegExp(`\\(pid ${cut.pid}\\) has`));
});

test("a process that is stopped is WARNING, until it goes on", async (t) => {
  const leaker = await startLeaker(t);
  const state = temporaryFolder(t);
  const args = ["--pid", String(leaker.pid)];
  process.kill(leaker.pid, "SIGSTOP");
  let stopped = await check(state, ...args);
  for (let tries = 0; tries < 50 && stopped.state === "OK"; tries++) stopped = await check(state, ...args);
  assert.equal(stopped.state, "WARNING");
  assert.match(stopped.text, /fd_leaker \(pid \d+\) is stopped \(state T\): kill -CONT lets it go on$/);
  process.kill(leaker.pid, "SIGCONT");
  let goesOn = await check(state, ...args);
  for (let tries = 0; tries < 50 && goesOn.state !== "OK"; tries++) goesOn = await check(state, ...args);
  assert.equal(goesOn.state, "OK");
});

test("another service than a gearmand is UNKNOWN, and named", async (t) => {
  const state = temporaryFolder(t);
  for (const [answer, what] of [
    ["HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "it speaks HTTP"],
    ["SSH-2.0-OpenSSH_9.2\r\n", "it speaks SSH"],
    ["220 mail.example.com ESMTP\r\n", "'220 mail.example.com ESMTP'"],
  ] as const) {
    const server = createServer((socket) => void socket.on("error", () => {}).end(answer));
    t.after(() => server.close());
    const { address } = await listen(server);
    const { state: verdict, text } = await check(state, "-H", address, "--processes", "0:");
    assert.equal(verdict, "UNKNOWN", text);
    assert.ok(text.includes(`${address} is not a gearmand: ${what}`), text);
  }
  const several = await check(state, "-H", "a,b");
  assert.match(several.text, /UNKNOWN - option '-H, --hostname <host\[:port\]>': 'a,b' .*names several hosts/);
});

test("a zombie is no process that runs", async (t) => {
  const answer = await check(temporaryFolder(t), "--pid", `${await startZombie(t)}`);
  assert.equal(answer.state, "CRITICAL");
  assert.match(answer.text, /no process sleep is running \(and 1 that ended and is a zombie\)$/);
});

test("a pid file: read, missing, senseless, and not a file at all", async (t) => {
  const leaker = await startLeaker(t);
  const folder = temporaryFolder(t);
  const file = join(folder, "pid");
  writeFileSync(file, `${leaker.pid}\n`);
  assert.equal((await check(folder, "--pidfile", file)).state, "OK");
  writeFileSync(file, "root\n");
  const senseless = await check(folder, "--pidfile", file);
  assert.equal(senseless.text, `check_gearman_fd_leak UNKNOWN - ${file} holds no pid`);
  assert.equal((await check(folder, "--pidfile", join(folder, "none"))).state, "CRITICAL");
  assert.equal((await check(folder, "--pidfile", folder)).state, "UNKNOWN");
  // cut off, it would be another process' id
  writeFileSync(file, `${leaker.pid}`.padStart(63 + `${leaker.pid}`.length));
  assert.equal((await check(folder, "--pidfile", file)).state, "UNKNOWN");
  execFileSync("/bin/sh", ["-c", 'mkfifo "$0"', join(folder, "fifo")]);
  assert.equal((await check(folder, "--pidfile", join(folder, "fifo"))).state, "UNKNOWN");
});

test("only processes of one user", asRoot, async (t) => {
  const leaker = await startLeaker(t, "fd_leaker_u");
  const state = temporaryFolder(t);
  assert.equal((await check(state, "-C", "fd_leaker_u", "-u", "root")).state, "OK");
  assert.equal((await check(state, "-C", "fd_leaker_u", "-u", "nobody")).state, "CRITICAL");
  assert.equal((await check(state, "-u", "no such user")).state, "UNKNOWN");
  assert.ok(leaker.pid > 0);
});

test("nobody counts root's descriptors, and hears whom to ask for more", asRoot, async (t) => {
  const leaker = await startLeaker(t, "gearmand");
  await leaker.leak({ kind: "file", count: 20, path: "/dev/null" });
  const own = await check(temporaryFolder(t), "--pid", String(leaker.pid));
  const other = await checkAs(t, NOBODY, "--pid", String(leaker.pid));
  assert.equal(other.state, "OK");
  assert.equal(other.value("gearmand_fds"), own.value("gearmand_fds"));
  assert.ok(
    other.long.includes(
      `No right to see what its descriptors are, which this would have: sudo -u root FOLDER/check_gearman_fd_leak --state-dir FOLDER/state --pid ${leaker.pid}`,
    ),
    other.stdout,
  );
  assert.doesNotMatch(other.stdout, /^Kinds/m);
});

test("root without the right to look closer does not see 0 sockets", {
  skip: asRoot.skip || needs("setpriv").skip,
}, async (t) => {
  const leaker = await startLeaker(t);
  const prefix = [programPath("setpriv"), "--bounding-set", "-sys_ptrace", "--inh-caps", "-all"];
  const [file = "", ...args] = [...prefix, ...pluginCommand("check_gearman_fd_leak"), "--pid", String(leaker.pid)];
  for (const more of [[], ["--kinds", "5"]]) {
    const child = spawnOwned(t, file, [...args, "--state-dir", "/dev/null/none", ...more], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const [code] = await once(child, "close");
    assert.equal(code, 0, text);
    assert.match(
      text,
      /^No right to see what its descriptors are: it has rights that this account has not, look with CAP_SYS_PTRACE$/m,
    );
    assert.doesNotMatch(text, /^Kinds/m);
    assert.match(text, /'fd_leaker_fds'=\d\d/);
  }
});

test("hidepid: what cannot be seen is UNKNOWN, not gone", {
  skip: asRoot.skip || needs("unshare", "setpriv").skip,
}, async (t) => {
  const leaker = await startLeaker(t, "fd_leaker_h");
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "proc"));
  execFileSync("chmod", ["711", folder]);
  const copy = join(folder, "check_gearman_fd_leak");
  execFileSync("cp", [join(PLUGINS_DIR, "check_gearman_fd_leak"), copy]);
  for (const mode of ["1", "2"]) {
    const script =
      `mount -t proc -o hidepid=${mode} proc ${folder}/proc && exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups ` +
      `${pluginCommand(copy).join(" ")} --proc ${folder}/proc -C fd_leaker_h --state-dir /dev/null/none`;
    const child = spawn(programPath("unshare"), ["-m", "sh", "-c", script], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const [code] = await once(child, "close");
    if (code === 1 && text === "") return t.skip("may not mount");
    assert.equal(code, 3, text);
    assert.match(
      text,
      /^check_gearman_fd_leak UNKNOWN - cannot see whether process fd_leaker_h is running: proc is mounted with hidepid/,
    );
  }
  assert.ok(leaker.pid > 0);
});

test("a process in another network namespace has sockets of its own", {
  skip: asRoot.skip || needs("unshare", "gearmand").skip,
}, async (t) => {
  const leaker = await startLeaker(t, "fd_leaker_n", [programPath("unshare"), "-n", "--"]);
  const server = await startGearmand(t);
  await connections(t, server.port, 10);
  // unshare becomes the program, so the pid is the leaker's
  const answer = await check(temporaryFolder(t), "--pid", String(leaker.pid), "-p", String(server.port));
  assert.equal(answer.value("fd_leaker_n_sockets"), 0);
});

test("state: mode 0600, one file, and one that is foreign, corrupt or a link is said and started anew", async (t) => {
  const leaker = await startLeaker(t);
  const state = temporaryFolder(t);
  const args = ["--pid", String(leaker.pid)];
  await check(state, ...args);
  const [name = "", ...others] = readdirSync(state);
  assert.deepEqual(others, []);
  const path = join(state, name);
  const count = () =>
    (JSON.parse(readFileSync(path, "utf8")) as { series: { samples: unknown[] }[] }).series[0]?.samples.length;
  assert.equal(count(), 1);
  await check(state, ...args);
  assert.equal(count(), 2);
  for (const rubbish of ["{", "[]", '{"version":2}', '{"version":1,"boot":"x","series":[{}]}']) {
    writeFileSync(path, rubbish);
    const { stdout, state: verdict } = await check(state, ...args);
    assert.equal(verdict, "OK");
    assert.match(stdout, /^samples start anew: .* was of no use, it is no /m);
    assert.equal(count(), 1);
  }
  execFileSync("mv", [path, join(state, "elsewhere")]);
  symlinkSync(join(state, "elsewhere"), path);
  assert.match((await check(state, ...args)).stdout, /was of no use, it is a symbolic link/);
  assert.equal(count(), 1);
});

test("runs at once lose samples at worst, never the file", async (t) => {
  const leaker = await startLeaker(t);
  const state = temporaryFolder(t);
  const args = ["--pid", String(leaker.pid), "--kinds", "none"];
  for (let i = 0; i < 3; i++) await check(state, ...args);
  const both = await Promise.all([check(state, ...args), check(state, ...args)]);
  for (const { stdout, state: verdict } of both) {
    assert.equal(verdict, "OK");
    assert.doesNotMatch(stdout, /anew|no samples/);
  }
  const [file = "", ...others] = readdirSync(state);
  assert.deepEqual(others, []);
  const { series } = JSON.parse(readFileSync(join(state, file), "utf8")) as { series: { samples: unknown[] }[] };
  const samples = series[0]?.samples.length ?? 0;
  assert.ok(samples === 4 || samples === 5, `${samples} samples`);
});

test("a state folder on a file system that never answers", {
  skip: asRoot.skip || needs("unshare").skip,
}, async (t) => {
  const leaker = await startLeaker(t);
  const folder = temporaryFolder(t);
  const run = (...args: readonly string[]) =>
    runBesideHungFolder(t, folder, "check_gearman_fd_leak", ["--pid", String(leaker.pid), ...args]);
  for (const path of [folder, join(folder, "deeper")]) {
    const ended = await run("--state-dir", path, "-t", "20");
    if (ended === undefined) return t.skip("may not mount");
    assert.equal(ended.code, 0, ended.stdout);
    assert.match(ended.stdout, /^check_gearman_fd_leak OK - fd_leaker \(pid \d+\) has \d+ of \d+ descriptors/);
    assert.ok(ended.stdout.includes(`\nno samples kept: ${path} has not answered in time\n`), ended.stdout);
  }
  const judged = await run("--state-dir", folder, "--growth-critical", "60", "-t", "4");
  assert.equal(judged?.code, 3);
  assert.match(
    judged.stdout,
    /^check_gearman_fd_leak UNKNOWN - --growth-critical cannot be judged: no samples kept: .* has not answered in time \|/,
  );
});

test("a state folder that cannot be made, though the one above it is there", async (t) => {
  const leaker = await startLeaker(t);
  const args = ["--pid", String(leaker.pid), "-t", "20"];
  // as on a mount that was removed: mkdir says ENOENT
  const named = await check("/proc/nowhere", ...args);
  assert.equal(named.state, "OK");
  assert.ok(named.stdout.includes("\nno samples kept: cannot create /proc/nowhere: ENOENT\n"), named.stdout);
  const relative = await check("state", ...args);
  assert.match(relative.text, /UNKNOWN - option '--state-dir <dir>': 'state' is not an absolute path$/);
  const { stdout } = await runPlugin("check_gearman_fd_leak", args, { env: { MP_STATE_PATH: "./state" } });
  assert.equal(stdout, "check_gearman_fd_leak UNKNOWN - MP_STATE_PATH: './state' is not an absolute path\n");
});

test("SIGTERM is answered at once", async (t) => {
  const server = createServer(() => {});
  t.after(() => server.close());
  const { address } = await listen(server);
  const { child, finished } = startPlugin("check_gearman_fd_leak", ["-H", address, "--state-dir", temporaryFolder(t)]);
  await once(server, "connection");
  child.kill("SIGTERM");
  const { code, stdout } = await finished;
  assert.deepEqual([code, stdout], [3, "check_gearman_fd_leak UNKNOWN - stopped by SIGTERM\n"]);
});

test("options that contradict each other are refused", async (t) => {
  const state = temporaryFolder(t);
  for (const args of [
    ["-C", "x", "--pid", "1"],
    ["--pidfile", "/x", "--pid", "1"],
    ["--per-worker-critical", "5"],
    ["-w", "80%:90"],
    ["--kinds", "0"],
    ["--window", "1s"],
    ["--eta-critical", "soon"],
    ["--proc", "/dev"],
  ]) {
    assert.equal((await check(state, ...args)).state, "UNKNOWN", args.join(" "));
  }
});

test(
  "checks with other windows, or of job servers on other ports, keep samples of their own",
  needs("gearmand"),
  async (t) => {
    const state = temporaryFolder(t);
    const pid = ["--pid", String(process.pid)];
    await check(state, ...pid);
    await check(state, ...pid, "--window", "2h");
    for (let server = 0; server < 2; server++) await check(state, "-H", (await startGearmand(t)).address);
    assert.equal(readdirSync(state).length, 4);
    // a server that is not reached forgets nothing, and remembers nothing
    await check(state, "-H", "127.0.0.1:1");
    assert.equal(readdirSync(state).length, 4);
  },
);
