// What docs/install.md promises an administrator with a fresh Debian 12, done there command by command as the page has them.

import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";

import { root, version } from "../../packaging/programs.mjs";
import { type Architecture, builtDeb } from "../support/debian-package.ts";
import { FreshDebian, lackingFreshDebian } from "../support/fresh-debian.ts";
import { lackingBun } from "../support/standalone.ts";
import { until } from "../support/until.ts";

const NAME = "monitoring-plugins-distributed";

const skip = (await lackingBun()) ?? lackingFreshDebian() ?? false;

/** The two blocks of commands of the page's last section: up to the service, and asking Icinga for its state. */
function commandsOfThePage(): readonly [install: string, ask: string] {
  const page = readFileSync(join(root, "docs/install.md"), "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith("From `dpkg -i` to OK")) ?? "";
  const blocks = [...section.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block.replace(/^ {4}/gm, ""));
  const [install = "", ask = "", ...more] = blocks;
  assert.ok(ask !== "" && more.length === 0, "the section has two blocks of commands");
  return [install.replaceAll("VERSION", version), ask.trim()];
}

/** Puts a package where the page has it: into the folder the commands are given in. */
function hand(system: FreshDebian, architecture: Architecture): string {
  const deb = builtDeb(architecture);
  copyFileSync(deb, join(system.path, "root", basename(deb)));
  return basename(deb);
}

interface CheckResult {
  readonly output: string;
  readonly exit_status: number;
  readonly performance_data: readonly string[];
}

test("a fresh Debian 12, from dpkg -i to OK and back, by docs/install.md alone", { skip }, async (t) => {
  const [install, ask] = commandsOfThePage();
  const [, packages = ""] = /apt install (.*)/.exec(install) ?? [];
  const system = await FreshDebian.boot(t, packages.split(" "));
  const run = async (script: string) => {
    const { status, output } = await system.run(script);
    assert.equal(status, 0, output);
    return output;
  };
  /** The page's question to Icinga, or one like it. */
  const askIcinga = (change = (command: string) => command) => {
    const [, password = ""] = /password = "(.+)"/.exec(system.read("etc/icinga2/conf.d/api-users.conf")) ?? [];
    return run(change(ask.replace("PASSWORD", password)));
  };
  const lastResult = async () => {
    const answer = await askIcinga((command) => command.replace("attrs=state", "attrs=last_check_result"));
    return JSON.parse(answer).results[0].attrs.last_check_result as CheckResult;
  };
  const untilIcinga = (isSo: () => Promise<boolean>) =>
    until(isSo, async () => `Icinga: ${await askIcinga()} ${JSON.stringify(await lastResult())}`, 500);
  const checkNow = () =>
    askIcinga((command) =>
      command
        .replace("objects/services?filter=", "actions/reschedule-check?type=Service&force=1&filter=")
        .replace("curl ", "curl -X POST -H 'Accept: application/json' "),
    );

  let failed = false;
  const step = (name: string, take: () => Promise<void>) =>
    t.test(name, { skip: failed && "a step before it failed" }, async () => {
      failed = true;
      await take();
      failed = false;
    });

  await step("the commands of the page end in a service that is OK", async () => {
    hand(system, "amd64");
    assert.match(await run(install), /^check_gearman OK - /m);
    await untilIcinga(async () => (await askIcinga()).includes('"state":0'));
    const { output, exit_status } = await lastResult();
    assert.match(output, /^check_gearman OK - 0 jobs running and 0 jobs waiting\. Version: /);
    assert.equal(exit_status, 0);
  });

  await step("Icinga reads the numbers of a queue", async () => {
    // a worker is a connection that has said CAN_DO, which Debian's bash can do by itself
    const canDo = String.raw`\0REQ\0\0\0\1\0\0\0\5hello`;
    system.start(t, `exec 3<>/dev/tcp/127.0.0.1/4730; printf '${canDo}' >&3; read <&3`);
    await untilIcinga(async () => {
      await checkNow();
      return (await lastResult()).performance_data.length > 0;
    });
    assert.deepEqual((await lastResult()).performance_data, [
      "hello_waiting=0;10;100;0",
      "hello_running=0",
      "hello_worker=1;;;0",
    ]);
  });

  await step("check_gearman_fd_leak remembers, as the user of the core", async () => {
    const check = "/usr/lib/nagios/plugins/check_gearman_fd_leak";
    const runs = `for i in 1 2; do setpriv --reuid nagios --regid nagios --clear-groups ${check}; done`;
    assert.match(await run(runs), /^check_gearman_fd_leak OK - gearmand .*^Growth is judged from .* and 2 so far$/ms);
    assert.equal((await run("ls /var/lib/monitoring-plugins")).match(/gearmand\.json$/gm)?.length, 1);
  });

  await step("the job server goes, the service is CRITICAL", async () => {
    await run("systemctl stop gearman-job-server");
    await checkNow();
    await untilIcinga(async () => (await askIcinga()).includes('"state":2'));
    assert.equal(
      (await lastResult()).output,
      "check_gearman CRITICAL - failed to connect to address 127.0.0.1 and port 4730: Connection refused",
    );
  });

  await step("the package goes, and leaves nothing behind", async () => {
    const files = (await run(`dpkg -L ${NAME}`)).trim().split("\n");
    assert.ok(files.includes("/usr/lib/nagios/plugins/check_gearman"));
    await run(`dpkg --purge ${NAME}`);
    // folders that other packages have too stay with those
    const paths = files.filter((path) => path !== "/.").join(" ");
    const left = `for path in ${paths}; do [ ! -e $path ] || dpkg -S $path >/dev/null || echo $path; done`;
    assert.equal(await run(left), "");
    assert.equal(await run("dpkg-divert --list '*gearman*'"), "");
  });

  await step("the package for Node is refused, as there is no Node that is new enough, and gives way", async () => {
    const all = hand(system, "all");
    const { status, output } = await system.run(`dpkg -i ${all}`);
    assert.equal(status, 1);
    assert.match(output, /depends on nodejs \(>= 20\); however:\n {2}Package nodejs is not installed\./);
    await run(`dpkg -i ${NAME}_*_amd64.deb && dpkg --verify ${NAME} && dpkg --purge ${NAME}`);
    const byApt = await system.run(`apt install ./${all}`);
    assert.equal(byApt.status, 100);
    assert.match(byApt.output, /Depends: nodejs \(>= 20\)/);
  });
});
