import { type ChildProcess, execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

import { programPath } from "../support/debian.ts";
import { kill, type Owner, signalGroup, spawnOwned } from "../support/owner.ts";
import { until } from "../support/until.ts";
import { type Address, addressOf, freePort } from "./address.ts";

/** A real monitoring core with Livestatus. */
export interface Icinga extends Address {
  /** Path of its Unix socket. */
  readonly socket: string;
  /** SIGHUP: a new worker takes over. */
  reload(): void;
  /** Stops every process without ending them; resolves when none of their threads runs any more. */
  freeze(): Promise<void>;
  thaw(): void;
  /** SIGTERM: it leaves its socket behind. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Icinga otherwise becomes the user that its package has made. */
export const OURSELVES = {
  RunAsUser: userInfo().username,
  RunAsGroup: spawnSync("id", ["-gn"], { encoding: "utf8" }).stdout.trim(),
};

/** Definitions as arguments of icinga2. */
export const defining = (definitions: Readonly<Record<string, string | number>>) =>
  Object.entries(definitions).flatMap(([name, value]) => ["-D", `${name}=${value}`]);

const CONFIG = `
const NodeName = "lab"
const ZoneName = NodeName
object Endpoint NodeName { }
object Zone ZoneName { endpoints = [ NodeName ] }
include <itl>
object CheckerComponent "checker" { }
object LivestatusListener "unix" {
  socket_type = "unix"
  socket_path = LabDir + "/run/live.sock"
}
object LivestatusListener "tcp" {
  socket_type = "tcp"
  bind_host = "127.0.0.1"
  bind_port = LabPort
}
object Host "alpha" { check_command = "dummy"; check_interval = 10s; vars.dummy_state = 0; vars.dummy_text = "alpha is up" }
object Service "ok" { host_name = "alpha"; check_command = "dummy"; check_interval = 10s; vars.dummy_state = 0; vars.dummy_text = "all fine" }
`;

/**
 * Starts Debian's icinga2 in a folder of its own; resolves when it answers. Its owner ends it.
 *
 * @param more configuration besides that of {@link CONFIG}
 * @param prepare what else has to be in its folder before it starts
 * @throws Error naming the Debian package when there is no icinga2
 */
export async function startIcinga(
  owner: Owner,
  more = "",
  prepare: (folder: string) => Promise<void> = async () => {},
): Promise<Icinga> {
  const program = programPath("icinga2");
  const folder = await mkdtemp(join(tmpdir(), "icinga2-"));
  await Promise.all(["run", "spool", "cache", "lib", "log", "conf"].map((name) => mkdir(join(folder, name))));
  await prepare(folder);
  await writeFile(join(folder, "lab.conf"), `${CONFIG}${more}`);
  const port = await freePort();
  const definitions = {
    LabDir: folder,
    LabPort: port,
    ConfigDir: join(folder, "conf"),
    DataDir: join(folder, "lib"),
    LogDir: join(folder, "log"),
    CacheDir: join(folder, "cache"),
    SpoolDir: join(folder, "spool"),
    InitRunDir: join(folder, "run"),
    ...OURSELVES,
  };
  const args = defining(definitions);
  const socket = join(folder, "run/live.sock");
  let child: ChildProcess | undefined;

  // its workers are processes of their own
  const signal = (name: NodeJS.Signals) => child !== undefined && signalGroup(child, name);
  const start = async () => {
    let log = "";
    const started = spawnOwned(owner, program, ["daemon", "-c", join(folder, "lab.conf"), "-x", "warning", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        log += chunk;
      });
    }
    const isUp = async () => {
      if (started.exitCode !== null) throw new Error(`icinga2 ended at once:\n${log}`);
      return answers(socket);
    };
    await until(isUp, () => `icinga2:\n${log}`, 50);
  };
  owner.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  await start();
  return {
    ...addressOf("127.0.0.1", port),
    socket,
    reload: () => void child?.kill("SIGHUP"),
    async freeze() {
      signal("SIGSTOP");
      await until(
        () => threadStates(child?.pid).every((state) => state === "T"),
        () => `threads to stop: ${threadStates(child?.pid)}`,
      );
    },
    thaw: () => void signal("SIGCONT"),
    async stop() {
      const running = child;
      if (running === undefined) return;
      signal("SIGCONT");
      const gone = new Promise((resolve) => running.once("exit", resolve));
      running.kill("SIGTERM");
      const timer = setTimeout(() => void kill(running), 60_000);
      if (running.exitCode === null) await gone;
      clearTimeout(timer);
    },
    start,
  };
}

/** The state of each thread in a process group: `T` is stopped. */
function threadStates(group: number | undefined): readonly string[] {
  const stdout = execFileSync("ps", ["-eLo", "pgid=,state="], { encoding: "utf8" });
  return Array.from(stdout.matchAll(/^ *(\d+) (\w)/gm)).flatMap(([, pgid, state = ""]) =>
    Number(pgid) === group ? [state] : [],
  );
}

const QUESTION = "GET status\nResponseHeader: fixed16\nOutputFormat: json\nColumns: program_start\n\n";

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket);
    client.once("connect", () => client.write(QUESTION));
    client.once("data", (chunk: Buffer) => {
      resolve(chunk.toString().startsWith("200"));
      client.destroy();
    });
    client.once("error", () => resolve(false));
    client.once("close", () => resolve(false));
  });
}
