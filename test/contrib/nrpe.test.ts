// The definitions for NRPE in a real NRPE daemon, each asked through check_nrpe.

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { startNrpe } from "../servers/nrpe.ts";
import { programPath } from "../support/debian.ts";
import { needs } from "../support/needs.ts";
import { parseOutput } from "../support/perfdata.ts";
import { temporaryFolder } from "../support/proc-tree.ts";
import { startFarm } from "./job-server.ts";
import { CONTRIB, DEBIAN_FOLDER, recordPlugins } from "./recorder.ts";

interface Answer {
  readonly code: number;
  readonly stdout: string;
}

function checkNrpe(port: number, command: string): Promise<Answer> {
  const args = ["-H", "127.0.0.1", "-p", String(port), "-t", "30", "-c", command];
  return new Promise((resolve) => {
    execFile(programPath("check_nrpe"), args, (error, stdout) => resolve({ code: Number(error?.code ?? 0), stdout }));
  });
}

test("a command by sudo says in one line when there is no rule for it", async (t) => {
  const shipped = await readFile(join(CONTRIB, "nrpe/check_gearman_fd_leak.cfg"), "utf8");
  const [, line = ""] = /^command\[check_gearman_fd_leak_kinds\]=(.*)$/m.exec(shipped) ?? [];
  const sudo = join(temporaryFolder(t), "sudo");
  const run = (script: string) => {
    writeFileSync(sudo, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const { status, stdout } = spawnSync("/bin/sh", ["-c", line.replaceAll("/usr/bin/sudo", sudo)], {
      encoding: "utf8",
    });
    return [status, stdout];
  };
  const refused = "check_gearman_fd_leak UNKNOWN - sudo does not let this user run it as gearman: see contrib/sudoers";
  assert.deepEqual(run("echo 'sudo: a password is required' >&2; exit 1"), [3, `${refused}\n`]);
  assert.deepEqual(run(`[ "$2" = -l ] || { echo "fine: $*"; exit 2; }`), [
    2,
    "fine: -n -u gearman /usr/lib/nagios/plugins/check_gearman_fd_leak\n",
  ]);
});

test("check_nrpe brings every command's answer as it was printed, perfdata whole", {
  ...needs("nrpe", "check_nrpe", "gearmand", "gearman"),
}, async (t) => {
  const [recorder, server] = await Promise.all([recordPlugins(t), startFarm(t)]);
  const folder = join(CONTRIB, "nrpe");
  const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
  const shipped = files.join("\n");
  const { port } = await startNrpe(
    t,
    shipped
      .replaceAll(DEBIAN_FOLDER, recorder.folder)
      .replaceAll("127.0.0.1", server.address)
      .replaceAll("/etc/mod-gearman/secret.key", recorder.keyFile)
      // what may be run as another user is for sudo to say
      .replaceAll(/=\/usr\/bin\/sudo -n -l .*; exec \/usr\/bin\/sudo -n -u \w+ /g, "="),
  );
  const commands = Array.from(shipped.matchAll(/^command\[(\w+)\]=/gm), ([, name = ""]) => name);
  for (const plugin of recorder.plugins)
    assert.ok(
      commands.some((name) => name.startsWith(plugin)),
      plugin,
    );
  for (const command of commands) {
    const before = recorder.runs().length;
    const answer = await checkNrpe(port, command);
    const runs = recorder.runs();
    assert.equal(runs.length, before + 1, `${command}: ${answer.stdout}`);
    assert.ok(
      runs.some(({ code, stdout }) => code === answer.code && stdout === answer.stdout),
      `${command}: ${JSON.stringify(answer)} is none of ${JSON.stringify(runs)}`,
    );
    // those that ask the job server, which is in order
    if (/^check_(?:mod_)?gearman(?!_fd_leak)/.test(command)) {
      assert.equal(answer.code, 0, answer.stdout);
      assert.ok(parseOutput(answer.stdout).perfdata.length > 0, answer.stdout);
    }
  }
});
