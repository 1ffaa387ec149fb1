import { startCannedCore } from "../servers/canned-core.ts";
import { type Liveproxyd, startLiveproxyd } from "../servers/liveproxyd/start.ts";
import type { Owner } from "../support/owner.ts";
import { EMPTY_NODE, plugin, race, raceTable } from "./measure.ts";

const ROUNDS = 21;

/** How long check_liveproxy takes beside a Node that does nothing, with many sites, and with one that hangs. */
export default async function bench(owner: Owner): Promise<string> {
  const one = await proxyWith(owner, 1);
  const twenty = await proxyWith(owner, 20);
  const many = await proxyWith(owner, 500);
  const check = ({ root }: Liveproxyd, ...more: readonly string[]) =>
    plugin("check_liveproxy", "--omd-root", root, "--reset-warning", "0", "--perfdata", "totals", ...more);

  const start = await race([EMPTY_NODE, { name: "1 site", command: check(one) }], ROUNDS);
  const sizes = await race(
    [
      { name: "1 site", command: check(one) },
      { name: "20 sites", command: check(twenty) },
      { name: "500 sites", command: check(many) },
    ],
    ROUNDS,
  );
  await many.set("site0", { client: "hang" });
  const hanging = await race([{ name: "500 sites, one hangs, -t 2", command: check(many, "-t", "2") }], 3);
  return [raceTable(start), raceTable(sizes), raceTable(hanging)].join("\n\n");
}

/** A stand-in of liveproxyd with so many healthy sites, in one process so that they all fit. */
async function proxyWith(owner: Owner, count: number): Promise<Liveproxyd> {
  const core = await startCannedCore(owner);
  const sites = Array.from({ length: count }, (_, n) => ({ id: `site${n}`, target: core.socket, channels: 1 }));
  const quiet = { heartbeatMs: 5000, heartbeatTimeoutMs: 4000, stateIntervalMs: 5000 };
  const proxy = await startLiveproxyd(owner, { sites, isSingle: true, ...quiet });
  for (const { id } of sites) await proxy.untilState(new RegExp(`\\[${id}\\]\n  State: +ready`));
  return proxy;
}
