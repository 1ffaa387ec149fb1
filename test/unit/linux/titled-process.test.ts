import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { findTitledProcesses, isAlive, readProcessUse, readTitledProcess } from "../../../lib/linux/titled-process.ts";
import { startZombie } from "../../servers/zombie.ts";
import { spawnOwned } from "../../support/owner.ts";

test("this process is found, with its parent, age and use of things", () => {
  const uptime = process.uptime();
  const own = readTitledProcess(process.pid);
  assert.deepEqual([own?.pid, own?.parent, own?.user], [process.pid, process.ppid, process.getuid?.()]);
  // on a busy machine a process is older than what Node calls its uptime
  assert.ok(own !== undefined && own.age > uptime - 1 && own.age < uptime + 60, `${own?.age}`);
  assert.match(own.title, /node/);
  const { threads, descriptors, descriptorLimit } = readProcessUse(process.pid);
  assert.ok((threads ?? 0) >= 4 && (descriptors ?? 0) >= 3);
  assert.ok(descriptorLimit === undefined || descriptorLimit > 3);
});

test("a title that a process gave itself is found, whatever is behind it", async (t) => {
  const script = `process.title = "check [a] (b)"; setInterval(() => {}, 1000); process.stdout.write("up")`;
  const args = ["-e", script, "x".repeat(200)];
  const child = spawnOwned(t, process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout as NodeJS.ReadableStream, "data");
  assert.deepEqual(
    findTitledProcesses(/^check \[a\] \(b\)$/, process.getuid?.() ?? 0).map(({ pid, parent }) => [pid, parent]),
    [[child.pid, process.pid]],
  );
  // nobody has a process of that name
  assert.deepEqual(findTitledProcesses(/^check \[a\] \(b\)$/, 65_534), []);
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  assert.equal(readTitledProcess(child.pid ?? 0), undefined);
  assert.equal(isAlive(child.pid ?? 0), false);
});

test("a process that nobody is, and one that ended without its parent's notice", async (t) => {
  assert.equal(readTitledProcess(4_194_304), undefined);
  assert.deepEqual(readProcessUse(4_194_304), {
    threads: undefined,
    descriptors: undefined,
    descriptorLimit: undefined,
  });
  assert.equal(isAlive(4_194_304), false);
  assert.equal(isAlive(1), true);
  const zombie = await startZombie(t);
  assert.equal(isAlive(zombie), true);
  assert.equal(readTitledProcess(zombie), undefined);
});
