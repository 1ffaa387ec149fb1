import { EMPTY_NODE, peakMiB, plugin, race, raceTable, repeated, table } from "#test/bench/measure.ts";
import { registerQueues } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { programPath } from "#test/support/debian.ts";
import type { Owner } from "#test/support/owner.ts";

const ROUNDS = 21;

/** How long check_gearman takes, and how much memory, beside a Node that does nothing. */
export default async function bench(owner: Owner): Promise<string> {
  const check = (address: string) => plugin("check_gearman", "-H", address);
  const small = await serverWith(owner, 5);
  const large = await serverWith(owner, 5_000);
  const huge = await serverWith(owner, 100_000);

  const start = await race([EMPTY_NODE, { name: "5 queues", command: check(small) }], ROUNDS);
  const sizes = await race(
    [
      { name: "5 queues", command: check(small) },
      { name: "5,000 queues", command: check(large) },
      { name: "100,000 queues", command: check(huge) },
    ],
    ROUNDS,
  );

  const many: string[] = [small];
  while (many.length < 20) many.push(await serverWith(owner, 5));
  const servers = await race(
    [
      { name: "1 server", command: check(small) },
      { name: "20 servers at once", command: check(many.join(",")) },
    ],
    ROUNDS,
  );

  const [host = "", port = ""] = small.split(":");
  const inC = [programPath("check_tcp"), "-H", host, "-p", port, "-E", "-s", "version\\n", "-e", "OK"];
  const executable = "dist/standalone/check_gearman";
  const standalone = await race(
    [
      { name: "check_tcp, a plugin in C, 20 times", command: repeated(20, inC) },
      { name: "standalone, `-V`, 20 times", command: repeated(20, [executable, "-V"]) },
      { name: "standalone, 5 queues, 20 times", command: repeated(20, [executable, "-H", small]) },
    ],
    ROUNDS,
  );

  const peaks = await Promise.all([small, large, huge].map((address) => peakMiB(check(address))));
  const [least = 0] = peaks;
  const memory = table(
    ["", "peak memory", "more than with 5"],
    ["5 queues", "5,000 queues", "100,000 queues"].map((name, index) => {
      const peak = peaks[index] ?? Number.NaN;
      return [name, `${peak.toFixed(1)} MiB`, `${(peak - least).toFixed(1)} MiB`];
    }),
  );
  return [raceTable(start), raceTable(sizes), raceTable(servers), raceTable(standalone), memory].join("\n\n");
}

/** A real gearmand with that many queues, each with a worker. */
async function serverWith(owner: Owner, queues: number): Promise<string> {
  const { address } = await startGearmand(owner, { args: ["--threads", "1"] });
  await registerQueues(
    owner,
    address,
    Array.from({ length: queues }, (_, index) => `hostgroup_${String(index).padStart(6, "0")}`),
  );
  return address;
}
