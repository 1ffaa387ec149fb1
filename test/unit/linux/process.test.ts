import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import {
  findProcesses,
  hidesProcesses,
  parseProcess,
  parseSoftLimit,
  readBoot,
  readDescriptorLimit,
  readProcess,
  Users,
} from "monitoring-plugins-ts/linux";

import { spawnOwned } from "../../support/owner.ts";
import { procTree, temporaryFolder } from "../../support/proc-tree.ts";

test("our own process is as the runtime says", () => {
  const self = readProcess("/proc", process.pid);
  assert.ok(typeof self === "object");
  assert.equal(self.uid, process.geteuid?.());
  assert.ok(Math.abs((self.rss ?? 0) - process.memoryUsage.rss()) < 64 * 1024 * 1024);
  assert.ok(self.startTicks > 0);
  assert.equal(typeof readDescriptorLimit("/proc", process.pid), "object");
});

test("a name with blanks and parentheses does not move the fields", () => {
  const status = "Name:\tx\nTgid:\t7\nUid:\t0\t1000\t0\t0\nNSpid:\t7\t3\t1\nVmRSS:\t   12 kB\n";
  const stat = `7 (a) S (b) R ${"0 ".repeat(18)}4711 0 0\n`;
  assert.deepEqual(parseProcess(7, stat, status), {
    pid: 7,
    innerPid: 1,
    comm: "a) S (b",
    state: "R",
    startTicks: 4711,
    parent: 0,
    uid: 1000,
    rss: 12_288,
  });
});

test("a thread is no process", () => {
  const stat = `8 (a) S ${"0 ".repeat(18)}4711 0 0\n`;
  assert.equal(parseProcess(8, stat, "Tgid:\t7\nPid:\t8\nUid:\t0\t0\n"), undefined);
  assert.equal(parseProcess(8, stat, "Tgid:\t8\nPid:\t8\nUid:\t0\t0\n")?.innerPid, 8);
});

test("a text that is no stat is no process", () => {
  for (const stat of ["", "7", "7 (a)", "7 (a) S 1 2 3", "garbage (((("]) {
    assert.equal(parseProcess(7, stat, "Uid:\t0\t0\n"), undefined);
  }
  assert.equal(parseProcess(7, `7 (a) R ${"0 ".repeat(18)}4711 0`, "no user"), undefined);
});

test("processes are found by the 15 characters that the kernel keeps of a name, never ourselves", (t) => {
  const root = procTree(t, {
    processes: {
      10: { comm: "gearmand" },
      11: { comm: "mod_gearman_worker" },
      12: { comm: "gearman" },
      13: { comm: "gearmand" },
      [process.pid]: { comm: "gearmand" },
    },
  });
  const { pids, denied } = findProcesses(root, ["mod_gearman_worker", "gearmand"]);
  assert.deepEqual(pids.map(({ pid, name }) => [name, pid]).sort(), [
    ["gearmand", 10],
    ["gearmand", 13],
    ["mod_gearman_worker", 11],
  ]);
  assert.equal(denied, 0);
});

test("processes that end while they are listed do no harm", (t) => {
  spawnOwned(t, "/bin/sh", ["-c", "while :; do : & : & : & wait; done"], { stdio: "ignore" });
  for (let round = 0; round < 1000; round++) assert.deepEqual(findProcesses("/proc", ["no such name"]).pids, []);
});

test("a process that is gone is gone", (t) => {
  const root = procTree(t, { processes: {} });
  assert.equal(readProcess(root, 4711), "gone");
  assert.equal(readDescriptorLimit(root, 4711), "gone");
});

test("the soft limit decides, and an unlimited one is what the kernel allows", (t) => {
  const root = procTree(t, { nrOpen: 2_000_000, processes: { 1: { limit: "unlimited" }, 2: { limit: "256" } } });
  assert.deepEqual(readDescriptorLimit(root, 1), { soft: 2_000_000, unlimited: true });
  assert.deepEqual(readDescriptorLimit(root, 2), { soft: 256, unlimited: false });
  const none = procTree(t, { processes: { 1: { limit: "unlimited" } } });
  assert.deepEqual(readDescriptorLimit(none, 1), { soft: 1_048_576, unlimited: true });
  assert.equal(parseSoftLimit("Max processes 1 2 processes\n"), undefined);
});

test("users have names and numbers", () => {
  const users = new Users();
  assert.equal(users.id("root"), 0);
  assert.equal(users.name(0), "root");
  assert.equal(users.id("4711"), 4711);
  assert.equal(users.id("no such user"), undefined);
  assert.equal(users.name(987_654), "987654");
});

test("without an uptime it is no proc file system", (t) => {
  const folder = temporaryFolder(t);
  assert.throws(() => readBoot(folder), { name: "CheckError", status: 3, message: /is no proc file system/ });
  mkdirSync(join(folder, "uptime"));
  assert.throws(() => readBoot(folder), { name: "CheckError", status: 3, message: /uptime: EISDIR$/ });
  const { id, uptime } = readBoot("/proc");
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.ok(uptime > 0);
});

test("root sees all processes, whatever hidepid says", { skip: process.geteuid?.() !== 0 && "needs root" }, () => {
  assert.equal(hidesProcesses("/proc"), false);
});
