// The definitions for Icinga 2 in a real Icinga 2, with every check there is in dist/.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";

import { fromPlugins } from "../../generate/plugins.ts";
import { listen } from "../servers/address.ts";
import type { Gearmand } from "../servers/gearmand.ts";
import { startIcinga } from "../servers/icinga2.ts";
import { programPath } from "../support/debian.ts";
import type { Fixtures } from "../support/fixtures.ts";
import { needs } from "../support/needs.ts";
import type { Owner } from "../support/owner.ts";
import { parseOutput, parsePerfdata } from "../support/perfdata.ts";
import { until } from "../support/until.ts";
import { startFarm } from "./job-server.ts";
import { CONTRIB, DEBIAN_FOLDER, type Recorder, type Run, recordPlugins } from "./recorder.ts";

/** The shipped files, and where the executables are. */
const shipped = (folder: string) => `
const PluginDir = "${DEBIAN_FOLDER}"
const PluginContribDir = "${folder}"
include <plugins>
include "${CONTRIB}icinga2/*.conf"
include "${CONTRIB}icinga2/examples/services.conf"
`;

/** Variables of an ordinary service of each plugin: what it needs in this test, and options of every kind. */
const ORDINARY: Readonly<Record<string, NonNullable<Fixtures["icinga"]>>> = {
  ...Object.fromEntries(
    Array.from(await fromPlugins<Fixtures>("test/fixtures.ts"), ([name, { icinga = () => [] }]) => [name, icinga]),
  ),
  check_gearman_fd_leak: ({ pid }) => [`gearman_fd_leak_pid = ${pid}`],
  check_liveproxy: () => ['liveproxy_hostname = [ "unix:" + LabDir + "/run/live.sock" ]'],
};

/** Everything the examples look for, and what else the checks need to find the servers of the test. */
const host = ({ port, pid }: Gearmand, keyFile: string) => `
object Host "farm" {
  address = "127.0.0.1"
  check_command = "dummy"
  vars.gearmand = true
  vars.gearman_workers = [ "worker1.example.com" ]
  vars.gearman_proxy = true
  vars.gearman_key_file = "${keyFile}"
  vars.omd_site = "no-such-site"
  vars.gearman_port = ${port}
  vars.mod_gearman_port = ${port}
  // how quick the machine is just now is not the question
  vars.mod_gearman_warning = 60
  vars.mod_gearman_critical = 60
  vars.gearman_fd_leak_port = ${port}
  // those of other tests may be at their limit on purpose
  vars.gearman_fd_leak_pid = ${pid}
}
`;

/** The check looks at the machine it runs on where it is given no address. */
const HOST_WITHOUT_ADDRESS = `
object Host "without-address" {
  check_command = "dummy"
  vars.gearman_port = 1
}
object Service "ordinary check_gearman" {
  host_name = "without-address"
  check_command = "gearman"
}
object Service "servers of the configuration" {
  host_name = "without-address"
  check_command = "gearman"
  vars.gearman_hostname = []
}
`;

const ordinaryService = (plugin: string, variables: readonly string[]) => `
object Service "ordinary ${plugin}" {
  host_name = "farm"
  check_command = "${plugin.replace(/^check_/, "")}"
${variables.map((variable) => `  vars.${variable}\n`).join("")}}
`;

test("icinga2 accepts the definitions and the examples as they are shipped", { ...needs("icinga2") }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), "test-icinga2-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "icinga2.conf");
  writeFileSync(
    file,
    `const NodeName = "lab"
const ZoneName = NodeName
include <itl>
${shipped(DEBIAN_FOLDER)}
include "${CONTRIB}icinga2/examples/hosts.conf"
object Endpoint NodeName { }
object Zone ZoneName { endpoints = [ NodeName ] }
object Host "agent.example.com" {
  check_command = "dummy"
  zone = ZoneName
  vars.agent_endpoint = NodeName
  vars.gearmand = true
}
`,
  );
  const folders = ["ConfigDir", "DataDir", "LogDir", "CacheDir", "SpoolDir", "InitRunDir"].map((name) => [
    "-D",
    `${name}=${folder}`,
  ]);
  const group = execFileSync("id", ["-gn"], { encoding: "utf8" }).trim();
  const rights = ["-D", `RunAsUser=${userInfo().username}`, "-D", `RunAsGroup=${group}`];
  const { stdout } = spawnSync(programPath("icinga2"), ["daemon", "-C", "-c", file, ...folders.flat(), ...rights], {
    encoding: "utf8",
  });
  assert.match(stdout, /Finished validating the configuration file/);
  assert.doesNotMatch(stdout, /warning\/|critical\//, "no rule that matches no host, nothing unknown");
});

/** The answer to a Livestatus query, or nothing for a command. */
async function ask(socket: string, request: string): Promise<string> {
  const client = connect(socket);
  client.setEncoding("utf8");
  client.end(`${request}\n\n`);
  let answer = "";
  client.on("data", (text: string) => {
    answer += text;
  });
  await once(client, "close");
  return answer;
}

interface Shown {
  readonly name: string;
  readonly command: string;
  readonly state: number;
  readonly output: string;
  readonly long: string;
  readonly perfdata: string;
}

/** What Icinga shows of the services once it has run all of them. */
async function checked(socket: string, host: string): Promise<readonly Shown[]> {
  const columns = "description check_command state plugin_output long_plugin_output perf_data has_been_checked";
  const query = `GET services\nColumns: ${columns}\nFilter: host_name = ${host}\nOutputFormat: json`;
  let rows: readonly [string, string, number, string, string, string, number][] = [];
  const missing = () => rows.filter(([, , , , , , done]) => done !== 1).map(([name]) => name);
  let round = 0;
  const areChecked = async () => {
    rows = JSON.parse(await ask(socket, query));
    if (rows.length > 0 && missing().length === 0) return true;
    const now = Math.floor(Date.now() / 1000);
    // its own schedule spreads the first checks over a minute
    for (const name of round++ % 20 === 0 ? missing() : []) {
      await ask(socket, `COMMAND [${now}] SCHEDULE_FORCED_SVC_CHECK;${host};${name};${now}`);
    }
    return false;
  };
  await until(areChecked, () => `a check of ${missing().join(", ")}`, 100);
  return rows.map(([name, command, state, output, long, perfdata]) => ({
    // Livestatus' spelling: check_gearman!
    ...{ name, command: command.replace(/^check_|!$/g, ""), state, output, long, perfdata },
  }));
}

/** Fields of a point as Icinga writes it to InfluxDB. */
type Point = Readonly<Record<string, number>>;

interface Influx {
  readonly port: number;
  /** Resolves once there is such a point; a service may have been checked more than once. */
  until(service: string, metric: string, expected: Point): Promise<void>;
}

/** Takes what Icinga makes of perfdata in the place of an InfluxDB. */
async function influx(owner: Owner): Promise<Influx> {
  const points: { readonly key: string; readonly point: Point }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    for (const line of body.split("\n")) {
      const [, key = "", fields = ""] = /^((?:\\.|[^ \\])*) (\S*)/.exec(line) ?? [];
      const named = fields.split(",").map((field) => field.split("=") as [string, string]);
      const numbers = named.filter(([name]) => name !== "unit").map(([name, value]) => [name, Number(value)]);
      points.push({ key: key.replaceAll("\\", ""), point: Object.fromEntries(numbers) });
    }
    response.writeHead(204).end();
  });
  const { port } = await listen(server);
  owner.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    port,
    async until(service, metric, expected) {
      const wanted = { key: `perfdata,service=${service},metric=${metric}`, point: expected };
      await until(
        () => points.some((known) => isDeepStrictEqual(known, wanted)),
        () => `${JSON.stringify(wanted)} in ${JSON.stringify(points)}`,
      );
    },
  };
}

const influxWriter = (port: number) => `
object InfluxdbWriter "influxdb" {
  host = "127.0.0.1"
  port = ${port}
  flush_threshold = 1
  enable_send_thresholds = true
  service_template = {
    measurement = "perfdata"
    tags = { service = "$service.name$" }
  }
}
`;

/** The run that Icinga shows, of all there were. */
function runOf(shown: Shown, recorder: Recorder): Run {
  const { name, command, state, output, long, perfdata } = shown;
  const candidates = recorder.runs().filter(({ plugin }) => plugin === `check_${command}`);
  const found = candidates.find(({ stdout, code }) => {
    const { text, perfdata: items, long: lines } = parseOutput(stdout);
    return (
      code === state &&
      text === output.trimEnd() &&
      lines.join("\\n") === long &&
      // Icinga takes the quotes off
      isDeepStrictEqual(items, perfdata === "" ? [] : parsePerfdata(perfdata))
    );
  });
  const all = candidates.map(({ stdout, argv }) => `${argv.join(" ")}\n${stdout}`).join("\n");
  return found ?? assert.fail(`'${name}' is shown as ${JSON.stringify(shown)}, but was printed as one of\n${all}`);
}

test("a running icinga2 shows state, output and perfdata of every check as it was printed", {
  ...needs("icinga2", "gearmand", "gearman"),
}, async (t) => {
  const [recorder, server, sink] = await Promise.all([recordPlugins(t), startFarm(t), influx(t)]);
  const { plugins } = recorder;
  const ordinary = await Promise.all(
    plugins.map(async (plugin) =>
      ordinaryService(plugin, (await ORDINARY[plugin]?.(server, recorder.keyFile, t)) ?? []),
    ),
  );
  const { socket } = await startIcinga(
    t,
    [
      shipped(recorder.folder),
      host(server, recorder.keyFile),
      HOST_WITHOUT_ADDRESS,
      ...ordinary,
      influxWriter(sink.port),
    ].join("\n"),
  );
  const services = await checked(socket, "farm");
  for (const plugin of plugins) assert.ok(services.some(({ name }) => name === `ordinary ${plugin}`));

  for (const shown of services) {
    const { stdout } = runOf(shown, recorder);
    for (const { label, ...printed } of parseOutput(stdout).perfdata) {
      // of ranges it keeps plain numbers only
      const kept = Object.entries(printed).filter(([, value]) => /^-?[\d.]+$/.test(String(value)));
      const numbers = kept.map(([name, value]) => [name, Number(value)]);
      await sink.until(shown.name, label, Object.fromEntries(numbers));
    }
  }

  // what they look at is in order, but for the site of a proxy that is not there
  const notOk = services.filter(({ state }) => state !== 0).map(({ name }) => name);
  assert.deepEqual(notOk, ["livestatus sites"]);
  const line = services.find(({ name }) => name === "ordinary check_gearman");
  assert.ok(line);
  assert.deepEqual(runOf(line, recorder).argv, [
    ...["-C", "1:", "-H", "127.0.0.1", "-c", "20", "-e", "", "-p", String(server.port)],
    ...["-q", "host", "-q", "service", "-v", "-w", "~:10", "-w", "service=5", "-x"],
  ]);

  const lines = (await checked(socket, "without-address")).map(({ name, state, output }) => [name, state, output]);
  assert.deepEqual(lines.sort(), [
    ["ordinary check_gearman", 3, "check_gearman UNKNOWN - -H is empty: give it a value or leave it out"],
    [
      ...["servers of the configuration", 2],
      "check_gearman CRITICAL - failed to connect to address localhost and port 1: Connection refused",
    ],
  ]);
});
