import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { type Owner, spawnOwned } from "../support/owner.ts";
import { EMPTY_NODE, plugin, race, raceTable } from "./measure.ts";

const ROUNDS = 21;
const PROGRAM = fileURLToPath(new URL("many-sites.cjs", import.meta.url));

/** How long check_liveproxy takes beside a Node that does nothing, with many sites, and with one that hangs. */
export default async function bench(owner: Owner): Promise<string> {
  const one = await startSites(owner, 1);
  const twenty = await startSites(owner, 20);
  const many = await startSites(owner, 500);
  const check = ({ root }: Sites, ...more: readonly string[]) =>
    plugin("check_liveproxy", "--omd-root", root, "--perfdata", "totals", ...more);

  const start = await race(
    [
      EMPTY_NODE,
      { name: "1 site", command: check(one) },
      { name: "one -H", command: plugin("check_liveproxy", "-H", join(one.root, "tmp/run/liveproxy/site0")) },
    ],
    ROUNDS,
  );
  const sizes = await race(
    [
      { name: "1 site", command: check(one) },
      { name: "20 sites", command: check(twenty) },
      { name: "500 sites", command: check(many) },
    ],
    ROUNDS,
  );
  await many.hang("site0");
  const hanging = await race([{ name: "500 sites, one hangs, -t 2", command: check(many, "-t", "2") }], 3);
  for (let n = 1; n < 250; n += 1) await many.hang(`site${n}`);
  const half = await race([{ name: "500 sites, 250 hang, -t 10", command: check(many, "-t", "10") }], 3);
  const shown = `Of the last: ${sitesOf(check(many, "-t", "10"))}.`;
  return [raceTable(start), raceTable(sizes), raceTable(hanging), raceTable(half), shown].join("\n\n");
}

/** What a run says of all sites: that it is quick means nothing where it is wrong. */
function sitesOf([program = "", ...args]: readonly string[]): string {
  const { stdout } = spawnSync(program, args, { encoding: "utf8" });
  const value = (label: string) => Number(new RegExp(`'${label}'=(\\d+)`).exec(stdout)?.[1]);
  const [total, ready, down] = [value("sites_total"), value("sites_ready"), value("sites_down")];
  if (total !== 500 || ready !== 250 || down !== 250) throw new Error(`250 of 500 sites hang, yet: ${stdout}`);
  return `${ready} of ${total} sites ready, ${down} down`;
}

interface Sites {
  readonly root: string;
  /** From now on the site accepts and stays silent. */
  hang(site: string): Promise<void>;
}

async function startSites(owner: Owner, count: number): Promise<Sites> {
  const root = await mkdtemp(join(tmpdir(), "omd-"));
  owner.after(() => rm(root, { recursive: true, force: true }));
  const child = spawnOwned(owner, process.execPath, [PROGRAM, root, `${count}`], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  await once(child, "message");
  return {
    root,
    async hang(site) {
      child.send(site);
      await once(child, "message");
    },
  };
}
