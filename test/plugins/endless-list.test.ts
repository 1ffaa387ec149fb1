// A server that never stops listing: refused while it is read, before it takes the memory of the monitoring host.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { endless } from "../servers/misbehaving.ts";
import { onlyByNode, pluginCommand } from "../support/exec.ts";
import { procTree } from "../support/proc-tree.ts";

const MOST_MB = 150;

const reportPeak = fileURLToPath(new URL("../bench/report-peak.cjs", import.meta.url));

/** What a program says, and the most memory it held, in MB. */
async function run(name: string, args: readonly string[]) {
  const [node, path] = pluginCommand(name);
  const child = spawn(node, ["--require", reportPeak, path ?? "", ...args], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const [stdout, stderr, peak, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    text(child.stdio[3] as NodeJS.ReadableStream),
    once(child, "close"),
  ]);
  return { code, stdout, stderr, peakMB: (Number(peak) * 1024) / 1e6 };
}

for (const [name, of, args] of [
  ["check_gearman", "queues", ["-t", "30"]],
  ["check_gearman", "queues with long names", ["-t", "30"]],
  ["check_mod_gearman", "queues", ["--no-encryption", "-t", "30"]],
  ["check_mod_gearman", "queues with long names", ["--no-encryption", "-t", "30"]],
  ["gearman_top", "queues", ["-b", "-t", "30"]],
  ["gearman_top", "queues with long names", ["-b", "-t", "30"]],
  ["check_gearman_fd_leak", "connections", ["-t", "30"]],
] as const) {
  test(`${name}: ${of} without end are refused at a bound, within ${MOST_MB} MB`, onlyByNode, async (t) => {
    const { address } = await endless(t, of);
    const proc = procTree(t, { processes: { 7: { fds: ["/dev/null"], rssKiB: 2048 } } });
    const here = name === "check_gearman_fd_leak" ? ["--proc", proc, "--state-dir", "/dev/null/none"] : [];
    const { code, stdout, stderr, peakMB } = await run(name, ["-H", address, ...args, ...here]);
    assert.equal(stderr, "");
    assert.equal(code, 3, stdout);
    const why =
      of === "queues with long names"
        ? `answer from ${address} is longer than 24 MiB`
        : `${address} lists more than 200000 ${of}`;
    assert.ok(stdout.includes(why), stdout);
    assert.ok(peakMB > 0 && peakMB <= MOST_MB, `${peakMB} MB`);
  });
}
