import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

import { type Contender, peakMiB, plugin, race, table } from "#test/bench/measure.ts";
import { freePort } from "#test/servers/address.ts";
import { startIcingaApi } from "#test/servers/icinga2-api.ts";
import { prepareNagios } from "#test/servers/nagios.ts";
import { lacking } from "#test/support/debian.ts";
import { type Owner, spawnOwned } from "#test/support/owner.ts";
import { until } from "#test/support/until.ts";

const ROUNDS = 3;

/** Objects, each with so many results. */
const SERVICES = Array.from({ length: 100 }, (_, at) => `s${at}`);

/** So many by one curl each: more would take minutes. */
const BY_CURL = 100;

/** NSCA, client and server: Debian's nsca-client and nsca. */
const [SEND_NSCA, NSCA] = ["/usr/sbin/send_nsca", "/usr/sbin/nsca"];

type Row = Contender & { readonly count: number };

/** How many results a second get to real cores, and how much memory thousands on stdin take. */
export default async function bench(owner: Owner): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "bench-submit-"));
  owner.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  return `${await toIcinga(owner, file)}\n\n${await toNagios(owner, file)}`;
}

/** Makes a file of this content. @returns its path */
type MakeFile = (name: string, content: string) => string;

const lines = (count: number) =>
  Array.from(
    { length: count },
    (_, at) => `web\t${SERVICES[at % SERVICES.length]}\t${at % 3}\tOK - result ${at} | value=${at}\n`,
  ).join("");

async function raceRows(title: string, rows: readonly Row[]): Promise<string> {
  const measured = await race(rows, ROUNDS);
  return table(
    [title, "median", "results a second"],
    measured.map(({ name, medianMs }, index) => {
      const count = rows[index]?.count ?? Number.NaN;
      return [name, `${medianMs.toFixed(0)} ms`, ((count / medianMs) * 1000).toFixed(0)];
    }),
  );
}

async function toIcinga(owner: Owner, file: MakeFile): Promise<string> {
  const missing = lacking("icinga2");
  if (missing !== undefined) return `Icinga 2 was not measured: ${missing}.`;
  const objects = SERVICES.map(
    (name) => `object Service "${name}" { host_name = "web"; check_command = "dummy"; enable_active_checks = false }`,
  );
  const host = 'object Host "web" { check_command = "dummy"; enable_active_checks = false }';
  const icinga = await startIcingaApi(owner, [host, ...objects].join("\n"));
  const submit = plugin(
    "submit_result",
    ...["--to", `icinga2:${icinga.url}`, "--ca", icinga.ca, "--servername", "lab"],
    ...["--auth-file", file("auth", "sender:secret\n"), "-q"],
  );
  const body = '{"type":"Service","service":"web!s0","exit_status":0,"plugin_output":"OK"}';
  const curl = `curl -sk -u sender:secret -H 'Accept: application/json' -d '${body}' ${icinga.url}/v1/actions/process-check-result`;
  const loop = ["/bin/sh", "-c", `i=0; while [ $i -lt ${BY_CURL} ]; do ${curl}; i=$((i+1)); done`];
  const [many, huge] = [file("2000", lines(2000)), file("10000", lines(10_000))];
  const rates = await raceRows("to a real Icinga 2", [
    { name: `a shell loop with a curl each, ${BY_CURL} results`, count: BY_CURL, command: loop },
    { name: "submit_result, one result", count: 1, command: submit, input: file("1", lines(1)) },
    { name: "submit_result, 2,000 results", count: 2000, command: submit, input: many },
    { name: "submit_result --verify, 2,000 results", count: 2000, command: [...submit, "--verify"], input: many },
  ]);
  const peaks = table(
    ["peak memory", ""],
    [
      ["2,000 results on stdin", `${(await peakMiB(submit, many)).toFixed(1)} MiB`],
      ["10,000 results on stdin", `${(await peakMiB(submit, huge)).toFixed(1)} MiB`],
    ],
  );
  return `${rates}\n\n${peaks}`;
}

/** Into the command file of a real Nagios: by ourselves, and by send_nsca over a real nsca. */
async function toNagios(owner: Owner, file: MakeFile): Promise<string> {
  const missing =
    lacking("nagios4") ??
    (existsSync(SEND_NSCA) && existsSync(NSCA) ? undefined : "needs send_nsca, nsca: apt-get install nsca-client nsca");
  if (missing !== undefined) return `send_nsca was not measured: ${missing}.`;
  const object = (kind: string, ...values: readonly string[]) => `define ${kind} {\n${values.join("\n")}\n}\n`;
  const passive = ["check_command never", "max_check_attempts 1", "active_checks_enabled 0"];
  const nagios = await prepareNagios(owner, [
    object("command", "command_name never", "command_line /bin/false") +
      object("host", "use generic-host", "host_name web", ...passive) +
      SERVICES.map((name) =>
        object("service", "use generic-service", "host_name web", `service_description ${name}`, ...passive),
      ).join(""),
  ]);
  await nagios.start();
  const port = await freePort();
  const settings = {
    server_address: "127.0.0.1",
    server_port: port,
    nsca_user: userInfo().username,
    nsca_group: userInfo().gid,
    command_file: nagios.commandFile,
    max_packet_age: 600,
    decryption_method: 1,
  };
  const config = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  spawnOwned(owner, NSCA, ["-f", "-c", file("nsca.cfg", config.join("")), "--daemon"], { stdio: "ignore" });
  const arrived = async () => (await nagios.log()).split("EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT").length - 1;

  const sendNsca = [
    SEND_NSCA,
    // 10 s by default, after which it stops amid the results
    "-to",
    "600",
    "-H",
    "127.0.0.1",
    "-p",
    `${port}`,
    "-c",
    file("send_nsca.cfg", "encryption_method=1\n"),
  ];
  const submit = plugin("submit_result", "--to", `command-file:${nagios.commandFile}`, "-q");
  const rows = [1, 2000, 10_000].flatMap((count): Row[] => {
    const input = lines(count);
    const name = `${count.toLocaleString("en")} ${count === 1 ? "result" : "results"}`;
    return [
      // results are separated by ETB
      {
        name: `send_nsca to a real nsca, ${name}`,
        count,
        command: sendNsca,
        input: file(`etb-${count}`, input.replaceAll("\n", "\x17")),
      },
      { name: `submit_result, ${name}`, count, command: submit, input: file(`lines-${count}`, input) },
    ];
  });
  const rates = await raceRows("into the command file of a real Nagios", rows);
  const sent = (ROUNDS + 1) * rows.reduce((sum, { count }) => sum + count, 0);
  await until(
    async () => (await arrived()) === sent,
    async () => `${sent} results, of which ${await arrived()} arrived`,
    500,
  );
  return `${rates}\n\nAll of them arrived.`;
}
