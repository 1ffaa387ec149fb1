import assert from "node:assert/strict";
import type { StdioOptions } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import {
  countDescriptors,
  descriptorKind,
  InodeSet,
  readDescriptors,
  sizeCountsDescriptors,
  socketInode,
  Tally,
} from "monitoring-plugins-ts/linux";

import { spawnOwned } from "../../support/owner.ts";
import { procTree } from "../../support/proc-tree.ts";

const { signal } = new AbortController();

test("the size of a process' directory is the number of its descriptors, and so is the list", async (t) => {
  // of processes that hold still: our own opens and closes some at any time
  const start = async (more: number) => {
    const stdio: StdioOptions = ["pipe", "pipe", "ignore", ...Array.from({ length: more }, () => "pipe" as const)];
    const child = spawnOwned(t, "sh", ["-c", "echo ready; read line"], { stdio });
    await once(child.stdout ?? assert.fail(), "data");
    return child.pid ?? assert.fail();
  };
  const [few, many] = [await start(0), await start(40)];
  // whoever runs the tests may have left some open to them
  const listed = await countDescriptors("/proc", few, false, signal);
  assert.ok(typeof listed === "number" && listed >= 3, `${listed}`);
  assert.equal(await countDescriptors("/proc", many, false, signal), listed + 40);
  if (!sizeCountsDescriptors("/proc")) return t.skip("a kernel before 6.2");
  assert.equal(await countDescriptors("/proc", few, true, signal), listed);
  assert.equal(await countDescriptors("/proc", many, true, signal), listed + 40);
});

test("the size of a directory elsewhere is no number of descriptors", async (t) => {
  const root = procTree(t, { processes: { 5: { fds: ["/a", "/b", undefined, "/c"] } } });
  mkdirSync(join(root, "self/fd"), { recursive: true });
  writeFileSync(join(root, "self/fd/0"), "");
  assert.equal(sizeCountsDescriptors(root), false);
  assert.equal(await countDescriptors(root, 5, false, signal), 3);
  assert.equal(await countDescriptors(root, 6, false, signal), "gone");
});

async function targets(root: string, pid: number, count: number, most: number) {
  const seen: string[] = [];
  const reading = await readDescriptors(root, pid, { count, most, signal }, (target) => seen.push(target));
  return { seen, reading };
}

test("all links are read where they are few enough", async (t) => {
  const root = procTree(t, { processes: { 5: { fds: ["/a", "socket:[7]", undefined, "/a"] } } });
  const { seen, reading } = await targets(root, 5, 3, 10);
  assert.deepEqual(seen.sort(), ["/a", "/a", "socket:[7]"]);
  assert.deepEqual(reading, { read: 3, sampled: false, aborted: false });
});

test("a sample of a dense process is even: a process that opens by turns shows both kinds", async (t) => {
  const fds = Array.from({ length: 2000 }, (_, fd) => (fd % 2 === 0 ? "/a" : "socket:[7]"));
  const root = procTree(t, { processes: { 5: { fds } } });
  const { seen, reading } = await targets(root, 5, 2000, 500);
  assert.deepEqual(reading, { read: 500, sampled: true, aborted: false });
  const sockets = seen.filter((target) => target.startsWith("socket")).length;
  assert.ok(sockets > 180 && sockets < 320, `${sockets} sockets of 500`);
});

test("a sample of a process with gaps is of its list", async (t) => {
  const fds = Array.from({ length: 1500 }, (_, fd) => (fd % 3 === 0 ? `/file${fd}` : undefined));
  const root = procTree(t, { processes: { 5: { fds } } });
  const { seen, reading } = await targets(root, 5, 500, 100);
  assert.deepEqual(reading, { read: 100, sampled: true, aborted: false });
  assert.equal(new Set(seen).size, 100);
});

test("when time is over it says so", async (t) => {
  const root = procTree(t, { processes: { 5: { fds: Array.from({ length: 50 }, () => "/a") } } });
  const over = AbortSignal.abort();
  const reading = await readDescriptors(root, 5, { count: 50, most: 100, signal: over }, () => {});
  assert.equal(typeof reading === "object" && reading.aborted, true);
  assert.equal(await countDescriptors(root, 5, false, over), undefined);
});

test("a process that is gone is gone", async (t) => {
  const root = procTree(t, { processes: {} });
  assert.equal(await readDescriptors(root, 5, { count: 5, most: 100, signal }, () => {}), "gone");
  assert.equal(await readDescriptors(root, 5, { count: 500, most: 100, signal }, () => {}), "gone");
});

test("descriptors that vanish while they are read do no harm", async (t) => {
  const program = `
    const { openSync, closeSync } = require("node:fs");
    process.stdout.write("up");
    for (;;) {
      const fds = Array.from({ length: 500 }, () => openSync("/dev/null", "r"));
      for (const fd of fds) closeSync(fd);
    }`;
  const child = spawnOwned(t, process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  assert.ok(child.stdout);
  await once(child.stdout, "data");
  const pid = child.pid ?? 0;
  for (let round = 0; round < 100; round++) {
    const count = await countDescriptors("/proc", pid, false, signal);
    assert.ok(typeof count === "number" && count > 3 && count < 600, `${count}`);
    const reading = await readDescriptors("/proc", pid, { count, most: 200, signal }, () => {});
    assert.equal(typeof reading, "object");
  }
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(await countDescriptors("/proc", pid, false, signal), "gone");
});

test("kinds go by the text of the link", () => {
  const cases: [string, string][] = [
    ["socket:[4711]", "socket"],
    ["pipe:[1]", "pipe"],
    ["anon_inode:[eventfd]", "eventfd"],
    ["anon_inode:inotify", "inotify"],
    ["anon_inode:[eventpoll]", "eventpoll"],
    ["anon_inode:bpf-map", "bpf-map"],
    ["/var/log/x", "file"],
    ["/var/log/x (deleted)", "deleted file"],
    ["/dev/null", "device"],
    ["/dev/shm/x", "file"],
    ["/memfd:x (deleted)", "memfd"],
    ["net:[4026531840]", "other"],
  ];
  for (const [target, kind] of cases) assert.equal(descriptorKind(target), kind, target);
  assert.equal(socketInode("socket:[4711]"), 4711);
  assert.equal(socketInode("/socket:[4711]"), 0);
});

test("an inode set holds what was put in, and nothing else", () => {
  const inode = fc.integer({ min: 1, max: 0xffff_ffff });
  fc.assert(
    fc.property(fc.array(inode), fc.array(inode), (members, others) => {
      const set = new InodeSet();
      for (const one of members) set.add(one);
      const truth = new Set(members);
      assert.equal(set.size, truth.size);
      for (const one of [...members, ...others]) assert.equal(set.has(one), truth.has(one));
      assert.equal(set.has(0), false);
    }),
  );
});

test("a tally keeps what comes often, in bounded memory", () => {
  const tally = new Tally(10);
  for (let i = 0; i < 1000; i++) {
    tally.add(`once ${i}`);
    if (i % 3 === 0) tally.add("often");
  }
  const [[what, count] = ["", 0]] = tally.top(1);
  assert.equal(what, "often");
  assert.ok(count > 300 && count <= 334, `${count}`);
  assert.equal(tally.top(1000).length <= 10, true);
});
