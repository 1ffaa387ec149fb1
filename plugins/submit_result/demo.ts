import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Stage } from "#demo/stage.ts";
import { lacking } from "#test/support/debian.ts";
import { spawnOwned } from "#test/support/owner.ts";

import { newerIcinga } from "./test/newer-icinga.ts";

/** Shows submit_result with results that arrive, that are kept, and that nobody takes. */
export default async function demo(stage: Stage): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "demo-submit-"));
  stage.after(() => rmSync(folder, { recursive: true, force: true }));
  const [spool, pipe, queue] = ["checkresults", "nagios.cmd", "queue"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(spool);
  execFileSync("mkfifo", [pipe]);
  const check = (service: string, ...command: readonly string[]) => ["-H", "web1", "-S", service, "--", ...command];

  stage.say("A check is run, and its result lies where Nagios looks for check results");
  await stage.run("submit_result", "--to", `spool:${spool}`, ...check("disk", "/bin/echo", "DISK OK | used=40%;90;95"));
  stage.say("The core does not run: nobody reads its command file, and the result is kept");
  const kept = ["--to", `command-file:${pipe}`, "--queue-dir", queue];
  await stage.run("submit_result", ...kept, ...check("backup", "/bin/echo", "BACKUP OK"));
  stage.say("It runs again: what was kept is delivered");
  // open for reading and writing: it does not wait for a writer
  spawnOwned(stage, "/bin/sh", ["-c", 'exec cat <>"$1" >/dev/null', "sh", pipe], { stdio: "ignore" });
  await stage.run("submit_result", ...kept);

  const missing = lacking("openssl");
  if (missing !== undefined) return stage.say(`No results for Icinga 2: ${missing}`);
  const { address, ca } = await newerIcinga(stage);
  const auth = join(folder, "auth");
  writeFileSync(auth, "sender:secret\n", { mode: 0o600 });
  const icinga = ["--to", `icinga2:https://${address}`, "--ca", ca, "--auth-file", auth];
  stage.say("Icinga 2 (a stand-in) has a newer result; it has no such service, or the user no right to it");
  await stage.run("submit_result", ...icinga, ...check("newer", "/bin/true"));
  await stage.run("submit_result", ...icinga, ...check("nosuch", "/bin/true"));
  stage.say("It answers that it has taken a result; read back, it has not");
  await stage.run("submit_result", ...icinga, "--verify", ...check("leaving", "/bin/true"));
}
