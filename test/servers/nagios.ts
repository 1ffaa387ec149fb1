import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

import { programPath } from "../support/debian.ts";
import { type Owner, signalGroup, spawnOwned } from "../support/owner.ts";
import { until } from "../support/until.ts";

/** A service as Nagios shows it. */
interface ServiceStatus {
  readonly host: string;
  /** Empty of a host. */
  readonly name: string;
  readonly state: number;
  readonly output: string;
  /** Further lines, with `\n` spelt out. */
  readonly long: string;
  readonly perfdata: string;
  /** Seconds since 1970. */
  readonly lastCheck: number;
}

/** A folder with a whole configuration of a real Nagios, which nothing is running from yet. */
export interface Nagios {
  /** Its named pipe for external commands, which is there while it runs. */
  readonly commandFile: string;
  /** Where it looks for check results in files. */
  readonly spool: string;
  /** Starts it; resolves when it takes commands. Its owner ends it, or {@link stop}. */
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Every service and host that has been checked, as it was a second or two ago; a host has no name of a service. */
  objects(): Promise<readonly ServiceStatus[]>;
  log(): Promise<string>;
  /** The answer of `nagios4 -v`. */
  verify(): { readonly code: number | null; readonly output: string };
  /** Starts it; resolves when it has checked every service. Its owner ends it. */
  checkAll(): Promise<readonly ServiceStatus[]>;
}

/** Debian's own objects, which every configuration is built on. */
const SAMPLES = ["templates", "commands", "contacts", "timeperiods"];

/**
 * Debian's nagios4 with these files as its objects, besides those that come with it.
 *
 * @throws Error naming the Debian package when there is no nagios4
 */
export async function prepareNagios(owner: Owner, objects: readonly string[]): Promise<Nagios> {
  const program = programPath("nagios4");
  const folder = await mkdtemp(join(tmpdir(), "nagios-"));
  owner.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  await Promise.all(["results", "tmp", "archives"].map((name) => mkdir(join(folder, name))));
  const files = await Promise.all(
    objects.map(async (content, index) => {
      const path = join(folder, `objects-${index}.cfg`);
      await writeFile(path, content);
      return path;
    }),
  );
  const settings: readonly (readonly [string, string | number])[] = [
    ...SAMPLES.map((name) => ["cfg_file", `/etc/nagios4/objects/${name}.cfg`] as const),
    ...files.map((path) => ["cfg_file", path] as const),
    ["log_file", join(folder, "nagios.log")],
    ["status_file", join(folder, "status.dat")],
    ["object_cache_file", join(folder, "objects.cache")],
    ["precached_object_file", join(folder, "objects.precache")],
    ["state_retention_file", join(folder, "retention.dat")],
    ["command_file", join(folder, "nagios.cmd")],
    ["query_socket", join(folder, "nagios.qh")],
    ["lock_file", join(folder, "nagios.pid")],
    ["temp_file", join(folder, "nagios.tmp")],
    ["temp_path", join(folder, "tmp")],
    ["check_result_path", join(folder, "results")],
    ["log_archive_path", join(folder, "archives")],
    ["nagios_user", userInfo().username],
    ["nagios_group", spawnSync("id", ["-gn"], { encoding: "utf8" }).stdout.trim()],
    ["status_update_interval", 1],
    // all at once, at once
    ["service_inter_check_delay_method", "n"],
    ["host_inter_check_delay_method", "n"],
    ["check_external_commands", 1],
    ["check_result_reaper_frequency", 1],
    ["log_passive_checks", 1],
    ["check_for_updates", 0],
    ["enable_notifications", 0],
    ["execute_host_checks", 0],
    ["use_syslog", 0],
    ["illegal_macro_output_chars", "`~$&|'\"<>"],
  ];
  const config = join(folder, "nagios.cfg");
  await writeFile(config, settings.map(([name, value]) => `${name}=${value}\n`).join(""));

  const log = () => readFile(join(folder, "nagios.log"), "utf8").catch(() => "no log");
  const readObjects = async () => parseStatus(await readFile(join(folder, "status.dat"), "utf8").catch(() => ""));
  const commandFile = join(folder, "nagios.cmd");
  const verify = () => {
    const { status, stdout, stderr } = spawnSync(program, ["-v", config], { encoding: "utf8" });
    return { code: status, output: stdout + stderr };
  };
  let child: ChildProcess | undefined;
  return {
    commandFile,
    spool: join(folder, "results"),
    log,
    objects: async () => (await readObjects()).filter(({ checked }) => checked),
    async start() {
      await rm(commandFile, { force: true });
      const started = spawnOwned(owner, program, [config], { stdio: "ignore" });
      child = started;
      await until(
        () => {
          if (started.exitCode !== null) throw new Error(`nagios4 ended at once:\n${verify().output}`);
          return existsSync(commandFile);
        },
        async () => `nagios4:\n${await log()}`,
      );
    },
    async stop(signal = "SIGTERM") {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      // its worker of the command file would go on reading
      if (signal === "SIGKILL") signalGroup(child, signal);
      else child.kill(signal);
      await gone;
    },
    verify,
    async checkAll() {
      const child = spawnOwned(owner, program, [config], { stdio: "ignore" });
      let services: ReturnType<typeof parseStatus> = [];
      const areChecked = async () => {
        services = (await readObjects()).filter(({ name }) => name !== "");
        if (services.length > 0 && services.every(({ checked }) => checked)) return true;
        if (child.exitCode !== null) throw new Error(`nagios4 ended:\n${await log()}`);
        return false;
      };
      await until(areChecked, async () => `a check of all services:\n${await log()}`, 100);
      return services;
    },
  };
}

function parseStatus(text: string): readonly (ServiceStatus & { readonly checked: boolean })[] {
  return Array.from(text.matchAll(/^(?:host|service)status \{\n([^}]*?)\n\t\}/gms), ([, block = ""]) => {
    const lines = block.split("\n").map((line) => line.trim());
    const values = new Map(lines.map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)]));
    const value = (name: string) => values.get(name) ?? "";
    return {
      host: value("host_name"),
      name: value("service_description"),
      state: Number(value("current_state")),
      output: value("plugin_output"),
      long: value("long_plugin_output"),
      perfdata: value("performance_data"),
      lastCheck: Number(value("last_check")),
      checked: value("has_been_checked") === "1",
    };
  });
}
