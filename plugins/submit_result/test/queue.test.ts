// The queue, in front of a gearmand that comes and goes, and of a pipe without reader.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { execPlugin, pluginCommand, runPlugin } from "#test/support/exec.ts";
import { spawnOwned } from "#test/support/owner.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";
import { until } from "#test/support/until.ts";

const root = temporaryFolder({ after });
let folders = 0;

/** A named pipe without reader, and a queue in front of it. */
function pipeAndQueue() {
  const folder = join(root, `${++folders}`);
  mkdirSync(folder);
  const [pipe, queue] = [join(folder, "cmd"), join(folder, "queue")];
  execFileSync("mkfifo", [pipe]);
  const args = ["--to", `command-file:${pipe}`, "--queue-dir", queue];
  return { pipe, queue, args, files: () => readdirSync(queue).filter((name) => name.endsWith(".json")) };
}

/** Reads a pipe into a file, as a core that never ends does. */
async function readInto(t: TestContext, pipe: string): Promise<() => readonly string[]> {
  const file = `${pipe}.read`;
  writeFileSync(file, "");
  const reader = spawnOwned(
    t,
    "/bin/sh",
    ["-c", 'exec 3<>"$1"; echo on >"$1.on"; exec cat <&3 >>"$1.read"', "sh", pipe],
    { stdio: "ignore" },
  );
  await until(
    () => {
      if (reader.exitCode !== null) throw new Error("the reader has ended");
      return readdirSync(join(pipe, "..")).includes("cmd.on");
    },
    () => "the reader",
  );
  return () => readFileSync(file, "utf8").split("\n").slice(0, -1);
}

const run = (args: readonly string[], input = "") => runPlugin("submit_result", args, { input });

/** Reads results from a stdin that goes on; `said` is what it has printed so far. */
function startLines(t: TestContext, args: readonly string[]) {
  const [file, ...rest] = [...pluginCommand("submit_result"), ...args] as [string, ...string[]];
  const child = spawnOwned(t, file, rest, { stdio: ["pipe", "pipe", "ignore"] });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  return { child, said: () => text };
}

const NOBODY = "nobody reads it: the core is not running";

test("what cannot be delivered is kept, and the next run delivers the oldest first", async (t) => {
  const { pipe, queue, args, files } = pipeAndQueue();
  const first = await execPlugin("submit_result", ...args, "-H", "web", "-S", "load", "--", "/bin/echo", "zero");
  const why = `cannot write to ${pipe}: ${NOBODY}`;
  assert.equal(first.code, 1);
  assert.equal(first.stdout, `web load: kept - in ${queue}: ${why}\nqueue ${queue}: 1 left\n`);
  const lines = Array.from({ length: 9 }, (_, at) => `web\t${at % 2 ? "load" : "disk"}\t1\t${at + 1} | a=${at}\n`).join(
    "",
  );
  const more = await run(args, lines);
  assert.equal(more.code, 1);
  assert.match(more.stdout, new RegExp(`^9 results: 9 kept\nqueue ${queue}: 10 left$`, "m"));
  assert.equal(files().length, 10);
  for (const name of files()) assert.equal(statSync(join(queue, name)).mode & 0o777, 0o600);
  assert.equal(statSync(queue).mode & 0o777, 0o700);

  const read = await readInto(t, pipe);
  const last = await run(args, "web\tload\t0\tlast\n");
  assert.equal(last.code, 0, last.stdout);
  assert.equal(
    last.stdout.split("\n").filter((line) => / accepted - written to \S+ \(from the queue\)$/.test(line)).length,
    10,
  );
  assert.match(last.stdout, new RegExp(`^1 result: 1 accepted\nqueue ${queue}: 10 accepted from it\n$`, "m"));
  await until(
    () => read().length === 11,
    () => read().join("\n"),
  );
  const outputs = read().map((line) => line.split(";").slice(3).join(";"));
  assert.deepEqual(
    outputs.filter((_, at) => read()[at]?.includes(";load;")),
    ["0;zero", "1;2|a=1", "1;4|a=3", "1;6|a=5", "1;8|a=7", "0;last"],
  );
  assert.deepEqual(files(), []);
});

test("the queue has no password of its target", async () => {
  const folder = join(root, `${++folders}`);
  const queue = join(folder, "queue");
  mkdirSync(folder);
  const login = join(folder, "login");
  writeFileSync(login, "sender:only-in-this-file\n", { mode: 0o600 });
  const to = ["--to", "icinga2:https://127.0.0.1:1", "--auth-file", login, "--queue-dir", queue];
  const { code, stdout } = await run(to, "web\tload\t2\tdown\n");
  assert.equal(code, 1, stdout);
  const files = readdirSync(queue).map((name) => readFileSync(join(queue, name), "utf8"));
  assert.ok(files.some((text) => text.includes("down")));
  for (const text of [stdout, ...files]) assert.ok(!text.includes("only-in-this-file"), text);
});

test("while stdin goes on, what was kept is delivered, and does not stand in the way of later results", async (t) => {
  const { pipe, args, files } = pipeAndQueue();
  const { child, said } = startLines(t, args);
  let sent = 0;
  const send = () => child.stdin?.write(`web\tload\t0\t${++sent}\n`);
  send();
  send();
  await until(() => said().split(": kept - ").length === 3, said);
  const read = await readInto(t, pipe);
  await until(() => read().length === 2 && files().length === 0, said);
  // one that comes before the run knows that the queue is empty is still kept behind them
  const isPast = () => {
    if (/: accepted - written to \S+$/m.test(said())) return true;
    send();
    return false;
  };
  await until(isPast, said, 200);
  child.stdin?.end();
  await new Promise((resolve) => child.once("close", resolve));
  assert.equal(child.exitCode, 0, said());
  const summary = /^(\d+) results: (\d+) accepted, (\d+) kept\nqueue \S+: (\d+) accepted from it\n$/m.exec(said());
  const [all, accepted = 0, kept = 0, delivered] = (summary ?? assert.fail(said())).slice(1).map(Number);
  assert.deepEqual([all, accepted + kept, delivered], [sent, sent, kept], said());
  assert.deepEqual(
    read().map((line) => Number(line.split(";").at(-1))),
    Array.from({ length: sent }, (_, at) => at + 1),
  );
});

test("-q says what is kept; a run without results delivers", async (t) => {
  const { pipe, queue, args } = pipeAndQueue();
  const kept = await run([...args, "-q"], "web\tload\t0\tx\n");
  assert.equal(kept.code, 1);
  assert.match(kept.stdout, /^web load: kept - .*\n1 result: 1 kept\nqueue \S+: 1 left\n$/);
  await readInto(t, pipe);
  assert.deepEqual(await run([...args, "-q"]).then(({ code, stdout }) => [code, stdout]), [0, ""]);
  assert.deepEqual(readdirSync(queue), []);
});

test("the queue is bounded in number and age, and what is dropped is said and counted", async () => {
  const { queue, args, files } = pipeAndQueue();
  const five = Array.from({ length: 5 }, (_, at) => `web\tload\t0\t${at}\n`).join("");
  const { code, stdout } = await run([...args, "--queue-max", "3"], five);
  assert.equal(code, 2);
  assert.match(stdout, /^web load: lost - dropped from the queue: it had more than 3$/m);
  assert.match(
    stdout,
    new RegExp(`^5 results: 5 kept\n(?:web load: lost - .*\n){2}queue ${queue}: 2 lost from it, 3 left\n$`, "m"),
  );
  assert.deepEqual(
    files().map((name) => (JSON.parse(readFileSync(join(queue, name), "utf8")) as { output: string }).output),
    ["2", "3", "4"],
  );
  for (const [at, name] of files().entries()) {
    renameSync(join(queue, name), join(queue, name.replace(/^\d{17}/, `0170000000000000${at}`)));
  }
  const aged = await run([...args, "--queue-age", "2h"]);
  assert.equal(aged.code, 2);
  assert.match(aged.stdout, new RegExp(`^queue ${queue}: 3 lost from it\n$`, "m"));
  assert.match(aged.stdout, /^web load: lost - dropped from the queue: older than 7200 s/m);
});

test("a file that is no result is put aside, one of another target left alone, half of one passed over", async (t) => {
  const { pipe, queue, args, files } = pipeAndQueue();
  await run(args, "web\tload\t0\tx\n");
  const [name = ""] = files();
  const bad = name.replace(/-[0-9a-f]{8}-(\d+)\.json$/, "-ffffffff-$1.json");
  writeFileSync(join(queue, bad), "{");
  const other = name.replace(/^(\d+)-[0-9a-f]{8}-/, "$1-ffffffff-");
  writeFileSync(join(queue, other), readFileSync(join(queue, name)));
  writeFileSync(join(queue, `${name}.tmp`), '{"host":');
  await readInto(t, pipe);
  const { code, stdout } = await run(args);
  assert.equal(code, 2);
  assert.match(stdout, /^queue: lost - \S+ is no result: .*JSON.*$/m);
  assert.match(stdout, new RegExp(`^queue ${queue}: 1 accepted, 1 lost from it, 1 for other targets\n$`, "m"));
  assert.deepEqual(readdirSync(queue).sort(), [`${bad}.bad`, `${name}.tmp`, other].sort());
});

test("a folder that cannot be used is named, before anything is submitted", async () => {
  const plain = join(root, "plain");
  writeFileSync(plain, "");
  for (const [folder, words] of [
    [plain, "it is no folder"],
    ["/proc/nowhere", "ENOENT"],
  ]) {
    const { code, stdout } = await run(["--to", "command-file:/x", "--queue-dir", folder ?? ""]);
    assert.equal(code, 3);
    assert.ok(stdout.startsWith(`submit_result UNKNOWN - --queue-dir ${folder} cannot be used: ${words}`), stdout);
  }
});

test("a folder that has gone meanwhile is said, and the results are submitted all the same", async (t) => {
  const { pipe, queue, args } = pipeAndQueue();
  const read = await readInto(t, pipe);
  const { child, said } = startLines(t, args);
  child.stdin?.write("web\tload\t0\tone\n");
  await until(() => read().length === 1, said);
  rmSync(queue, { recursive: true });
  child.stdin?.end("web\tload\t0\ttwo\n");
  await new Promise((resolve) => child.once("close", resolve));
  assert.equal(child.exitCode, 2, said());
  assert.match(
    said(),
    new RegExp(`^2 results: 2 accepted\nqueue ${queue}: ENOENT: no such file or directory, .*\n$`, "m"),
  );
});

test("SIGTERM while stdin goes on: what was read and not delivered is kept", async (t) => {
  const { pipe, args, files } = pipeAndQueue();
  const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(reader));
  assert.throws(() => {
    for (;;) writeSync(reader, Buffer.alloc(4096));
  }, /EAGAIN/);
  const { child, said } = startLines(t, [...args, "-t", "1h"]);
  child.stdin?.write("web\tload\t0\tone\nweb\tdisk\t0\ttwo\nnothing\n");
  await until(() => said().includes("line 3: no result"), said);
  child.kill("SIGTERM");
  await new Promise((resolve) => child.once("close", resolve));
  assert.equal(child.exitCode, 3, said());
  assert.match(said(), /^web load: kept - in \S+: \S+ is full: its reader does not read$/m);
  assert.match(said(), /^3 results: 2 kept, 1 no result\nqueue \S+: 2 left\n$/m);
  assert.equal(files().length, 2);
});

test("kill -9 loses no result that was said to be kept, and none that is in the queue", async (t) => {
  const { pipe, args, files } = pipeAndQueue();
  const kept = new Set<string>();
  const count = 40;
  for (let round = 0; round < 6; round++) {
    const { child, said } = startLines(t, args);
    child.stdin?.on("error", () => {});
    child.stdin?.write(Array.from({ length: count }, (_, at) => `web\tr${round}n${at}\t0\tx\n`).join(""));
    const lines = () => said().split("\n").slice(0, -1);
    // another number of results each time, and so another point
    await until(() => lines().filter((line) => line.includes(": kept - ")).length > round * 6, said, 1);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    for (const line of lines()) {
      const name = /^web (\S+): kept - /.exec(line)?.[1];
      if (name !== undefined) kept.add(name);
    }
  }
  assert.ok(kept.size >= 60);
  assert.ok(files().length >= kept.size);

  // killed while it delivers: each is delivered once more at most where it was under way, none is lost
  const read = await readInto(t, pipe);
  const delivered = () => new Set(read().map((line) => line.split(";")[2] ?? ""));
  for (let round = 1; files().length > 0; round++) {
    const [file, ...rest] = [...pluginCommand("submit_result"), ...args] as [string, ...string[]];
    const before = files().length;
    const child = spawnOwned(t, file, rest, { stdio: ["ignore", "ignore", "ignore"] });
    const gone = new Promise((resolve) => child.once("close", resolve));
    await until(
      () => files().length <= Math.max(0, before - 60),
      () => `${files().length} files`,
      1,
    );
    child.kill("SIGKILL");
    await gone;
    assert.ok(round < 50);
  }
  await until(
    () => [...kept].every((name) => delivered().has(name)),
    () => `${delivered().size} of ${kept.size}`,
  );
});

test("several runs at once deliver each result once", async (t) => {
  const { pipe, args, files } = pipeAndQueue();
  await run(args, Array.from({ length: 200 }, (_, at) => `web\ts${at}\t0\tx\n`).join(""));
  const read = await readInto(t, pipe);
  const runs = await Promise.all([1, 2, 3].map((at) => run(args, `web\town${at}\t0\tx\n`)));
  for (const { code, stdout } of runs) assert.ok(code === 0 || code === 1, stdout);
  await until(
    () => files().length === 0,
    () => `${files().length} files`,
  );
  await until(
    () => read().length >= 203,
    () => `${read().length} lines`,
  );
  assert.equal(new Set(read()).size, 203);
  assert.equal(read().length, 203);
});
