import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { registerQueues } from "../test/servers/gearman-worker.ts";
import { startGearmand } from "../test/servers/gearmand.ts";
import { type Leaker, startLeaker } from "../test/servers/leaker.ts";
import { lacking, programPath } from "../test/support/debian.ts";
import type { Stage } from "./stage.ts";

/** Shows check_gearman_fd_leak on a process that leaks, on a job server, and where something is missing. */
export default async function demo(stage: Stage): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), "demo-fd-"));
  stage.after(() => rmSync(state, { recursive: true, force: true }));
  const leaker = await startLeaker(stage, "leaking_child");
  const run = (...args: readonly string[]) =>
    stage.run("check_gearman_fd_leak", "--state-dir", state, "-C", "leaking_child", ...args);

  stage.say("A process that has just started: its growth is judged when the window is full");
  await run("--window", "10s", "--growth-critical", "600");
  stage.say("It leaks: a WARNING by level, which says nothing of why");
  await leak(leaker, 15);
  await run("--window", "10s", "-w", "30", "-c", "90%");
  stage.say("Four seconds later: WARNING by the time left, long before its limit");
  for (let sample = 0; sample < 4; sample++) {
    await leak(leaker, 5);
    await setTimeout(700);
    await stage.quietly("check_gearman_fd_leak", "--state-dir", state, "-C", "leaking_child", "--window", "10s");
  }
  await run("--window", "10s", "--growth-critical", "600");

  if (lacking("gearmand", "prlimit") !== undefined) {
    stage.say(`No scenes with a job server: ${lacking("gearmand", "prlimit")}`);
  } else await withServer(stage, state);

  stage.say("A process that does not run");
  await stage.run("check_gearman_fd_leak", "--state-dir", state, "-C", "no_such_process");
}

const leak = (leaker: Leaker, count: number) => leaker.leak({ kind: "file", count, path: "/etc/hostname" });

async function withServer(stage: Stage, state: string): Promise<void> {
  const server = await startGearmand(stage);
  for (let worker = 0; worker < 12; worker++) await registerQueues(stage, server.address, ["host", "service"]);
  stage.say("A real gearmand, asked for its workers: how many descriptors each of them stands for");
  const args = ["--state-dir", state, "-H", server.address] as const;
  await stage.run("check_gearman_fd_leak", ...args, "--per-worker-warning", "5");
  stage.say("The same with a limit of 58 descriptors");
  execFileSync(programPath("prlimit"), ["--pid", String(server.pid), "--nofile=58:58"]);
  await stage.run("check_gearman_fd_leak", ...args);
}
