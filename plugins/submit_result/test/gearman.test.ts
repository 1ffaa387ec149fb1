// Mod-Gearman's queue of results on a real gearmand; in place of the core stands a worker that decrypts with the same key.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { Worker } from "monitoring-plugins-ts/gearman";
import { type CheckResult, Cipher, parseResult } from "monitoring-plugins-ts/mod-gearman";
import { queueCounts } from "#test/servers/admin.ts";
import { type Gearmand, startGearmand } from "#test/servers/gearmand.ts";
import { refused, silent } from "#test/servers/misbehaving.ts";
import { execPlugin, runPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";

const real = needs("gearmand");
const KEY = "a key of more than sixteen bytes";
const keyFile = join(temporaryFolder({ after }), "key");
writeFileSync(keyFile, `${KEY}\n`, { mode: 0o600 });

const gearmand = real.skip === false ? await startGearmand({ after }) : ({} as Gearmand);
const to = (address = gearmand.address) => ["--to", `gearman:${address}`, "--key-file", keyFile];
const waiting = async () => (await queueCounts(gearmand.address)).get("check_results")?.total;

/** Takes results out of the queue as the core does. */
async function takeResults(count: number): Promise<readonly CheckResult[]> {
  const cipher = await Cipher.load(Buffer.from(KEY));
  const abort = new AbortController();
  const results: CheckResult[] = [];
  const worker = await Worker.open(gearmand, { signal: abort.signal });
  try {
    worker.register("check_results");
    while (results.length < count) {
      const job = await worker.next();
      results.push(parseResult(cipher.open(job.payload) ?? "") ?? assert.fail("not readable"));
      job.complete();
    }
    await worker.flush();
  } finally {
    worker.close();
  }
  return results;
}

test("results are in the queue, encrypted as Mod-Gearman's workers do it", real, async () => {
  const script = "echo 'a | b | load1=5'; printf '%s' 'C:\\new'; exit 2";
  const { code, stdout } = await execPlugin(
    "submit_result",
    ...to(),
    "-H",
    "web",
    "-S",
    "load",
    "--",
    "/bin/sh",
    "-c",
    script,
  );
  const where = `in queue check_results of gearmand ${gearmand.address}, which no core takes them from now`;
  assert.deepEqual([code, stdout], [0, `web load: accepted - ${where}\n`]);
  const time = 1_700_000_000;
  const lines = JSON.stringify({ host: "web", exit_code: 3, output: "down", time });
  assert.equal((await runPlugin("submit_result", to(), { input: lines })).code, 0);
  const [service, host] = await takeResults(2);
  assert.ok(service && host);
  assert.deepEqual(
    [service.hostName, service.serviceDescription, service.returnCode, service.output],
    ["web", "load", 2, "a / b\nC:\\new|load1=5"],
  );
  assert.ok(service.startTime <= service.finishTime && service.finishTime <= Date.now());
  assert.deepEqual(
    [host.hostName, host.serviceDescription, host.returnCode, host.finishTime],
    ["web", "", 1, time * 1000],
  );
});

test("thousands keep their order, over one connection", real, async () => {
  const input = Array.from({ length: 500 }, (_, at) => `web\tload\t0\tresult ${at}\n`).join("");
  const { code, stdout } = await runPlugin("submit_result", [...to(), "-q"], { input });
  assert.deepEqual([code, stdout], [0, ""]);
  const outputs = (await takeResults(500)).map(({ output }) => output);
  assert.deepEqual(
    outputs,
    Array.from({ length: 500 }, (_, at) => `result ${at}`),
  );
  assert.equal(await waiting(), 0);
});

test("outages are one line each", real, async (t) => {
  const run = (...args: readonly string[]) => execPlugin("submit_result", ...args, "-H", "web", "--", "/bin/true");
  const dead = await refused();
  const { code, stdout } = await run(...to(dead.address));
  const words = `failed to connect to address ${dead.host} and port ${dead.port}: Connection refused`;
  assert.deepEqual([code, stdout], [2, `web: lost - ${words}\n`]);
  const quiet = await run(...to((await silent(t)).address), "-t", "0.5");
  assert.equal(quiet.code, 2);
  assert.match(
    quiet.stdout,
    /^web: lost - no complete answer from 127\.0\.0\.1:\d+ within 0\.5 s \(0 bytes received\)\n$/,
  );
  const keyless = await run("--to", `gearman:${gearmand.address}`);
  assert.equal(keyless.code, 3);
  assert.match(keyless.stdout, /^submit_result UNKNOWN - --key-file is missing: Mod-Gearman's results are encrypted\n/);
});
