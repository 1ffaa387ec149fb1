import { connect } from "node:net";

import { fromPlugins } from "../../generate/plugins.ts";
import { startCannedCore } from "../servers/canned-core.ts";
import { fillQueue, registerQueues } from "../servers/gearman-worker.ts";
import { type Gearmand, startGearmand } from "../servers/gearmand.ts";
import { type Graphite, startGraphite } from "../servers/graphite.ts";
import { startIcinga } from "../servers/icinga2.ts";
import { type Influxdb, startInfluxdb } from "../servers/influxdb.ts";
import { type Liveproxyd, startLiveproxyd } from "../servers/liveproxyd/start.ts";
import { startModGearmanWorker } from "../servers/mod-gearman-worker.ts";
import { neverAnswers, startRawWorker } from "../servers/raw-worker.ts";
import type { Fixtures } from "../support/fixtures.ts";
import type { Owner } from "../support/owner.ts";
import { CONTRIB, DEBIAN_FOLDER, type Recorder, recordPlugins } from "./recorder.ts";

export const HOST = "gearmand.example.com";
export const DATABASE = "icinga2";
/** What Icinga writes for InfluxDB 2. */
export const BUCKET = "icinga2_bucket";

/** Of {@link HOST}, beside those that plugins bring along. */
const SERVICES = [
  ...["gearmand", "gearman results", "gearman servers", "gearman round trip", "gearman descriptors"],
  "livestatus sites",
];

const COMMANDS = ["gearman", "gearman_fd_leak", "liveproxy", "mod_gearman"];

/** A job server, its workers and a Livestatus proxy, looked at by a real Icinga 2 that writes what it sees. */
export interface Monitored {
  /** Titles of the services, and the commands they run. */
  readonly services: readonly string[];
  readonly commands: readonly string[];
  readonly influxdb: Influxdb;
  readonly graphite: Graphite;
  readonly gearmand: Gearmand;
  readonly proxy: Liveproxyd;
  readonly recorder: Recorder;
  /** Opens one more connection to the job server, and never closes it. */
  leak(): void;
}

/** The commands as they are shipped, and a service of each plugin with thresholds that Icinga can store. */
const configuration = (
  { recorder, gearmand, proxy, influxdb, graphite }: Omit<Monitored, "leak" | "services" | "commands">,
  seconds: number,
) => `
const PluginDir = "${DEBIAN_FOLDER}"
const PluginContribDir = "${recorder.folder}"
include <plugins>
include "${CONTRIB}icinga2/*.conf"
object InfluxdbWriter "influxdb" {
  host = "127.0.0.1"
  port = ${influxdb.port}
  database = "${DATABASE}"
  flush_interval = 1s
  enable_send_thresholds = true
  enable_send_metadata = true
}
object Influxdb2Writer "influxdb2" {
  host = "127.0.0.1"
  port = ${influxdb.version2.port}
  organization = "lab"
  bucket = "${BUCKET}"
  auth_token = "of no use"
  flush_interval = 1s
  enable_send_thresholds = true
  enable_send_metadata = true
}
object GraphiteWriter "graphite" {
  host = "127.0.0.1"
  port = ${graphite.carbonPort}
  enable_send_thresholds = true
  enable_send_metadata = true
}
template Service "often" {
  host_name = "${HOST}"
  check_interval = ${seconds}s
  retry_interval = ${seconds}s
}
object Host "${HOST}" {
  address = "127.0.0.1"
  check_command = "dummy"
  vars.gearman_port = ${gearmand.port}
  vars.gearman_confirm = 0
  vars.mod_gearman_port = ${gearmand.port}
  vars.mod_gearman_key_file = "${recorder.keyFile}"
  vars.gearman_fd_leak_port = ${gearmand.port}
}
object Service "gearmand" {
  import "often"
  check_command = "gearman"
  vars.gearman_exclude = [ "worker_*" ]
  vars.gearman_running_warning = 50
  vars.gearman_running_critical = 60
}
object Service "gearman results" {
  import "often"
  check_command = "gearman"
  vars.gearman_queue = [ "check_results" ]
}
object Service "gearman servers" {
  import "often"
  check_command = "gearman"
  vars.gearman_hostname = [ "127.0.0.1", "localhost" ]
  vars.gearman_queue = [ "host" ]
}
object Service "gearman round trip" {
  import "often"
  check_command = "mod_gearman"
}
object Service "gearman descriptors" {
  import "often"
  check_command = "gearman_fd_leak"
  vars.gearman_fd_leak_hostname = "127.0.0.1"
  vars.gearman_fd_leak_window = "10s"
  vars.gearman_fd_leak_rss_warning = "40MB"
  vars.gearman_fd_leak_rss_critical = "80MB"
}
object Service "livestatus sites" {
  import "often"
  check_command = "liveproxy"
  vars.liveproxy_omd_root = "${proxy.root}"
  vars.liveproxy_reset_warning = "0"
  // one site is starting for as long as the test lasts
  vars.liveproxy_grace = "1h"
}
`;

/** What plugins bring along, and that in the words of Icinga. */
async function fromFixtures(
  owner: Owner,
): Promise<Pick<Monitored, "services" | "commands"> & { readonly objects: string }> {
  const services = [...SERVICES];
  const commands = new Set(COMMANDS);
  let objects = "";
  for (const [plugin, { monitored }] of await fromPlugins<Fixtures>("test/fixtures.ts")) {
    for (const [title, variables] of Object.entries((await monitored?.(owner)) ?? {})) {
      const command = plugin.replace(/^check_/, "");
      services.push(title);
      commands.add(command);
      objects += `object Service "${title}" {
  import "often"
  check_command = "${command}"
${variables.map((variable) => `  vars.${variable}\n`).join("")}}
`;
    }
  }
  return { services, commands: [...commands], objects };
}

/** @param seconds between two checks of a service */
export async function startMonitored(owner: Owner, seconds: number): Promise<Monitored> {
  const [recorder, gearmand, influxdb, graphite, core] = await Promise.all([
    recordPlugins(owner),
    startGearmand(owner),
    startInfluxdb(owner, DATABASE, BUCKET),
    startGraphite(owner),
    startCannedCore(owner),
  ]);
  const proxy = await startLiveproxyd(owner, {
    sites: [
      { id: "berlin", target: core.socket, channels: 4 },
      { id: "munich", target: core.socket, channels: 4 },
      // has no channels, and so no thresholds on them
      { id: "hamburg", target: core.socket, fault: { starting: true } },
    ],
  });
  for (const queue of ["host", "hostgroup_berlin"]) await registerQueues(owner, gearmand.address, [queue]);
  await startRawWorker(owner, gearmand.address, "hostgroup_berlin", neverAnswers);
  await fillQueue(gearmand.address, "hostgroup_berlin", 8);
  await startModGearmanWorker(owner, gearmand.address, { queues: ["service"] });
  // the core has stopped fetching
  await fillQueue(gearmand.address, "check_results", 3);
  const all = { recorder, gearmand, influxdb, graphite, proxy };
  const { objects, ...brought } = await fromFixtures(owner);
  await startIcinga(owner, configuration(all, seconds) + objects);
  return {
    ...all,
    ...brought,
    leak() {
      const socket = connect(gearmand.port, gearmand.host).on("error", () => {});
      owner.after(() => socket.destroy());
    },
  };
}
