// A process that may open nothing more says that of itself, and nothing of what it was to look at.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";

import { fakeGearmand } from "../servers/fake-gearmand.ts";
import { pluginCommand } from "../support/exec.ts";

/** From where Node starts at all to where everything is found; the standalone executable starts with fewer. */
const LIMITS = [6, 7, 8, 19, 20, 21, 22, 23, 24];

/** What a check has to say of `ulimit -n`. */
const NONE_LEFT = "this check has no descriptors left (ulimit -n)";

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  /** What is true of what it looks at. */
  readonly truth: RegExp;
}

async function cases(t: TestContext): Promise<readonly Case[]> {
  const { address } = await fakeGearmand(t, { queues: { q: { workers: 1 } } });
  const folder = mkdtempSync(join(tmpdir(), "test-descriptors-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const key = join(folder, "key");
  writeFileSync(key, "a key of many characters\n");
  return [
    { name: "check_gearman", args: ["-H", address], truth: /^check_gearman OK/ },
    { name: "check_gearman", args: ["-H", "no-such-host.invalid"], truth: /cannot resolve no-such-host\.invalid/ },
    { name: "check_gearman", args: ["-H", address, "--include", "~q"], truth: /^check_gearman OK/ },
    { name: "check_mod_gearman", args: ["-H", address, "--key-file", key, "--confirm", "0"], truth: /not found/ },
    { name: "check_liveproxy", args: ["-H", `unix:${folder}/none`], truth: /no such socket/ },
    { name: "check_liveproxy", args: ["--lmd", "http://127.0.0.1:1"], truth: /ECONNREFUSED|efused|nable to connect/ },
    {
      name: "check_gearman_fd_leak",
      args: ["--pid", `${process.pid}`, "--state-dir", folder],
      truth: /descriptors \(/,
    },
    { name: "gearman_top", args: ["-b", "-H", address], truth: /^ q /m },
  ];
}

test("with few descriptors the answer is the true one, or that there are none left", async (t) => {
  const without = new Set<string>();
  for (const { name, args, truth } of await cases(t)) {
    const run = async (limit: number) => {
      const command = [`ulimit -n ${limit} && exec "$@"`, "sh", ...pluginCommand(name), ...args];
      const child = spawn("/bin/sh", ["-c", ...command], { stdio: ["ignore", "pipe", "ignore"] });
      const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
      // the runtime did not get as far as to the first line of ours
      if (stdout === "") return;
      const what = `${name} ${args.join(" ")} at ${limit}: ${stdout}`;
      if (!stdout.includes(NONE_LEFT)) return assert.match(stdout, truth, what);
      assert.equal(code, 3, what);
      without.add(name);
    };
    await Promise.all(LIMITS.map(run));
  }
  assert.ok(without.has("check_gearman"), "no limit was too low");
});
