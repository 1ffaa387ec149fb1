// More sites than there is time, descriptors or room for.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { startCannedCore } from "../servers/canned-core.ts";
import { startLiveproxyd } from "../servers/liveproxyd/start.ts";
import { pluginCommand } from "../support/exec.ts";
import { expects } from "../support/liveproxy-check.ts";
import { temporaryFolder } from "../support/proc-tree.ts";

/** Runs a line of shell whose `$0` and `$@` are given. */
async function inShell(line: string, ...args: readonly string[]) {
  const child = spawn("/bin/sh", ["-c", line, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout };
}

test("500 sites, one of which hangs, and forty: everybody else's verdict is in the answer", async (t) => {
  const core = await startCannedCore(t);
  const sites = Array.from({ length: 500 }, (_, n) => ({ id: `site${n}`, target: core.socket, channels: 1 }));
  const proxy = await startLiveproxyd(t, { sites, isSingle: true, stateIntervalMs: 1000, heartbeatMs: 60_000 });
  await proxy.untilState(/\[site499\]\n {2}State: +ready/);
  const args = [
    "--omd-root",
    proxy.root,
    "--perfdata",
    "totals",
    "--heartbeat-warning",
    "0",
    "--heartbeat-critical",
    "0",
    "-w",
    "0",
    "-c",
    "0",
  ];
  const all = await expects(0, /500 sites ready/, ...args);
  assert.equal(all.perfdata.find(({ label }) => label === "sites_ready")?.value, 500);
  for (let hung = 1; hung <= 40; hung += 39) {
    for (let n = 0; n < hung; n += 1) await proxy.set(`site${n * 7}`, { client: "hang" });
    const answer = await expects(2, /Site site0: no answer within/, ...args, "-t", "10");
    const value = (label: string) => answer.perfdata.find((item) => item.label === label)?.value;
    assert.deepEqual([value("sites_ready"), value("sites_down")], [500 - hung, hung]);
  }
});

test("sites that hang keep nobody from having the time that -c allows", async (t) => {
  const core = await startCannedCore(t);
  const fault = (n: number) => (n < 80 ? { client: "hang" as const } : { delayMs: 1000 });
  const sites = Array.from({ length: 200 }, (_, n) => ({
    id: `s${n}`,
    target: core.socket,
    channels: 1,
    fault: fault(n),
  }));
  const proxy = await startLiveproxyd(t, { sites, isSingle: true, stateIntervalMs: 1000, heartbeatMs: 60_000 });
  await proxy.untilState(/\[s199\]\n {2}State: +ready/);
  const args = ["--omd-root", proxy.root, "--perfdata", "totals", "-w", "0", "-t", "12"];
  const answer = await expects(2, /Site s0: no answer within \d+(?:\.\d)? s/, ...args, "--heartbeat-warning", "0");
  const value = (label: string) => answer.perfdata.find((item) => item.label === label)?.value;
  assert.deepEqual([value("sites_ready"), value("sites_down")], [120, 80]);
});

test("sites there is no descriptor and no time for are not judged, apart from those that hang", async (t) => {
  const folder = temporaryFolder(t);
  const core = await startCannedCore(t);
  core.hold(true);
  for (let n = 0; n < 100; n += 1) symlinkSync(core.socket, join(folder, `s${n}`));
  const names = Array.from({ length: 100 }, (_, n) => `s${n}`).join();
  const [program, ...before] = pluginCommand("check_liveproxy");
  const args = [...before, "--socket-dir", folder, "-s", names, "-c", "8", "-t", "15"];
  const { status: code, stdout } = await inShell('ulimit -n 64; exec "$0" "$@"', program, ...args);
  const [, judged, needed] =
    /(\d+) sites not judged, the time was over \(s\d+, s\d+, s\d+ and \d+ more\): -t (\d+) would do/.exec(stdout) ?? [];
  assert.ok(Number(judged) >= 50 && Number(judged) < 100, stdout);
  assert.ok(Number(needed) > 15, stdout);
  assert.match(stdout, /^check_liveproxy CRITICAL - Site s0: no answer within/);
  assert.match(stdout, new RegExp(`'sites_down'=${100 - Number(judged)};`));
  assert.equal(code, 2);
});

test("more sites than any proxy has are not looked at", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "state");
  const list = (count: number) =>
    writeFileSync(file, `Current state:\n${"[x]\n".repeat(count).replace(/x/g, () => `s${n++}`)}`);
  let n = 0;
  list(1_000_000);
  await expects(3, /^check_liveproxy UNKNOWN - State file \S+ is too large$/, "--state-file", file, "-t", "5");
  await expects(3, /^check_liveproxy UNKNOWN - nothing to check/, "--state-file", file, "--socket-dir", folder);
  list(5000);
  const all = await expects(
    2,
    /no socket for site s/,
    "--state-file",
    file,
    "--socket-dir",
    folder,
    "--perfdata",
    "totals",
    "-t",
    "110",
  );
  assert.equal(all.perfdata.find(({ label }) => label === "sites_down")?.value, 5000);
  const names = Array.from({ length: 5001 }, (_, one) => ["-s", `s${one}`]).flat();
  await expects(
    3,
    /^check_liveproxy UNKNOWN - 5001 sites are more than this check looks at/,
    "--socket-dir",
    folder,
    ...names,
  );
});
