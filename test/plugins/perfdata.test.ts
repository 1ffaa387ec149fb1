// The other way round than test/support/declared.ts: nothing is declared in plugins/*/perfdata.ts that no run prints.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";

import { declarationsOf } from "../../generate/perfdata.ts";
import { fromPlugins } from "../../generate/plugins.ts";
import { startCannedCore } from "../servers/canned-core.ts";
import { registerQueues } from "../servers/gearman-worker.ts";
import { startGearmand } from "../servers/gearmand.ts";
import { startLiveproxyd } from "../servers/liveproxyd/start.ts";
import { PeerStatus, startLmd } from "../servers/lmd.ts";
import { declared } from "../support/declared.ts";
import { execPlugin, PLUGINS_DIR } from "../support/exec.ts";
import type { Fixtures } from "../support/fixtures.ts";
import { needs } from "../support/needs.ts";
import { parseOutput } from "../support/perfdata.ts";
import { temporaryFolder } from "../support/proc-tree.ts";
import { until } from "../support/until.ts";

/** Every option that gives a threshold, with a value that alerts nobody. */
async function thresholds(plugin: string): Promise<readonly string[]> {
  const { options, perfdata } = await declared(plugin);
  const keys = perfdata.flatMap(({ warning = [], critical = [] }) => [warning, critical].flat());
  return [...new Set(keys)].flatMap((key) => {
    const { flags } = options[key] ?? assert.fail(`${plugin} has no option '${key}'`);
    const [flag = ""] = flags.split(/[ ,]+/);
    if (flags.includes("--processes")) return [flag, "1:"];
    return [flag, flags.endsWith("<time>") ? "1h" : "1000000000"];
  });
}

/** Takes notes of runs; `missing` says what was declared and never printed: an item, or a field of it. */
async function notes(plugin: string) {
  const { perfdata } = await declared(plugin);
  const seen = new Set<string>();
  return {
    async run(...args: readonly string[]) {
      const { stdout } = await execPlugin(plugin, ...args);
      for (const { label, warn, crit, max } of parseOutput(stdout).perfdata) {
        const [found, ...others] = declarationsOf(label, perfdata);
        // what may be another's is no proof
        if (others.length > 0) continue;
        const name = found?.label ?? "<label>";
        seen.add(name);
        if (warn !== undefined) seen.add(`warning of ${name}`);
        if (crit !== undefined) seen.add(`critical of ${name}`);
        if (max !== undefined) seen.add(`max of ${name}`);
      }
    },
    missing: () =>
      perfdata
        .flatMap(({ label, warning, critical, max }) => [
          label,
          ...(warning === undefined ? [] : [`warning of ${label}`]),
          ...(critical === undefined ? [] : [`critical of ${label}`]),
          ...(max === undefined ? [] : [`max of ${label}`]),
        ])
        .filter((what) => !seen.has(what)),
  };
}

type Notes = Awaited<ReturnType<typeof notes>>;

const RUNS: Readonly<Record<string, (t: TestContext, plugin: Notes, levels: readonly string[]) => Promise<void>>> = {
  ...Object.fromEntries(
    [...(await fromPlugins<Fixtures>("test/fixtures.ts"))].flatMap(([name, { everything }]) =>
      everything === undefined
        ? []
        : [[name, (t: TestContext, { run }: Notes, levels: readonly string[]) => everything(t, run, levels)]],
    ),
  ),
  async check_gearman_fd_leak(t, { run, missing }, levels) {
    const { address, host, port } = await startGearmand(t);
    for (let worker = 0; worker < 10; worker++) await registerQueues(t, address, ["host"]);
    const state = temporaryFolder(t);
    const isWhole = async () => {
      const leaked = connect(port, host);
      t.after(() => leaked.destroy());
      await once(leaked, "connect");
      await run("-H", address, "-p", String(port), "--window", "10s", "--state-dir", state, ...levels);
      return missing().length === 0;
    };
    // growth takes several samples, over a part of the window
    await until(isWhole, () => missing().join(", "), 500);
  },
  async check_liveproxy(t, { run }, levels) {
    const core = await startCannedCore(t);
    const proxy = await startLiveproxyd(t, { sites: [{ id: "berlin", target: core.socket }] });
    const lmd = await startLmd(t, [{ peer_key: "munich", status: PeerStatus.up, age: 3 }]);
    await proxy.untilState(/heartbeats.*[1-9]/i);
    await run("--omd-root", proxy.root, "--lmd", lmd.unix, ...levels);
  },
};

test("every check is among them", () => {
  assert.deepEqual(
    Object.keys(RUNS).sort(),
    readdirSync(PLUGINS_DIR).filter((name) => name.startsWith("check_")),
  );
});

for (const [plugin, play] of Object.entries(RUNS)) {
  test(`${plugin} prints all that it declares`, { ...needs("gearmand", "gearman") }, async (t) => {
    const noted = await notes(plugin);
    await play(t, noted, await thresholds(plugin));
    assert.deepEqual(noted.missing(), []);
  });
}
