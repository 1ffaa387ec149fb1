// On a real Nagios, one for all tests of this file: each has services of its own.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { type Nagios, prepareNagios } from "#test/servers/nagios.ts";
import { execPlugin, runPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";
import { until } from "#test/support/until.ts";

const real = needs("nagios4");

const SERVICES = ["plain", "long", "codes", "many", "spooled", "spooled long"];
const OBJECTS = `
define command {
  command_name never
  command_line /bin/false
}
define host {
  use generic-host
  host_name web
  check_command never
  max_check_attempts 1
  active_checks_enabled 0
}
${SERVICES.map(
  (name) => `define service {
  use generic-service
  host_name web
  service_description ${name}
  check_command never
  max_check_attempts 1
  active_checks_enabled 0
}`,
).join("\n")}
`;

const nagios = real.skip === false ? await prepareNagios({ after }, [OBJECTS]) : ({} as Nagios);
if (real.skip === false) await nagios.start();
const folder = temporaryFolder({ after });

const commandFile = () => ["--to", `command-file:${nagios.commandFile}`];

/** Runs a shell script as the plugin. */
const submit = (service: string, script: string, to: readonly string[] = commandFile()) =>
  execPlugin("submit_result", ...to, "-H", "web", "-S", service, "--", "/bin/sh", "-c", script);

/** Waits until Nagios shows an object with this first line. */
async function shown(name: string, output: string) {
  const find = async () => (await nagios.objects()).find((object) => object.name === name && object.output === output);
  await until(async () => (await find()) !== undefined, nagios.log, 100);
  return (await find()) ?? assert.fail();
}

test("the command file: state, long output and perfdata arrive, escaped", real, async () => {
  const script = `printf '%s\\n' 'C:\\new | x; 5 | load1=5;4;8' 'second; line' 'third \\\\ | load5=3'; exit 2`;
  const { code, stdout } = await submit("plain", script);
  assert.deepEqual([code, stdout], [0, `web plain: accepted - written to ${nagios.commandFile}\n`]);
  const { state, long, perfdata } = await shown("plain", "C:\\new / x: 5");
  assert.equal(state, 2);
  // in status.dat it is escaped anew
  assert.equal(long, "second; line\\nthird \\\\\\\\");
  assert.equal(perfdata, "load1=5;4;8 load5=3");
});

test("exit codes that no plugin has, and hosts", real, async () => {
  await submit("codes", "echo seven; exit 7");
  assert.equal((await shown("codes", "(exit code 7) seven")).state, 3);
  for (const code of [3, 0]) {
    const ran = await execPlugin(
      "submit_result",
      ...commandFile(),
      "-H",
      "web",
      "--",
      "/bin/sh",
      "-c",
      `echo is ${code}; exit ${code}`,
    );
    assert.deepEqual([ran.code, ran.stdout], [0, `web: accepted - written to ${nagios.commandFile}\n`]);
    assert.equal((await shown("", `is ${code}`)).state, code === 0 ? 0 : 1);
  }
});

test("what is longer than a pipe takes in one piece is cut at a line, and said", real, async () => {
  const { code, stdout } = await submit("long", "echo 'first | x=1'; seq 10000; exit 1");
  assert.deepEqual([code, stdout], [0, `web long: accepted - written to ${nagios.commandFile}, cut to 4096 bytes\n`]);
  const { state, long, perfdata } = await shown("long", "first");
  assert.deepEqual([state, perfdata], [1, "x=1"]);
  assert.match(long, /^1\\n2\\n3\\n.*\\n\d{3}\\n\(cut\)$/);
});

test("many at once are whole", real, async () => {
  const lines = (writer: number) =>
    Array.from({ length: 50 }, (_, at) => `web\tmany\t0\twriter ${writer} ${at} ${"x".repeat(3900)} end\n`).join("");
  const runs = [1, 2, 3, 4].map((writer) =>
    runPlugin("submit_result", [...commandFile(), "-t", "60"], { input: lines(writer) }),
  );
  for (const { code, stdout } of await Promise.all(runs)) {
    assert.equal(code, 0, stdout);
    assert.match(stdout, /\n50 results: 50 accepted\n$/);
  }
  const whole = async () =>
    (await nagios.log()).match(
      /EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;web;many;0;writer \d \d+ x{3900} end$/gm,
    ) ?? [];
  await until(
    async () => (await whole()).length === 200,
    async () => `200 lines, not ${(await whole()).length}`,
    100,
  );
});

test("an unknown object is accepted: Nagios tells its log alone, and a ';' in a name is not sent", real, async () => {
  const { code, stdout } = await submit("nosuch", "echo fine");
  assert.deepEqual([code, stdout], [0, `web nosuch: accepted - written to ${nagios.commandFile}\n`]);
  await until(async () => (await nagios.log()).includes("'nosuch'"), nagios.log);
  const injected = await runPlugin("submit_result", commandFile(), {
    input: "web;plain\tx\t0\ty\nweb\tplain;0;z\t2\ty\n",
  });
  assert.equal(injected.code, 2);
  assert.deepEqual(injected.stdout.split("\n").slice(0, 2), [
    "web;plain x: unknown object - no name in Nagios or Naemon has a ';'",
    "web plain;0;z: unknown object - no name in Nagios or Naemon has a ';'",
  ]);
});

test("the spool: state, long output and perfdata of a megabyte arrive, with their time", real, async () => {
  const spool = ["--to", `spool:${nagios.spool}`];
  const { code, stdout } = await submit("spooled", "echo 'a | b | load1=5'; printf '%s' 'C:\\new'; exit 1", spool);
  assert.deepEqual([code, stdout], [0, `web spooled: accepted - in ${nagios.spool}\n`]);
  const short = await shown("spooled", "a / b");
  assert.deepEqual([short.state, short.long, short.perfdata], [1, "C:\\\\new", "load1=5"]);
  const long = await submit(
    "spooled long",
    "echo 'first | x=1'; yes 'a line of output' | head -c 10000000; exit 2",
    spool,
  );
  assert.deepEqual([long.code, long.stdout], [0, `web spooled long: accepted - in ${nagios.spool}\n`]);
  assert.equal((await shown("spooled long", "first")).state, 2);
  const time = Math.floor(Date.now() / 1000) - 3;
  const line = JSON.stringify({ host: "web", exit_code: 2, output: "down, by the spool", time });
  assert.equal((await runPlugin("submit_result", spool, { input: line })).code, 0);
  const host = await shown("", "down, by the spool");
  assert.deepEqual([host.state, host.lastCheck], [1, time]);
  await until(
    () => readdirSync(nagios.spool).length === 0,
    () => readdirSync(nagios.spool).join(),
  );
});

test("outages of a spool are one line each, and one that nobody reads is told", real, async () => {
  const plain = join(folder, "no-folder");
  writeFileSync(plain, "");
  const cases = [
    [join(folder, "none"), "it is not there"],
    [plain, "it is no folder"],
  ] as const;
  for (const [path, words] of cases) {
    const { code, stdout } = await submit("spooled", "echo lost", ["--to", `spool:${path}`]);
    assert.deepEqual([code, stdout], [2, `web spooled: lost - cannot write to ${path}: ${words}\n`]);
  }
  const unread = join(folder, "unread");
  mkdirSync(unread);
  const old = join(unread, "cabcdef.ok");
  writeFileSync(old, "");
  utimesSync(old, 1_700_000_000, 1_700_000_000);
  const { code, stdout } = await submit("spooled", "echo waits", ["--to", `spool:${unread}`]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^web spooled: accepted - in \S+, where 1 are waiting, for \d+ s: the core does not read them\n$/,
  );
  const [result = "", ok] = readdirSync(unread).filter((name) => !old.endsWith(name));
  assert.match(result, /^c[a-z0-9]{6}$/);
  assert.equal(ok, `${result}.ok`);
  assert.match(
    readFileSync(join(unread, result), "utf8"),
    /^early_timeout=0\nexited_ok=1\nreturn_code=0\noutput=waits\n/m,
  );
  assert.equal(statSync(join(unread, result)).mode & 0o777, 0o660);
});

test("outages of a command file are one line each", real, async () => {
  const plain = join(folder, "plain");
  writeFileSync(plain, "");
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const full = join(folder, "full");
  execFileSync("mkfifo", [full]);
  const reader = openSync(full, constants.O_RDWR | constants.O_NONBLOCK);
  assert.throws(() => {
    for (;;) writeSync(reader, Buffer.alloc(4096));
  }, /EAGAIN/);
  const cases = [
    [join(folder, "none"), "it is not there: the core is not running, or has another command_file"],
    [plain, "it is no named pipe: the core is not running, or has another command_file"],
    [pipe, "nobody reads it: the core is not running"],
    ["/nowhere/nagios.cmd", "it is not there: the core is not running, or has another command_file"],
  ] as const;
  for (const [path, words] of cases) {
    const { code, stdout } = await submit("plain", "echo lost", ["--to", `command-file:${path}`]);
    assert.deepEqual([code, stdout], [2, `web plain: lost - cannot write to ${path}: ${words}\n`]);
  }
  const { code, stdout } = await submit("plain", "echo lost", ["--to", `command-file:${full}`, "-t", "0.2"]);
  assert.deepEqual([code, stdout], [2, `web plain: lost - ${full} is full: its reader has not read for 0.2 s\n`]);
  closeSync(reader);
});

test("what is wrong with the command line is named", async () => {
  const to = ["--to", "command-file:/run/nagios.cmd"];
  const cases = [
    [[...to, "--verify"], "--livestatus is missing: only Livestatus tells what became of results for command-file:"],
    [["--to", "command-file:nagios.cmd"], "'command-file:nagios.cmd' is no target: the path is not absolute"],
    [["--to", "icinga2:https://h", "--livestatus", "/x"], "--livestatus is for other targets"],
    [[...to, "--livestatus", "unix:x"], "'unix:x' is not an address"],
  ] as const;
  for (const [args, words] of cases) {
    const { code, stdout } = await execPlugin("submit_result", ...args);
    assert.equal(code, 3, stdout);
    assert.ok(stdout.startsWith("submit_result UNKNOWN - ") && stdout.includes(words), stdout);
  }
});
