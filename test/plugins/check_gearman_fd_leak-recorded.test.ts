// dist/check_gearman_fd_leak against recorded trees: other kernels, and more time than a test has.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { stateFileName } from "monitoring-plugins-ts/state";

import { programPath } from "../support/debian.ts";
import { pluginCommand, startPlugin } from "../support/exec.ts";
import { needs } from "../support/needs.ts";
import {
  procTree,
  type RecordedProcess,
  setUptime,
  tcpLine,
  temporaryFolder,
  writeProcess,
} from "../support/proc-tree.ts";
import { check, checkAs } from "./fd-leak.ts";

const isRoot = process.geteuid?.() === 0;

/** 12 descriptors: five sockets, of which two lead to a server that has closed. */
const WORKER: RecordedProcess = {
  comm: "mod_gearman_worker",
  uid: 987_654,
  limit: "20",
  rssKiB: 20_480,
  fds: [
    ...["/dev/null", "/dev/null", "/dev/null", "pipe:[5]", "/var/log/x", "/var/log/x", "/var/tmp/a (deleted)"],
    ...[101, 102, 103, 104, 105].map((inode) => `socket:[${inode}]`),
  ],
  tcp: [
    tcpLine(50_001, 4730, { state: "01", inode: 101, remote: "070200C0" }),
    tcpLine(50_002, 4730, { state: "08", inode: 102, remote: "070200C0" }),
    tcpLine(50_003, 4730, { state: "08", inode: 103, remote: "080200C0" }),
    tcpLine(22, 50_004, { state: "01", inode: 104 }),
    tcpLine(50_005, 4730, { state: "08", inode: 999 }),
    tcpLine(50_006, 4730, { state: "06", inode: 0 }),
  ],
};

test("the whole answer, character by character", async (t) => {
  const root = procTree(t, { processes: { 42: WORKER } });
  const { stdout } = await check("/dev/null/none", "--proc", root, "-C", "mod_gearman_worker", "-w", "50%", "-c", "18");
  assert.equal(
    stdout,
    "check_gearman_fd_leak WARNING - mod_gearman_worker (pid 42) has 12 of 20 descriptors (60%), growth not judged" +
      " | 'mod_gearman_worker_fds'=12;10;18;0;20 'mod_gearman_worker_fds_sum'=12;;;0 'mod_gearman_worker_limit'=20;;;0" +
      " 'mod_gearman_worker_sockets'=3;;;0 'mod_gearman_worker_close_wait'=2;50;200;0 'mod_gearman_worker_rss'=20971520B;;;0" +
      " 'mod_gearman_worker_processes'=1;;1:;0 'mod_gearman_worker_uptime'=9995s;;;0\n" +
      "no samples kept: cannot create /dev/null/none: ENOTDIR\n" +
      "mod_gearman_worker (pid 42, user 987654, 20 MiB resident)\n" +
      "Kinds: socket 5, device 3, file 2, deleted file 1, pipe 1\n" +
      "Open more than once: /var/log/x (2)\n" +
      "Deleted, still held: /var/tmp/a (1)\n" +
      "TCP sockets: CLOSE_WAIT 2, ESTABLISHED 2\n" +
      "Remote addresses: 192.0.2.7 2, 192.0.2.8 1, 192.0.2.10 1\n",
  );
});

const fds = (count: number) => Array.from({ length: count }, () => "/var/log/x");

test("a leak over an hour: growth once it is judged, the time left, and a restart that ends it", async (t) => {
  const root = procTree(t, { processes: {} });
  const state = temporaryFolder(t);
  const at = (minute: number, process: RecordedProcess, ...more: readonly string[]) => {
    setUptime(root, 10_000 + minute * 60);
    writeProcess(root, 42, process);
    return check(state, "--proc", root, "--growth-critical", "60", ...more);
  };
  for (let minute = 0; minute < 15; minute += 5) {
    const { state: verdict, text, labels } = await at(minute, { fds: fds(40 + minute * 2) });
    assert.equal(verdict, "OK");
    assert.match(text, /growth not judged yet$/);
    assert.ok(!labels.includes("gearmand_growth"));
  }
  await at(15, { fds: fds(70) });
  const early = await at(20, { fds: fds(80) });
  assert.deepEqual([early.state, early.labels.includes("gearmand_growth")], ["OK", false]);
  assert.match(early.text, /\(7\.8%\), \+40 in 20 min, limit in 7 h 52 min, growth not judged yet$/);
  assert.match(early.stdout, /^Growth is judged from 1 h and 5 samples on: 20 min and 5 so far$/m);
  for (let minute = 25; minute < 60; minute += 5) await at(minute, { fds: fds(40 + minute * 2) });
  const grown = await at(60, { fds: fds(160) }, "--eta-warning", "8h");
  assert.equal(grown.state, "CRITICAL");
  assert.equal(
    grown.text,
    "check_gearman_fd_leak CRITICAL - gearmand (pid 42) gains 120 descriptors an hour, +120 in 1 h, limit in 7 h 12 min." +
      " gearmand (pid 42) reaches its limit of 1024 descriptors in 7 h 12 min.",
  );
  assert.deepEqual([grown.value("gearmand_growth"), grown.value("gearmand_eta")], [120, 25_920]);
  assert.match(grown.stdout, /^Trend: \+120 descriptors in 1 h \(13 samples\)$/m);
  const restarted = await at(65, { fds: fds(200), startTicks: 900 });
  assert.equal(restarted.state, "OK");
  assert.match(restarted.text, /growth not judged yet, restarted once in 1 h$/);
});

test("a process that dies again and again", async (t) => {
  const root = procTree(t, { processes: {} });
  const state = temporaryFolder(t);
  const at = (second: number) => {
    setUptime(root, 10_000 + second);
    writeProcess(root, 40 + second / 60, { fds: fds(40), startTicks: (10_000 + second - 1) * 100 });
    if (second > 0) rmSync(join(root, String(39 + second / 60)), { recursive: true });
    return check(state, "--proc", root, "--growth-warning", "60");
  };
  const answers: string[] = [];
  for (let second = 0; second <= 240; second += 60) {
    const { state: verdict, value } = await at(second);
    answers.push(`${verdict} ${value("gearmand_restarts")} ${value("gearmand_uptime")}`);
  }
  assert.deepEqual(answers, ["OK 0 1", "OK 1 1", "OK 2 1", "OK 3 1", "WARNING 4 1"]);
});

test("machines that share a state folder keep samples of their own", {
  skip: !isRoot ? "needs root" : needs("unshare").skip,
}, async (t) => {
  const root = procTree(t, { processes: { 42: { fds: fds(40) } } });
  const state = temporaryFolder(t);
  for (const machine of ["berlin", "munich", "berlin"]) {
    const command = [...pluginCommand("check_gearman_fd_leak"), "--proc", root, "--state-dir", state];
    execFileSync(programPath("unshare"), ["-u", "sh", "-c", `hostname ${machine} && exec "$@"`, "sh", ...command]);
  }
  assert.deepEqual(
    readdirSync(state).sort(),
    ["berlin", "munich"].map((machine) => stateFileName("check_gearman_fd_leak", "gearmand", machine)),
  );
});

test("memory that grows", async (t) => {
  const root = procTree(t, { processes: {} });
  const state = temporaryFolder(t);
  let answer = await check(state, "--proc", root);
  for (let minute = 0; minute <= 60; minute += 10) {
    setUptime(root, 10_000 + minute * 60);
    writeProcess(root, 42, { fds: fds(40), rssKiB: 100_000 + minute * 2000 });
    answer = await check(state, "--proc", root, "--rss-growth-warning", "100MB", "--rss-critical", "1GB");
  }
  assert.equal(answer.state, "WARNING");
  assert.match(answer.text, /gearmand \(pid 42\) gains 117 MiB of memory an hour$/);
  assert.equal(answer.value("gearmand_rss_growth"), (2000 * 1024 * 60) / 1);
});

test("a kernel that does not tell the count, and no right to list: UNKNOWN, never OK with 0", {
  skip: !isRoot && "needs root",
}, async (t) => {
  const root = procTree(t, { processes: { 42: { fds: fds(40) } } });
  chmodSync(root, 0o755);
  chmodSync(join(root, "42/fd"), 0o500);
  const { state, text, labels } = await checkAs(t, 65_534, "--proc", root);
  assert.equal(state, "UNKNOWN");
  assert.match(
    text,
    /no right to count the descriptors of gearmand \(pid 42\), try: sudo -u root FOLDER\/check_gearman_fd_leak /,
  );
  assert.ok(!labels.includes("gearmand_fds"));
});

test("what the denied may still see: sockets of the user on its end of the Gearman port", {
  skip: !isRoot && "needs root",
}, async (t) => {
  const tcp = Array.from({ length: 201 }, (_, i) =>
    tcpLine(4730, 50_000 + i, { state: "08", inode: 1000 + i, uid: 77 }),
  );
  const other = Array.from({ length: 50 }, (_, i) =>
    tcpLine(4730, 51_000 + i, { state: "08", inode: 5000 + i, uid: 78 }),
  );
  const client = Array.from({ length: 50 }, (_, i) =>
    tcpLine(52_000 + i, 4730, { state: "08", inode: 7000 + i, uid: 77 }),
  );
  const root = procTree(t, { processes: { 42: { fds: fds(40), uid: 77, tcp: [...tcp, ...other, ...client] } } });
  chmodSync(root, 0o755);
  chmodSync(join(root, "42/fd"), 0o500);
  const { state, text, value } = await checkAs(t, 65_534, "--proc", root);
  assert.equal(state, "CRITICAL");
  assert.match(text, /user 77 has 201 sockets in CLOSE_WAIT on the Gearman port/);
  assert.equal(value("gearmand_sockets"), 201);
});

test("connections that nobody accepts are told", async (t) => {
  const waiting = [1, 2, 3].map((i) => tcpLine(4730, 50_000 + i, { state: i === 1 ? "08" : "01", inode: 0 }));
  const listening = tcpLine(4730, 0, { state: "0A", inode: 9 });
  const root = procTree(t, { processes: { 42: { fds: ["socket:[9]"], tcp: [listening, ...waiting] } } });
  const { stdout, value } = await check("/dev/null/none", "--proc", root);
  assert.match(
    stdout,
    /^3 connections to the Gearman port wait for a process to accept them: it hangs, or is out of descriptors$/m,
  );
  assert.equal(value("gearmand_sockets"), 0);
});

test("labels and their order are the same with many processes, with -v, and with another pid", async (t) => {
  const one = procTree(t, { processes: { 42: WORKER } });
  const many = procTree(t, { processes: { 7: WORKER, 8: { ...WORKER, fds: [] }, 9: WORKER } });
  const args = ["-C", "mod_gearman_worker"];
  const { labels } = await check("/dev/null/none", "--proc", one, ...args);
  const several = await check("/dev/null/none", "--proc", many, "-v", ...args);
  assert.deepEqual(several.labels, labels);
  assert.equal(several.value("mod_gearman_worker_fds_sum"), 24);
  assert.match(several.stdout, /^mod_gearman_worker \(pid 8, user 987654\): 0 of 20 descriptors$/m);
});

test("names of files cannot forge lines or perfdata", async (t) => {
  const evil = "/tmp/a\nOK - all fine | x=1; \u001b[31m";
  const root = procTree(t, { processes: { 42: { comm: "x|y=1", fds: [evil, evil, `${evil} (deleted)`] } } });
  const { stdout, labels } = await check("/dev/null/none", "--proc", root, "--pid", "42");
  assert.doesNotMatch(stdout, /^OK/m);
  assert.ok(labels.every((label) => /^[\w.-]+$/.test(label)));
});

test("many processes of one name in a machine of many", async (t) => {
  const processes: Record<number, RecordedProcess> = {};
  for (let pid = 1; pid <= 300; pid++)
    processes[pid] = { comm: pid % 3 === 0 ? "gearmand" : "other", fds: fds(pid === 150 ? 900 : 3) };
  const root = procTree(t, { processes });
  const { state, text } = await check(temporaryFolder(t), "--proc", root);
  assert.equal(state, "WARNING");
  assert.match(text, /gearmand \(pid 150, one of 100\) has 900 of 1024/);
});

test("a process whose entries are half gone is gone", async (t) => {
  const root = procTree(t, { processes: { 42: { fds: fds(3) } } });
  mkdirSync(join(root, "43"));
  const { state } = await check("/dev/null/none", "--proc", root, "--pid", "43");
  assert.equal(state, "CRITICAL");
  assert.equal((await check("/dev/null/none", "--proc", root)).state, "OK");
});

test("state of pids that are no more goes when it is a day old, and nothing else does", async (t) => {
  const processes = Object.fromEntries([42, 43, 44, 45, 46].map((pid) => [pid, { fds: fds(3) }]));
  const root = procTree(t, { processes });
  const state = temporaryFolder(t);
  const run = (...args: readonly string[]) => check(state, "--proc", root, ...args);
  const fileOf = (pid: number | string) => stateFileName("check_gearman_fd_leak", `pid ${pid}`);
  for (const pid of [42, 43, 44, 45]) await run("--pid", String(pid));
  await run("--pid", "43", "-u", "0");
  await run();
  const others = ["notes.json", fileOf("97"), fileOf("98").replace(/leak\.\d+/, "leak.4711")];
  for (const name of others) writeFileSync(join(state, name), "{}");
  const content = readFileSync(join(state, fileOf(43)), "utf8");
  writeFileSync(join(state, "victim"), content);
  symlinkSync(join(state, "victim"), join(state, fileOf(96)));
  mkdirSync(join(state, fileOf(95)));
  const before = readdirSync(state);
  assert.equal(before.length, 12);
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
  for (const name of before) {
    if (name !== fileOf(44)) utimesSync(join(state, name), twoDaysAgo, twoDaysAgo);
  }
  for (const pid of [43, 44]) rmSync(join(root, String(pid)), { recursive: true });
  writeProcess(root, 42, { startTicks: 501, fds: fds(3) });

  await run("--pid", "45");
  assert.deepEqual(readdirSync(state), before, "not the first run for this pid");
  await run("--pid", "46");
  const gone = [fileOf(42), fileOf(43), fileOf("43 of 0")];
  assert.deepEqual(readdirSync(state).sort(), [...before.filter((name) => !gone.includes(name)), fileOf(46)].sort());
  assert.equal(readFileSync(join(state, "victim"), "utf8"), content);
});

test("time is over while kinds are read: what is known is judged", async (t) => {
  const root = procTree(t, { processes: { 42: { limit: "4000", fds: fds(3000) } } });
  // the limit is read after the descriptors are counted and before their kinds are; its reader waits for a writer
  const limits = join(root, "42/limits");
  const text = readFileSync(limits, "utf8");
  renameSync(limits, join(root, "42/real"));
  execFileSync("mkfifo", [limits]);
  const { finished } = startPlugin("check_gearman_fd_leak", [
    "--proc",
    root,
    "--state-dir",
    "/dev/null/none",
    "-t",
    "4",
  ]);
  const deadline = new Promise((resolve) => setTimeout(resolve, 4200));
  const reader = await open(limits, "w");
  await deadline;
  await reader.write(text);
  await reader.close();
  const { code, stdout } = await finished;
  assert.equal(code, 2);
  assert.equal(
    stdout,
    "check_gearman_fd_leak CRITICAL - no verdict within 4 s: not all descriptors and sockets were looked at," +
      " gearmand (pid 42) has 3000 of 4000 descriptors (75%), growth not judged | 'gearmand_fds'=3000;3200;3600;0;4000 'gearmand_fds_sum'=3000;;;0" +
      " 'gearmand_limit'=4000;;;0 'gearmand_processes'=1;;1:;0 'gearmand_uptime'=9995s;;;0\n" +
      "no samples kept: cannot create /dev/null/none: ENOTDIR\n" +
      "gearmand (pid 42, user root)\n" +
      "Kinds (the oldest 1000 of 3000, then time was over): file 1000\n" +
      "Open more than once: /var/log/x (1000)\n",
  );
});
