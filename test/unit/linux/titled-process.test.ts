import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

import { findTitledProcesses, isAlive, readProcessUse, readTitledProcess } from "../../../lib/linux/titled-process.ts";

test("this process is found, with its parent, age and use of things", () => {
  const own = readTitledProcess(process.pid);
  assert.deepEqual([own?.pid, own?.parent, own?.user], [process.pid, process.ppid, process.getuid?.()]);
  assert.ok(own !== undefined && Math.abs(own.age - process.uptime()) < 2, `${own?.age}`);
  assert.match(own.title, /node/);
  const { threads, descriptors, descriptorLimit } = readProcessUse(process.pid);
  assert.ok((threads ?? 0) >= 4 && (descriptors ?? 0) >= 3);
  assert.ok(descriptorLimit === undefined || descriptorLimit > 3);
});

test("a title that a process gave itself is found, whatever is behind it", async (t) => {
  const script = `process.title = "check [a] (b)"; setInterval(() => {}, 1000); process.stdout.write("up")`;
  const child = spawn(process.execPath, ["-e", script, "x".repeat(200)], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
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
  // the shell starts a process that outlives it, and becomes another program, which does not wait for it
  const child = spawn("/bin/sh", ["-c", "sleep 0.5 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data");
  const zombie = Number(String(line));
  while (readTitledProcess(zombie) !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(isAlive(zombie), true);
  assert.equal(readTitledProcess(zombie), undefined);
});
