import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { kill, type Owner, spawnOwned } from "../../support/owner.ts";
import { until } from "../../support/until.ts";
import type { Fault, Order, ProxyConfig, SiteConfig } from "./config.ts";

/** A running stand-in of liveproxyd. */
export interface Liveproxyd {
  /** Root of its OMD site, for `--omd-root`. */
  readonly root: string;
  readonly pid: number;
  socket(site: string): string;
  /** Makes a site misbehave, or behave again. Resolves when it does, and when the state file says so. */
  set(site: string, fault: Fault): Promise<void>;
  /** Starts a site's process again that has ended. */
  restart(site: string): Promise<void>;
  /** Stops writing the state file, goes on, or dates it back. Resolves when the file is so. */
  dump(what: Extract<Order, { dump: unknown }>["dump"]): Promise<void>;
  /** Resolves when the state file says so. */
  untilState(pattern: RegExp): Promise<void>;
  /** Since it was started. */
  ageSeconds(): number;
  /** Process of a site, from /proc; undefined while there is none. */
  sitePid(site: string): Promise<number | undefined>;
  /** Starts another one in the same folder, as the same user. */
  startAgain(owner: Owner): void;
  /** Ends it: SIGTERM is a clean stop, SIGKILL leaves pid file and sockets behind. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

export interface StartOptions extends Partial<Omit<ProxyConfig, "root" | "sites">> {
  readonly sites: readonly (Omit<SiteConfig, "channels"> & { readonly channels?: number })[];
  /** All sites in one process. */
  readonly isSingle?: boolean;
}

let started = 0;

/**
 * What to put before a command so that it has a user of its own, and may read and write as before. The check takes processes of one
 * user for those of one proxy, and at any time somebody else's test may leave some without a master.
 */
function asUserOfItsOwn(): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  started += 1;
  const capabilities = "+dac_override,+dac_read_search";
  const user = 1_000_000 + process.pid * 100 + started;
  return [
    "setpriv",
    `--reuid=${user}`,
    `--inh-caps=${capabilities}`,
    `--ambient-caps=${capabilities}`,
    "--clear-groups",
  ];
}

/** Starts the stand-in as programs of their own, with the titles of the real ones. Resolves when the state file is there. */
export async function startLiveproxyd(owner: Owner, options: StartOptions): Promise<Liveproxyd> {
  const root = await mkdtemp(join(tmpdir(), "omd-"));
  const folders = ["tmp/run/liveproxy", "var/log"].map((folder) => mkdir(join(root, folder), { recursive: true }));
  await Promise.all(folders);
  const { isSingle = false, sites, ...times } = options;
  const config: ProxyConfig = {
    heartbeatMs: 500,
    // a core that is merely slow, as all is on a busy machine, is no core that is frozen
    heartbeatTimeoutMs: 120_000,
    channelTimeoutMs: 600,
    queryTimeoutMs: 120_000,
    connectRetryMs: 400,
    stateIntervalMs: 200,
    restartMs: 300,
    errorCode: 502,
    busyText: "All %d channels busy, timeout waiting for free channel.",
    orphans: false,
    ...times,
    root,
    sites: sites.map((site) => ({ channels: 2, ...site })),
  };
  const program = join(root, "liveproxyd.mjs");
  const configPath = join(root, "config.json");
  await writeFile(configPath, JSON.stringify(config));
  await build({
    entryPoints: [join(dirname(fileURLToPath(import.meta.url)), "main.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: program,
    logLevel: "error",
  });
  const [file = "", ...args] = [
    ...asUserOfItsOwn(),
    process.execPath,
    program,
    isSingle ? "single" : "master",
    configPath,
  ];
  const start = (by: Owner) => spawnOwned(by, file, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const startedMs = Date.now();
  const child = start(owner);
  owner.after(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  const statePath = join(root, "var/log/liveproxyd.state");
  const obeyed: (() => void)[] = [];
  child.on("message", (number: number) => obeyed[number]?.());
  const send = (order: Order) =>
    new Promise<void>((resolve) => {
      const number = obeyed.push(resolve) - 1;
      child.send({ ...order, number });
    });

  const untilState = (pattern: RegExp) =>
    until(
      async () => pattern.test(await readFile(statePath, "utf8").catch(() => "")),
      async () => `${pattern} in\n${await readFile(statePath, "utf8").catch(() => "(no state file)")}`,
    );
  await untilState(/Current state:/);
  for (const { id, fault } of config.sites)
    if (fault?.omitted !== true) await untilState(new RegExp(`^\\[${id}\\]`, "m"));
  return {
    root,
    pid: child.pid ?? 0,
    socket: (site) => join(root, "tmp/run/liveproxy", site),
    set: (to, fault) => send({ to, fault }),
    restart: (site) => send({ restart: site }),
    dump: (dump) => send({ dump }),
    untilState,
    startAgain: (by) => void start(by),
    ageSeconds: () => (Date.now() - startedMs) / 1000,
    async sitePid(site) {
      const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").catch(() => "");
      for (const pid of children.trim().split(" ")) {
        const title = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
        if (title.replace(/[\0 ]+$/, "") === `liveproxyd[${site}]`) return Number(pid);
      }
      return undefined;
    },
    async end(signal) {
      if (signal === "SIGKILL") return kill(child);
      child.kill(signal);
      await until(
        async () => child.exitCode !== null || child.signalCode !== null,
        async () => "its end",
      );
    },
  };
}
