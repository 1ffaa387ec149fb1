// What docs/relay_results.md promises an administrator with a fresh Debian 12, done there command by command as the page has them.

import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";

import { root, version } from "../../packaging/programs.mjs";
import { builtDeb } from "../support/debian-package.ts";
import { FreshDebian, lackingFreshDebian } from "../support/fresh-debian.ts";
import { lackingBun } from "../support/standalone.ts";
import { until } from "../support/until.ts";

const skip = (await lackingBun()) ?? lackingFreshDebian() ?? false;

/** The three blocks of commands of the section: up to the relay, a message, and asking what became of it. */
function commandsOfThePage(): readonly [install: string, send: string, ask: string] {
  const page = readFileSync(join(root, "docs/relay_results.md"), "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith("From an empty Debian 12")) ?? "";
  const blocks = [...section.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block.replace(/^ {4}/gm, ""));
  const [install = "", send = "", ask = "", ...more] = blocks;
  assert.ok(ask !== "" && more.length === 0, "the section has three blocks of commands");
  return [install.replaceAll("VERSION", version), send, ask.trim()];
}

test("a fresh Debian 12, up to a service that a message turns CRITICAL, by docs/relay_results.md alone", {
  skip,
}, async (t) => {
  const [install, send, ask] = commandsOfThePage();
  const [, packages = ""] = /apt install (.*)/.exec(install) ?? [];
  const system = await FreshDebian.boot(t, packages.split(" "));
  const run = async (script: string) => {
    const { status, output } = await system.run(script);
    assert.equal(status, 0, output);
    return output;
  };
  const deb = builtDeb("amd64");
  copyFileSync(deb, join(system.path, "root", basename(deb)));

  await run(install);
  const log = async () => (await system.run("journalctl --no-pager -u relay_results@main")).output;
  await until(async () => (await log()).includes("takes results from 127.0.0.1:61613/queue/results"), log, 500);
  assert.match(await run(send), /receipt-id:1/);
  const answer = async () => (await system.run(ask)).output;
  const isSo = (text: string) =>
    text.includes('"state":2') && /^relay_results OK - 1 results in the last minute /m.test(text);
  await until(
    async () => isSo(await answer()),
    async () => `${await answer()}\n${await log()}`,
    500,
  );

  // systemd has been told that it is ready, and by whom
  assert.match(await run("systemctl show -p ActiveState,Type,User relay_results@main"), /^ActiveState=active$/m);
  await run("systemctl stop relay_results@main");
  assert.match(await run("systemctl show -p Result,ExecMainStatus relay_results@main"), /Result=success/);
});
