import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { fillQueue, registerQueues } from "#test/servers/gearman-worker.ts";
import { type Gearmand, startGearmand } from "#test/servers/gearmand.ts";
import { pluginCommand, preload } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { type Owner, spawnOwned } from "#test/support/owner.ts";
import { Tmux, type Window } from "#test/support/tmux.ts";
import { until } from "#test/support/until.ts";

const real = needs("gearmand", "tmux");
const stops: (() => unknown)[] = [];
/** For the whole file. */
const owner: Owner = { after: (stop) => void stops.unshift(stop) };
after(async () => {
  for (const stop of stops) await stop();
});

let tmux: Tmux;
/** Shared by the tests that only look. */
let server: Gearmand;

before(async () => {
  if (real.skip !== false) return;
  tmux = await Tmux.start(owner);
  server = await startGearmand(owner);
  for (let worker = 0; worker < 3; worker++) await registerQueues(owner, server.address, ["host", "service"]);
  await fillQueue(server.address, "stranded", 12);
  await registerQueues(owner, server.address, ["busy"]);
  await fillQueue(server.address, "busy", 20);
  await (await registerQueues(owner, server.address, ["idle"])).release();
});

/** Names of the queues on the screen, in order. */
const names = (screen: string) =>
  screen
    .split("\n")
    .filter((line) => /^ \S+ +\| +\d/.test(line))
    .map((line) => line.trim().split(" ")[0]);

/** The process that was started with this argument, which must be unique; 0 when there is none. */
function pidOf(argument: string): number {
  const { stdout } = spawnSync("pgrep", ["-f", `^${pluginCommand("gearman_top").join(" ")} .*${argument}`], {
    encoding: "utf8",
  });
  return Number(stdout.trim());
}

/** Not even a zombie, whose parent may be too busy to look after it, counts. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const untilGone = (pid: number) =>
  until(
    () => !isAlive(pid),
    () => "the end",
  );

async function show(args: readonly string[], size: readonly [number, number] = [100, 24], env = ""): Promise<Window> {
  const window = await tmux.open(...size);
  await window.start("gearman_top", args, env);
  await window.until("gearman_top  2");
  return window;
}

/** The shell is back, and the terminal as it was. */
async function assertRestored(window: Window): Promise<void> {
  await window.until("ready>");
  assert.equal(await window.variable("alternate_on"), "0", "the ordinary screen");
  assert.equal(await window.variable("cursor_flag"), "1", "a cursor");
  assert.equal(await window.variable("wrap_flag"), "1", "lines wrap");
  // the shell's own line editor changes these, so a program of its own has to look
  await window.type(`clear; stty -a | grep -ow -e '-\\?icanon' -e '-\\?echo' -e '-\\?isig' | sort | tr '\\n' ' '`);
  await window.until(/^echo icanon isig/m);
}

test("the table, sorted by keys", real, async () => {
  const window = await show(["-H", server.address]);
  const screen = await window.until("| Jobs Waiting |");
  assert.match(screen, /^gearman_top {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}every 1 s {2}by name, A first$/m);
  assert.match(screen, new RegExp(`^${server.address}  v1\\.\\S+  5 queues  32 waiting  0 running$`, "m"));
  assert.deepEqual(names(screen), ["busy", "host", "idle", "service", "stranded"]);

  await window.press("3");
  assert.deepEqual(names(await window.until("by waiting, most first")).slice(0, 2), ["busy", "stranded"]);
  await window.press("3");
  assert.deepEqual(names(await window.until("by waiting, least first")).slice(-2), ["stranded", "busy"]);
  await window.press("<");
  assert.deepEqual(names(await window.until("by worker, most first")).slice(0, 2), ["host", "service"]);
  await window.press("1", "r");
  assert.deepEqual(names(await window.until("by name, Z first"))[0], "stranded");
  await window.press("i");
  assert.deepEqual(names(await window.until("idle hidden")), ["stranded", "service", "host", "busy"]);
  await window.press("?");
  await window.until(/^ q {2}Ctrl-C +quit$/m);
  await window.press("x");
  await window.until("Jobs Waiting");
  await window.press("q");
  await assertRestored(window);
});

test("colours by the thresholds of check_gearman; NO_COLOR has none, and alerts still stand out", real, async () => {
  const line = async (window: Window, name: string) => {
    await window.until(` ${name} `);
    return (await window.styled()).split("\n").find((text) => text.includes(` ${name} `)) ?? "";
  };
  const [red, yellow, inverse] = [/\[(?:1;)?31m/, /\[33m/, /\[(?:1;)?7m/];

  const coloured = await show(["-H", server.address]);
  assert.match(await line(coloured, "stranded"), red);
  assert.match(await line(coloured, "busy"), yellow);
  assert.doesNotMatch(await line(coloured, "host"), /\[3[1-7]m/);

  const strict = await show(["-H", server.address, "-w", "0", "-c", "20", "-C", "2:"]);
  assert.match(await line(strict, "busy"), red);
  assert.doesNotMatch(await line(strict, "host"), /\[3[1-7]m/);
  const starving = await show(["-H", server.address, "-w", "0", "-c", "0", "-C", "4:"]);
  assert.match(await line(starving, "host"), red, "fewer workers than -C asks for");

  const plain = await show(["-H", server.address], [100, 24], "NO_COLOR=1");
  assert.match(await line(plain, "stranded"), inverse);
  assert.doesNotMatch(await plain.styled(), /\[3[1-7]m/);
});

for (const way of ["q", "C-c"]) {
  test(`${way} ends it with 0 and gives the terminal back`, real, async () => {
    const window = await show(["-H", server.address]);
    await window.press(way);
    await window.until("ready>");
    await window.type("echo code $?");
    await window.until("code 0");
    await assertRestored(window);
  });
}

for (const [signal, number] of Object.entries({ SIGTERM: 15, SIGHUP: 1, SIGINT: 2, SIGQUIT: 3 })) {
  test(`${signal} gives the terminal back, and the shell is told of it`, real, async () => {
    const window = await show(["-H", server.address, "-t", `${100 + number}.0`]);
    process.kill(pidOf(`-t ${100 + number}.0`), signal as NodeJS.Signals);
    await window.until("ready>");
    await window.type("echo code $?");
    await window.until(`code ${128 + number}`);
    await assertRestored(window);
  });
}

test("a bug gives the terminal back, and shows in one line", real, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bug-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "bug.cjs"), 'process.on("SIGUSR2", () => { throw new Error("a bug\\x1b[2J"); });');
  const window = await show(["-H", server.address, "-t", "31"], [100, 24], preload(`${folder}/bug.cjs`));
  process.kill(pidOf("-t 31"), "SIGUSR2");
  await window.until("gearman_top UNKNOWN - internal error: a bug?[2J");
  await window.type("echo code $?");
  await window.until("code 3");
  await assertRestored(window);
});

test("Ctrl-Z and fg", real, async () => {
  const window = await show(["-H", server.address]);
  await window.press("3");
  await window.until("by waiting");
  await window.press("C-z");
  await window.until("Stopped");
  await assertRestored(window);
  await window.type("fg");
  await window.until(/by waiting, most first[\s\S]*^ busy /m);
  await window.press("q");
  await assertRestored(window);
});

test("stopped by somebody else, and continued", real, async () => {
  const window = await show(["-H", server.address, "-t", "33"]);
  const pid = pidOf("-t 33");
  for (const signal of ["SIGTSTP", "SIGSTOP"] as const) {
    await window.until("stranded");
    process.kill(pid, signal);
    if (signal === "SIGTSTP") await assertRestored(window);
    else await window.until("Stopped");
    await window.type("fg");
    await window.until(/^gearman_top {2}\d/m);
  }
  await window.press("2");
  await window.until("by worker");
  await window.press("q");
  await assertRestored(window);
});

test("the terminal is closed: the program ends", real, async () => {
  const window = await show(["-H", server.address, "-t", "34"]);
  const pid = pidOf("-t 34");
  await window.close();
  await untilGone(pid);
});

test("a terminal that takes nothing more does not keep it from ending", needs("gearmand", "script"), async () => {
  // script's own output is a pipe that nobody reads, so the terminal fills up
  const command = `TERM=xterm exec ${pluginCommand("gearman_top").join(" ")} -H ${server.address} -t 35`;
  spawnOwned(owner, "script", ["-qfc", command, "/dev/null"], { stdio: ["pipe", "pipe", "ignore"] });
  await until(
    () => pidOf("-t 35$") !== 0,
    () => "a start",
  );
  const pid = pidOf("-t 35$");
  await sleep(300);
  // each draws the whole screen
  for (let redraws = 0; redraws < 300; redraws++) {
    process.kill(pid, "SIGCONT");
    await sleep(3);
  }
  process.kill(pid, "SIGTERM");
  await untilGone(pid);
});

test("the terminal is resized", real, async () => {
  const window = await show(["-H", server.address]);
  await window.until("| Running/s");
  await window.resize(40, 10);
  const small = await window.until(/^\^Queue Name +Worker {2}Waiting {2}Running$/m);
  assert.match(small.trimEnd().split("\n")[9] ?? "", /^ q quit/);
  await window.resize(5, 2);
  await window.until(/^gear~?$/m);
  await window.resize(120, 30);
  const large = await window.until("| Worker Available |");
  assert.match(large.trimEnd().split("\n")[29] ?? "", /^ q quit/);
  await window.press("q");
  await assertRestored(window);
});

test("servers side by side, below each other when it is narrow, and merged", real, async (t) => {
  const other = await startGearmand(t);
  await registerQueues(t, other.address, ["host", "elsewhere"]);
  const window = await show(["-H", server.address, "-H", other.address], [96, 24]);
  const beside = await window.until(new RegExp(`^${server.address} .* ${other.address} [\\s\\S]*elsewhere`, "m"));
  assert.match(beside, /^ busy +1 +20 +0 +elsewhere +1 +0 +0$/m);

  await window.press("m");
  const merged = await window.until("All Servers");
  assert.match(merged, new RegExp(`All Servers +\\| ${server.address} +\\| ${other.address}$`, "m"));
  assert.match(merged, /^ host +4 +0 +0 \| +3 +0 +0 \| +1 +0 +0$/m);
  assert.match(merged, /^ elsewhere +1 +0 +0 \| +- \| +1 +0 +0$/m);

  await window.press("m");
  await window.resize(60, 24);
  await window.until(new RegExp(`^${server.address} [\\s\\S]*^${other.address} `, "m"));
  await window.resize(60, 9);
  await window.until("servers 1-1 of 2");
  await window.press("Right");
  await window.until(new RegExp(`^${other.address} `, "m"));
  await window.press("q");
});

test("a server that hangs, dies and returns, beside one that does not", real, async (t) => {
  const shaky = await startGearmand(t);
  await fillQueue(shaky.address, "before", 1);
  const window = await show(["-H", `${shaky.address},${server.address}`, "-t", "6", "-i", "0.2"], [90, 24]);
  await window.until(/^ before +0 +1 +0/m);

  shaky.freeze();
  assert.match(await window.until(/no answer for \d s/), /stranded/);
  await window.until(/no complete answer from/);
  shaky.thaw();
  await window.until(/^ before +0 +1 +0/m);

  await shaky.stop();
  const dead = await window.until("Connection refused");
  assert.doesNotMatch(dead, /before/);
  assert.match(dead, /stranded/);
  await shaky.restart();
  await fillQueue(shaky.address, "after", 2);
  await window.until(/^ after +0 +2 +0/m);
  await window.press("q");
  await assertRestored(window);
});

test("rates between two looks", real, async (t) => {
  const changing = await startGearmand(t);
  await fillQueue(changing.address, "filling", 1);
  const window = await show(["-H", changing.address, "-i", "2"]);
  await window.until(/^ filling +\| +0 \| +1 \| +0 \| +\|$/m);
  await fillQueue(changing.address, "filling", 100);
  const [, rate] = /\+([\d.]+) \| +0\.0$/m.exec(await window.until(/\| +101 \|/)) ?? [];
  // 50 a second, or less when the machine is busy between the looks
  assert.ok(Number(rate) > 0 && Number(rate) < 60, `${rate}`);
  await window.until(/\| +101 \| +0 \| +0\.0 \| +0\.0$/m);
  await window.press("q");
});

test("5,000 queues are scrolled", real, async (t) => {
  const large = await startGearmand(t);
  const all = Array.from({ length: 5000 }, (_, index) => `queue_${String(index).padStart(4, "0")}`);
  await registerQueues(t, large.address, all);
  const window = await show(["-H", large.address], [100, 24]);
  await window.until("queues 1-20 of 5000");
  await window.press("PageDown", "Down");
  assert.deepEqual(names(await window.until("queues 22-41 of 5000")), all.slice(21, 41));
  await window.press("End");
  assert.deepEqual(names(await window.until("queues 4981-5000 of 5000")), all.slice(4980));
  await window.press("Down", "PageDown", "PageUp");
  await window.until("queues 4961-4980 of 5000");
  await window.press("r", "Home");
  assert.equal(names(await window.until(/Z first[\s\S]*queues 1-20 of/))[0], "queue_4999");
  await window.press("q");
  await assertRestored(window);
});

test("names that try to write to the terminal", real, async (t) => {
  const hostile = await startGearmand(t);
  await registerQueues(t, hostile.address, [
    "\x1b]2;owned\x07title",
    "\x1b[2J\x1b[Hcleared",
    "日本語キュー",
    "x".repeat(300),
    "two\nlines",
  ]);
  const window = await show(["-H", hostile.address], [80, 24]);
  const screen = await window.until("日本語キュー");
  assert.match(screen, /^ \?\]2;owned\?title +\|/m);
  assert.match(screen, /^ \?\[2J\?\[Hcleared +\|/m);
  assert.match(screen, /^ x+~ +\|/m);
  assert.match(screen, /1 line belongs to no queue/);
  const rows = screen.split("\n").filter((line) => line.includes(" | ") && !line.includes("日"));
  assert.equal(new Set(rows.map((line) => line.indexOf("|"))).size, 1, "columns stand below each other");
  assert.doesNotMatch(await window.variable("pane_title"), /owned/);
  await window.press("q");
  await assertRestored(window);
});
