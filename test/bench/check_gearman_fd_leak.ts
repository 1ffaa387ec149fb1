import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { startLeaker } from "../servers/leaker.ts";
import { programPath } from "../support/debian.ts";
import type { Owner } from "../support/owner.ts";
import { procTree } from "../support/proc-tree.ts";
import { EMPTY_NODE, peakMiB, plugin, race, raceTable, table } from "./measure.ts";

const ROUNDS = 11;

/** What the comparison is about, where the system lets a process have so many. */
const WANTED = 100_000;

/** How long check_gearman_fd_leak takes, and how much memory, beside lsof and ls. */
export default async function bench(owner: Owner): Promise<string> {
  const limit = Number(execFileSync("/bin/sh", ["-c", "ulimit -Hn"], { encoding: "utf8" })) || WANTED;
  const count = Math.min(WANTED, limit - 100);
  const state = mkdtempSync("/tmp/bench-fd-");
  owner.after(() => rmSync(state, { recursive: true, force: true }));
  const leaker = await startLeaker(owner, "fd_bench");
  execFileSync(programPath("prlimit"), ["--pid", String(leaker.pid), `--nofile=${count + 100}:${limit}`]);
  await leaker.leak({ kind: "file", count, path: "/etc/hostname" });

  const pid = String(leaker.pid);
  const check = (...args: readonly string[]) =>
    plugin("check_gearman_fd_leak", "--state-dir", state, "--pid", pid, ...args);
  const start = await race(
    [
      EMPTY_NODE,
      { name: "any plugin, `-V`", command: plugin("check_gearman_fd_leak", "-V") },
      { name: `${count} descriptors, count only`, command: check("--kinds", "none") },
    ],
    ROUNDS * 2 + 1,
  );
  const others = await race(
    [
      { name: `lsof -p, ${count} descriptors`, command: ["lsof", "-p", pid] },
      { name: "ls /proc/PID/fd", command: ["ls", `/proc/${pid}/fd`] },
      { name: "kinds, as by default", command: check() },
      { name: "kinds, of all", command: check("--kinds", "all") },
      { name: "kinds, sample of 2,000", command: check("--kinds", "2000") },
      { name: "count only", command: check("--kinds", "none") },
    ],
    ROUNDS,
  );

  const sizes = [1_000, 100_000, 1_000_000];
  const peaks: string[][] = [];
  for (const size of sizes) {
    const root = treeWith(owner, size);
    const tree = (...args: readonly string[]) =>
      plugin("check_gearman_fd_leak", "--state-dir", state, "--proc", root, "-t", "60", ...args);
    const [measured] = await race([{ name: "", command: tree("--kinds", "all") }], 1);
    peaks.push([
      String(size),
      `${(await peakMiB(tree())).toFixed(1)} MiB`,
      `${(await peakMiB(tree("--kinds", "all"))).toFixed(1)} MiB`,
      `${measured?.medianMs.toFixed(0)} ms`,
    ]);
  }
  const memory = table(
    ["descriptors (a tree of links)", "peak memory", "with --kinds all", "time, with --kinds all"],
    peaks,
  );
  return [raceTable(start), raceTable(others), memory].join("\n\n");
}

/** A tree with one process of so many descriptors, every other one a socket: no system here lets a process have them. */
function treeWith(owner: Owner, count: number): string {
  const root = procTree(owner, { processes: { 42: { limit: "2000000" } } });
  const folder = join(root, "42/fd");
  for (let fd = 0; fd < count; fd++)
    symlinkSync(fd % 2 === 0 ? "/etc/hostname" : `socket:[${fd}]`, join(folder, String(fd)));
  return root;
}
