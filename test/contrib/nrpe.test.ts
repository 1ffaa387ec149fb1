// The definitions for NRPE in a real NRPE daemon, each asked through check_nrpe.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { startNrpe } from "../servers/nrpe.ts";
import { programPath } from "../support/debian.ts";
import { needs } from "../support/needs.ts";
import { parseOutput } from "../support/perfdata.ts";
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
      .replaceAll(/=\/usr\/bin\/sudo -n -u \w+ /g, "="),
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
