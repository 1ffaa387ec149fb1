// On a real Icinga 2, one for all tests of this file: each has services of its own.

import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";

import { type IcingaApi, startIcingaApi } from "#test/servers/icinga2-api.ts";
import { refused, silent, webServer } from "#test/servers/misbehaving.ts";
import { execPlugin, type RunOptions, runPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";
import { until } from "#test/support/until.ts";

const real = needs("icinga2");

const SERVICES = [
  "plugin",
  "codes",
  "late",
  "long",
  "lines",
  "rights",
  "trust",
  "again",
  "proof",
  "by file",
  "strange ü/%2f|a=b",
  "older",
];
const OBJECTS = `
template Service "passive" { check_command = "dummy"; enable_active_checks = false }
object Host "web" { check_command = "dummy"; enable_active_checks = false; max_check_attempts = 1 }
${SERVICES.map((name) => `object Service ${JSON.stringify(name)} { import "passive"; host_name = "web" }`).join("\n")}
object ExternalCommandListener "command" { command_path = LabDir + "/run/icinga2.cmd" }
object Service "active only" { import "passive"; host_name = "web"; enable_passive_checks = false }
`;

// not started where it would be skipped
const icinga = real.skip === false ? await startIcingaApi({ after }, OBJECTS) : ({} as IcingaApi);
const folder = temporaryFolder({ after });

function auth(user: string, password = "secret"): string {
  const path = join(folder, `auth-${user}-${password}`);
  writeFileSync(path, `${user}:${password}\nnot this\n`, { mode: 0o600 });
  return path;
}

const trust = () => ["--ca", icinga.ca, "--servername", "lab"];
const to = (user = "sender") => ["--to", `icinga2:${icinga.url}`, "--auth-file", auth(user), ...trust(), "-t", "60"];

/** Runs a shell script as the plugin. */
const submit = (service: string, script: string, ...more: readonly string[]) =>
  execPlugin("submit_result", ...to(), ...more, "-H", "web", "-S", service, "--", "/bin/sh", "-c", script);

/** The content of a file that may be gone. */
function attempt(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const submitLines = (input: string | Buffer, args = to(), options: RunOptions = {}) =>
  runPlugin("submit_result", args, { input, ...options });

interface LastResult {
  readonly output: string;
  readonly state: number;
  readonly performance_data: readonly string[];
  readonly execution_start: number;
  readonly execution_end: number;
  readonly check_source: string;
}

const lastOf = async (service: string) =>
  (await icinga.object(`services/web!${encodeURIComponent(service)}`)).last_check_result as LastResult;

test("a plugin's state, long output and perfdata arrive", real, async () => {
  const before = Date.now() / 1000;
  const script = "echo 'WARNING - high | load1=5;4;8'; echo 'second line'; echo 'third | load5=3'; exit 1";
  const { code, stdout, stderr } = await submit("plugin", script);
  assert.deepEqual([code, stdout, stderr], [0, "web plugin: accepted - taken by Icinga 2, which is no proof\n", ""]);
  const last = await lastOf("plugin");
  assert.equal(last.output, "WARNING - high\nsecond line\nthird");
  assert.deepEqual([last.state, last.performance_data], [1, ["load1=5;4;8", "load5=3"]]);
  assert.ok(last.execution_start >= before && last.execution_end >= last.execution_start);
  assert.ok(last.check_source.length > 0);
});

test("-q says nothing of what has arrived", real, async () => {
  const { code, stdout } = await submit("plugin", "echo fine", "-q");
  assert.deepEqual([code, stdout], [0, ""]);
  assert.equal((await lastOf("plugin")).output, "fine");
});

test("exit codes that no plugin has, signals, no output, no program", real, async () => {
  const cases = [
    ["echo seven; exit 7", 3, "(exit code 7) seven"],
    ["kill -SEGV $$", 3, "(ended by SIGSEGV) (no output)"],
    ["echo oops >&2; exit 2", 2, "(no output, stderr:) oops"],
    ["exec /nowhere/check", 3, /^\(exit code 127\) \(no output, stderr:\) .*\/nowhere\/check: not found$/],
    ["printf 'a\\000b\\033[1m\\377 | x=1'", 0, "a?b?[1m\ufffd"],
  ] as const;
  for (const [script, state, output] of cases) {
    assert.equal((await submit("codes", script)).code, 0);
    const last = await lastOf("codes");
    assert.equal(last.state, state, script);
    if (typeof output === "string") assert.equal(last.output, output);
    else assert.match(last.output, output);
  }
  const { code } = await execPlugin(
    "submit_result",
    ...to(),
    "-H",
    "web",
    "-S",
    "codes",
    "--",
    "/nowhere/check",
    "-w",
    "1",
  );
  assert.equal(code, 0);
  assert.equal((await lastOf("codes")).output, "(no output, stderr:) cannot run '/nowhere/check': no such file");
  assert.equal((await lastOf("codes")).state, 3);
});

test("a plugin that does not end is ended, with all that it has started", real, async () => {
  const pid = join(folder, "pid");
  const script = `echo begun; sleep 1000 & echo $! > ${pid}; wait`;
  assert.equal((await submit("late", script, "--check-timeout", "0.5:UNKNOWN")).code, 0);
  const late = await lastOf("late");
  assert.deepEqual([late.state, late.output], [3, "(no end within 0.5 s) begun"]);
  // where the first process of a container reaps nobody it stays there, dead
  const state = () => /\) (.)/.exec(attempt(`/proc/${readFileSync(pid, "utf8").trim()}/stat`))?.[1];
  await until(
    () => [undefined, "Z"].includes(state()),
    () => `${pid}: ${state()}`,
  );
  // what it leaves behind keeps its stdout, and does not hold up the result
  assert.equal((await submit("late", `echo done; sleep 1000 & echo $! > ${pid}`)).code, 0);
  process.kill(Number(readFileSync(pid, "utf8")), "SIGKILL");
  assert.equal((await lastOf("late")).output, "done");
});

test("10 MB of output are cut, and its perfdata is kept", real, async () => {
  const script = "echo 'first | x=1'; yes 'a line of output' | head -c 10000000; exit 2";
  assert.equal((await submit("long", script)).code, 0);
  const { output, state, performance_data } = await lastOf("long");
  assert.deepEqual([state, performance_data], [2, ["x=1"]]);
  assert.ok(Buffer.byteLength(output) <= 1024 * 1024);
  assert.match(output, /^first\na line of output\n.*\na line of output\n\(cut: \d+ bytes\)$/s);
});

test("a host is UP with OK and WARNING of a plugin, DOWN with others", real, async () => {
  for (const [code, state] of [
    [2, 1],
    [1, 0],
    [3, 1],
    [0, 0],
  ]) {
    const ran = await execPlugin(
      "submit_result",
      ...to(),
      "-H",
      "web",
      "--",
      "/bin/sh",
      "-c",
      `echo ${code}; exit ${code}`,
    );
    assert.deepEqual([ran.code, ran.stdout], [0, "web: accepted - taken by Icinga 2, which is no proof\n"]);
    assert.equal((await icinga.object("hosts/web")).state, state);
  }
});

test("lines on stdin: TABs and JSON, of one object in their order, each with its outcome", real, async () => {
  const now = Math.floor(Date.now() / 1000);
  const json = JSON.stringify({
    host: "web",
    service: "strange ü/%2f|a=b",
    exit_code: 2,
    output: "x | y=1",
    time: now,
  });
  const ordered = Array.from({ length: 50 }, (_, at) => `web\tlines\t${at % 3}\tresult ${at}\\nmore\r\n`);
  const input = `${json}\n\n${ordered.join("")}web\t1\tdown`;
  const { code, stdout } = await submitLines(input);
  assert.equal(code, 0, stdout);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, 53);
  assert.equal(lines.at(-1), "52 results: 52 accepted");
  assert.ok(lines.includes("web strange ü/%2f/a=b: accepted - taken by Icinga 2, which is no proof"));
  assert.equal((await lastOf("lines")).output, "result 49\nmore");
  const strange = await lastOf("strange ü/%2f|a=b");
  assert.deepEqual([strange.state, strange.output, strange.performance_data], [2, "x", ["y=1"]]);
  assert.equal(strange.execution_end, now);
  assert.equal((await icinga.object("hosts/web")).state, 1);
});

test("a line that is no result is named by its number, and the others go on", real, async () => {
  const huge = Buffer.alloc(5_000_000, "x");
  const input = Buffer.concat([
    Buffer.from("web\tlines\t0\tfirst\nweb\tlines\nweb\tlines\t0\t"),
    huge,
    Buffer.from("\nweb\tlines\t1\tlast\n"),
  ]);
  const { code, stdout } = await submitLines(input, [...to(), "-q"]);
  assert.equal(code, 3);
  assert.deepEqual(stdout.split("\n"), [
    "line 2: no result - 'web?lines' is no host, service, exit code and output with TABs between them",
    "line 3: no result - longer than 4194304 bytes",
    "4 results: 2 accepted, 2 no result",
    "",
  ]);
  assert.equal((await lastOf("lines")).output, "last");
});

test("nothing on stdin, and nobody who reads what is said", real, async () => {
  const { code, stdout } = await submitLines("");
  assert.deepEqual([code, stdout], [0, "0 results\n"]);
  const unread = await submitLines("web\tlines\t0\tunread\n".repeat(20), to(), { stdout: "broken" });
  assert.equal(unread.code, 0);
  assert.equal((await lastOf("lines")).output, "unread");
});

test("unknown objects and missing rights look alike to Icinga, and are said to", real, async () => {
  const unknown = await execPlugin("submit_result", ...to(), "-H", "web", "-S", "nosuch", "--", "/bin/true");
  const words = "unknown object - no such service, or user sender has no right to it (404: No objects found)";
  assert.deepEqual([unknown.code, unknown.stdout], [2, `web nosuch: ${words}\n`]);
  const reader = await execPlugin("submit_result", ...to("reader"), "-H", "web", "-S", "rights", "--", "/bin/true");
  assert.deepEqual([reader.code, reader.stdout], [2, `web rights: ${words.replace("sender", "reader")}\n`]);
  const host = await execPlugin("submit_result", ...to(), "-H", "nosuch", "--", "/bin/true");
  assert.match(host.stdout, /^nosuch: unknown object - no such host, or user sender has no right to it/);
  const bang = await submitLines("web!rights\tx\t0\ty\n");
  assert.match(bang.stdout, /^web!rights x: unknown object - no host of Icinga 2 has a '!' in its name$/m);
  assert.equal(await lastOf("rights"), null);
});

test("--verify reads back: processed, older, or not proven", real, async () => {
  const proof = (service: string, fields: object) =>
    submitLines(JSON.stringify({ host: "web", service, exit_code: 1, output: "first\nsecond | a=1", ...fields }), [
      ...to(),
      "--verify",
    ]);
  const time = Date.now() / 1000 - 5.123456;
  assert.deepEqual(await submit("proof", "echo proven", "--verify").then(({ code, stdout }) => [code, stdout]), [
    0,
    "web proof: processed - read back\n",
  ]);
  const older = await proof("proof", { time });
  assert.equal(older.code, 2);
  assert.match(older.stdout, /^web proof: older - Icinga 2 has a newer one, of \d{4}-\d\d-\d\dT\S+Z$/m);
  assert.equal((await lastOf("proof")).output, "proven");
  const first = await proof("older", { time });
  assert.deepEqual([first.code, first.stdout.split("\n")[0]], [0, "web older: processed - read back"]);
  const host = await proof("", { service: null });
  assert.deepEqual([host.code, host.stdout.split("\n")[0]], [0, "web: processed - read back"]);
  const blind = await execPlugin(
    "submit_result",
    ...to("blind"),
    "--verify",
    "-H",
    "web",
    "-S",
    "proof",
    "--",
    "/bin/true",
  );
  const words = "accepted - not proven: user blind has no right to read it back (objects/query/Service)";
  assert.deepEqual([blind.code, blind.stdout], [1, `web proof: ${words}\n`]);
});

test("a result that was delivered, and whose run was killed before it knew, is not submitted again", real, async () => {
  const queue = join(folder, "queue");
  const time = Date.now() / 1000 - 30.25;
  const line = JSON.stringify({ host: "web", service: "again", exit_code: 2, output: "once", time });
  const dead = await refused();
  const away = ["--to", `icinga2:https://${dead.address}`, "--auth-file", auth("sender"), "--queue-dir", queue];
  assert.equal((await submitLines(line, away)).code, 1);
  // what is in the queue is for the target it was submitted to
  const there = [...to(), "--queue-dir", queue, "--verify"];
  const [file = ""] = readdirSync(queue);
  const kept = readFileSync(join(queue, file));
  const probe = await submitLines("", there);
  assert.match(probe.stdout, /^queue \S+: 1 for other targets$/m);
  const ours = createHash("sha256").update(icinga.url).digest("hex").slice(0, 8);
  const name = file.replace(/^(\d+)-[0-9a-f]{8}/, `$1-${ours}`);
  writeFileSync(join(queue, name), kept);
  const first = await submitLines("", there);
  assert.match(first.stdout, /^web again: processed - read back \(from the queue\)$/m);
  const started = await icinga.object("services/web!again");
  // as it was before the run that was killed removed it
  writeFileSync(join(queue, name), kept);
  const second = await submitLines("", there);
  assert.equal(second.code, 0);
  assert.match(second.stdout, /^web again: processed - read back: it was there already \(from the queue\)$/m);
  assert.deepEqual(await icinga.object("services/web!again"), started);
  assert.equal((await submit("again", "echo newer", "--verify")).code, 0);
  writeFileSync(join(queue, name), kept);
  const third = await submitLines("", there);
  assert.match(third.stdout, /^web again: older - Icinga 2 has a newer one, of /m);
  assert.equal((await lastOf("again")).output, "newer");
});

test("a command file is proven by Livestatus", real, async () => {
  const args = [
    "--to",
    `command-file:${join(dirname(icinga.socket), "icinga2.cmd")}`,
    "--livestatus",
    icinga.socket,
    "-t",
    "60",
  ];
  const run = (service: string, script: string) =>
    execPlugin("submit_result", ...args, "-H", "web", "-S", service, "--", "/bin/sh", "-c", script);
  const proven = await run("by file", "echo 'x; y | a=1'; echo more; exit 2");
  assert.deepEqual([proven.code, proven.stdout], [0, "web by file: processed - read back\n"]);
  assert.deepEqual([(await lastOf("by file")).state, (await lastOf("by file")).performance_data], [2, ["a=1"]]);
  const unknown = await run("nosuch", "echo x");
  const words = `unknown object - no such service in Livestatus at ${icinga.socket}`;
  assert.deepEqual([unknown.code, unknown.stdout], [2, `web nosuch: ${words}\n`]);
  const blind = await execPlugin(
    "submit_result",
    ...args,
    "--livestatus",
    "/nowhere/live",
    "-t",
    "0.3",
    "-H",
    "web",
    "--",
    "/bin/true",
  );
  assert.equal(blind.code, 1);
  assert.match(
    blind.stdout,
    /^web: accepted - not proven: Livestatus at \/nowhere\/live: .*No such file or directory\n$/,
  );
});

test("passive checks that are off, and a wrong password, are refused", real, async () => {
  const off = await submit("active only", "echo fine");
  assert.equal(off.code, 2);
  assert.match(
    off.stdout,
    /^web active only: refused - Icinga 2 answers 403: Passive checks are disabled for object 'web!active only'\n$/,
  );
  const args = ["--to", `icinga2:${icinga.url}`, ...trust(), "--auth-file", auth("sender", "wrong")];
  const wrong = await execPlugin("submit_result", ...args, "-H", "web", "-S", "rights", "--", "/bin/true");
  assert.deepEqual(
    [wrong.code, wrong.stdout],
    [2, "web rights: refused - user sender or its password is wrong (401)\n"],
  );
});

test("its certificate: by CA and name, by fingerprint, and not otherwise", real, async () => {
  const { fingerprint256 } = new X509Certificate(readFileSync(icinga.cert));
  const other = createHash("sha256").update("another").digest("hex");
  const run = (...args: readonly string[]) => {
    const always = [
      "--to",
      `icinga2:${icinga.url}`,
      "--auth-file",
      auth("sender"),
      "-t",
      "60",
      "-H",
      "web",
      "-S",
      "trust",
    ];
    return execPlugin("submit_result", ...always, ...args, "--", "/bin/true");
  };
  assert.equal((await run("--fingerprint", fingerprint256)).code, 0);
  assert.equal((await run("--fingerprint", fingerprint256.replaceAll(":", "").toLowerCase())).code, 0);
  const cases = [
    [
      ["--fingerprint", other],
      `certificate of ${icinga.api.address} is another one: its SHA-256 fingerprint is ${fingerprint256}`,
    ],
    [["--ca", icinga.ca], "certificate is not for 127.0.0.1 ("],
    [[], `certificate of ${icinga.api.address} not trusted: `],
  ] as const;
  for (const [args, words] of cases) {
    const { code, stdout } = await run(...args);
    assert.equal(code, 2);
    assert.ok(stdout.startsWith(`web trust: lost - ${words}`), stdout);
  }
});

test("outages are one line each", real, async (t) => {
  const run = (address: string, ...more: readonly string[]) => {
    const args = ["--to", `icinga2:https://${address}`, "--auth-file", auth("sender"), ...trust(), ...more];
    return execPlugin("submit_result", ...args, "-H", "web", "-S", "trust", "--", "/bin/true");
  };
  const dead = (await refused()).address;
  const [host, port] = dead.split(":");
  const cases = [
    [await run(dead), `failed to connect to address ${host} and port ${port}: Connection refused`],
    [await run("nosuch.invalid"), /^cannot resolve nosuch\.invalid: /],
    [await run((await silent(t)).address, "-t", "0.5"), /^no answer from https:\/\/127\.0\.0\.1:\d+ within 0\.5 s$/],
    [await run((await webServer(t)).address), /^TLS handshake with .* failed: the server seems to speak plaintext$/],
  ] as const;
  for (const [{ code, stdout }, words] of cases) {
    const text = /^web trust: lost - (.*)\n$/.exec(stdout)?.[1] ?? assert.fail(stdout);
    assert.equal(code, 2);
    if (typeof words === "string") assert.equal(text, words);
    else assert.match(text, words);
  }
});

test("what is wrong with the command line is named, and no password repeated", async () => {
  const open = join(folder, "open");
  writeFileSync(open, "sender:secret\n");
  chmodSync(open, 0o644);
  const empty = join(folder, "empty");
  writeFileSync(empty, "secret\n", { mode: 0o600 });
  const url = ["--to", "icinga2:https://h"];
  const cases = [
    [[], "--to is missing"],
    [url, "--auth-file is missing"],
    [["--to", "icinga2:https://sender:secret@h"], "a user in the address of --to: use --auth-file"],
    [[...url, "--auth-file", open], `'${open}' holds a password, and every user may read it: chmod o-r it`],
    [[...url, "--auth-file", empty], `the first line of '${empty}' is not USER:PASSWORD`],
    [[...url, "--auth-file", "/nowhere"], "cannot read '/nowhere': no such file"],
    [[...url, "--fingerprint", "abc"], "'abc' is no SHA-256"],
    [[...url, "-H", "web"], "-H belongs to a command behind --, and there is none"],
    [[...url, "-S", "x"], "-S belongs to a command behind --, and there is none"],
    [[...url, "--", "/bin/true"], "-H is missing: say whose result it is"],
    [
      [...url, "--auth-file", auth("sender"), "-H", "a\tb", "--", "/bin/true"],
      "host 'a?b' has characters that no name has",
    ],
  ] as const;
  for (const [args, words] of cases) {
    const { code, stdout } = await execPlugin("submit_result", ...args);
    assert.equal(code, 3, stdout);
    const [first = ""] = stdout.split("\n");
    assert.ok(first.startsWith("submit_result UNKNOWN - ") && first.includes(words), stdout);
    assert.ok(!stdout.includes("secret"), stdout);
  }
});
