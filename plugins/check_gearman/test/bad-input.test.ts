// What check_gearman says on a bad day: one clear line and the right state, whatever is at the other end or in the arguments.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, type TestContext, test } from "node:test";

import { type Address, listen } from "#test/servers/address.ts";
import { registerQueues } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import * as bad from "#test/servers/misbehaving.ts";
import { pluginCommand, runPlugin, startPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { parseOutput } from "#test/support/perfdata.ts";
import { check, gearmandWith } from "./check.ts";

interface Case {
  readonly server: (t: TestContext) => Promise<Address>;
  readonly text: RegExp;
  readonly args?: readonly string[];
}

/** For what ends by it. */
const DEADLINE = ["-t", "12"];

const LATE = /^check_gearman CRITICAL - no complete answer from 127\.0\.0\.1:\d+ within 12 s \(\d+ bytes received\)$/;
const CLOSED =
  /^check_gearman CRITICAL - 127\.0\.0\.1:\d+ closed the connection before the answer was complete \(\d+ bytes received\)$/;
const LOST =
  /^check_gearman CRITICAL - connection to 127\.0\.0\.1:\d+ lost: Connection reset by peer \(\d+ bytes received\)$/;

const CASES: Readonly<Record<string, Case>> = {
  "nobody listens": {
    server: bad.refused,
    text: /^check_gearman CRITICAL - failed to connect to address 127\.0\.0\.1 and port \d+: Connection refused$/,
  },
  "a server that says nothing": { server: bad.silent, text: LATE, args: DEADLINE },
  "one byte a second": { server: bad.oneByteASecond, text: LATE, args: DEADLINE },
  "a server that stops in the middle of a number": { server: bad.stallsMidway, text: LATE, args: DEADLINE },
  "a list without its final dot": { server: bad.withoutFinalDot, text: LATE, args: DEADLINE },
  "no answer to version": { server: bad.statusOnly, text: LATE, args: DEADLINE },
  "a server that closes at once": {
    server: bad.closesAtOnce,
    text: /^check_gearman CRITICAL - (?:127|connection to 127)/,
  },
  "a server that closes when asked": { server: (t) => bad.closesAfter(t, ""), text: CLOSED },
  "a server that closes within a line": { server: (t) => bad.closesAfter(t, "host\t0\t0"), text: CLOSED },
  "a server that closes before the final dot": { server: (t) => bad.closesAfter(t, "host\t0\t0\t3\n"), text: CLOSED },
  "a server that closes after the final dot": { server: (t) => bad.closesAfter(t, bad.HEALTHY_STATUS), text: CLOSED },
  "a reset": { server: bad.resets, text: LOST },
  "an ERR answer": {
    server: bad.answersErrors,
    text: /^check_gearman UNKNOWN - 127\.0\.0\.1:\d+ refused the status command: ERR UNKNOWN_COMMAND /,
  },
  "an HTTP server": {
    server: bad.webServer,
    text: /^check_gearman UNKNOWN - 127\S+ is not a gearmand: it speaks HTTP$/,
  },
  "a list of queues without end": {
    server: bad.endless,
    text: /^check_gearman UNKNOWN - 127\.0\.0\.1:\d+ lists more than 200000 queues$/,
  },
  "an answer beyond 24 MiB": {
    server: (t) => bad.endless(t, "queues with long names"),
    text: /^check_gearman UNKNOWN - answer from 127\.0\.0\.1:\d+ is longer than 24 MiB$/,
  },
  "a line without end": {
    server: (t) => bad.endless(t, "one name"),
    text: /^check_gearman UNKNOWN - 127\S+ is not a gearmand: /,
  },
};

// most of them are waiting for the end of -t
describe("a server on a bad day", { concurrency: 8 }, () => {
  for (const [what, { server, text, args = [] }] of Object.entries(CASES)) {
    test(`${what}: the right state in one line`, async (t) => {
      const { address } = await server(t);
      // "queue not found" and "no worker" need a whole answer
      const [plain, named] = await Promise.all([
        check("-H", address, ...args),
        check("-H", address, ...args, "-q", "host", "-x"),
      ]);
      assert.match(plain.text, text);
      assert.match(named.text, text);
      assert.deepEqual([plain.perfdata, plain.long], [[], []]);
    });
  }
});

test("a name that does not exist", async () => {
  const { text } = await check("-H", "no-such-host.invalid");
  assert.match(text, /^check_gearman CRITICAL - cannot resolve no-such-host\.invalid: /);
});

test("the state of -t is that of a silent server, however it is written", async (t) => {
  const { address } = await bad.silent(t);
  const timeouts = [
    ["3.5:OK", "OK"],
    ["3.5:warning", "WARNING"],
    ["3.5:2", "CRITICAL"],
    ["3.5:UNKNOWN", "UNKNOWN"],
  ] as const;
  const answers = await Promise.all(timeouts.map(([timeout]) => check("-H", address, "-t", timeout)));
  for (const [i, [timeout, state]] of timeouts.entries()) {
    assert.equal(answers[i]?.state, state, timeout);
    assert.match(answers[i]?.text ?? "", / - no complete answer from .* within 3\.5 s/);
  }
});

for (const [what, status] of Object.entries(bad.BROKEN_STATUS)) {
  test(`a list with ${what} is UNKNOWN, and the good lines are still judged`, async (t) => {
    const { address } = await bad.answersStatus(t, status);
    const { state, text, value } = await check("-H", address);
    assert.match(text, /the answer (?:has a line that is no queue: '.*'|lists queue 'host' twice)\.?$/);
    const expected = what === "a name that is there twice" ? "CRITICAL" : "UNKNOWN";
    assert.equal(state, expected, text);
    assert.equal(value("host_worker"), 3);
  });
}

test("an odd line does not hide a critical queue", async (t) => {
  const { address } = await bad.answersStatus(t, "host\t500\t0\t3\nservice\t-4\t2\t3\n.\n");
  const { text } = await check("-H", address);
  assert.equal(
    text,
    "check_gearman CRITICAL - Queue host has 500 waiting jobs. the answer has a line that is no queue: 'service?-4?2?3'.",
  );
});

test("binary garbage is never OK", async (t) => {
  for (const seed of [1, 2, 3, 4]) {
    const { address } = await bad.garbage(t, seed);
    const { state } = await check("-H", address);
    assert.ok(state === "UNKNOWN" || state === "CRITICAL", state);
  }
});

test("an answer in single bytes is read to its end", async (t) => {
  const { address } = await bad.inPieces(t, 1);
  const { text } = await check("-H", address);
  assert.equal(text, "check_gearman OK - 2 jobs running and 2 jobs waiting. Version: 1.1.20");
});

for (const [what, name] of Object.entries(bad.HOSTILE_NAMES)) {
  const breaksLines = name.includes("\n");
  test(
    `a queue named with ${what}: ${breaksLines ? "UNKNOWN" : "judged, and printed harmlessly"}`,
    needs("gearmand"),
    async (t) => {
      const { address } = await gearmandWith(t, { plain: { worker: 1 } });
      const { release } = await registerQueues(t, address, [name]);
      if (breaksLines) {
        const { state, text } = await check("-H", address);
        assert.equal(state, "UNKNOWN", text);
        assert.match(text, /that (?:is|are) no queue/);
        return;
      }
      const found = await check("-H", address, "-v");
      assert.equal(found.state, "OK", found.stdout);
      assert.equal(found.labels.length, 6);
      for (const label of found.labels) assert.match(label, /^[A-Za-z0-9_.-]+$/);
      await release();
      const bad = await check("-H", address, "-C", "1:", "--confirm", "0");
      assert.match(bad.text, /^check_gearman CRITICAL - Queue .*has no worker\.$/);
      assert.deepEqual(bad.labels, found.labels);
      assert.ok(bad.text.length < 200);
    },
  );
}

test("names with bytes that are no UTF-8 stay apart", async (t) => {
  const { address } = await bad.answersStatus(t, Buffer.from("\xff\t0\t0\t1\n\xfe\t0\t0\t1\n.\n", "latin1"));
  const { labels } = await check("-H", address);
  assert.deepEqual(
    labels.filter((label) => label.endsWith("_worker")),
    [".-fe-_worker", ".-ff-_worker"],
  );
});

const USAGE: readonly (readonly [readonly string[], RegExp])[] = [
  [["--warnign", "5"], /unknown option '--warnign'/],
  [["-Z"], /unknown option '-Z'/],
  [["extra"], /unexpected argument 'extra'/],
  [["-w", "5", "6"], /unexpected argument '6'/],
  [["-w"], /'-w, --warning <\[name=\]n>'/],
  [
    ["-w", "20:10"],
    /option '-w, --warning <\[name=\]n>': '20:10' is not a threshold range: start 20 is greater than end 10/,
  ],
  [["-w", "abc"], /'abc' is neither a number .* nor a threshold range/],
  [["-c", "10abc"], /'10abc'/],
  [["-c", "1e3"], /'1e3'/],
  [["-c", "1,5"], /'1,5'/],
  [["-W", "-5"], /'-5'/],
  [["-C", "5:~"], /'5:~'/],
  [["--running-warning", "~"], /'~'/],
  [["--total-critical", "1:2:3"], /'1:2:3'/],
  [["--time-warning", "-5"], /'-5' .*use '~:-5' or '-5:'/],
  [["--servers-critical", "10%"], /'10%'/],
  [["--confirm", "soon"], /'soon' is not a number of seconds/],
  [["--orphans", "bad"], /'bad' is not a state/],
  [["--missing", "4"], /'4' is not a state/],
  [["--uneven", "worse"], /'worse' is not a state/],
  [["--perfdata", "some"], /'some' is not one of all, totals, none/],
  [["--perfdata-filter", "("], /'\(' is not an RE2 regular expression/],
  [["--include", "~["], /'\[' is not an RE2 regular expression/],
  [["--exclude", "~(?=a)"], /'\(\?=a\)' is not an RE2 regular expression/],
  [["-H", "host:port"], /'host:port'.*port/],
  [["-H", "host:99999"], /99999/],
  [["-H", "[::1:4730"], /'\[::1:4730' is not an address/],
  [["-H", "a,,b"], /not an address/],
  [["-p", "0"], /'0'/],
  [["-p", "abc"], /'abc'/],
  [["-t", "0"], /'0' leaves no time/],
  [["-t", "-1"], /'-1' leaves no time/],
  [["-t", "5:LATE"], /'LATE' is not a state/],
  [["-t", "abc"], /'abc' is not a timeout/],
  [["-4", "-6"], /-4 and -6 exclude each other/],
  [["--tls-ca", "/no/such/file"], /cannot read '\/no\/such\/file': no such file/],
  [["--tls-cert", "/no/such/file"], /cannot read '\/no\/such\/file': no such file/],
  [["-s", "check"], /need queue \(-q\) when sending job/],
  [["-s", "check", "-q", "a", "-q", "b"], /only one queue/],
  [["-e", "text"], /-e is about a job to send/],
  [["-a"], /-a is about a job to send/],
  [["-u", "id"], /-u is about a job to send/],
  [["-u", "x".repeat(65), "-q", "a", "-s", "check"], /longer than 64 bytes/],
];

test("arguments that make no sense are UNKNOWN, named, and answered with the short usage", async () => {
  for (const [args, text] of USAGE) {
    const answer = await check(...args);
    assert.equal(answer.state, "UNKNOWN", args.join(" "));
    assert.match(answer.text, text, args.join(" "));
    assert.match(answer.long.join("\n"), /^Usage: check_gearman /, args.join(" "));
  }
});

test("what an argument holds cannot break the answer", async () => {
  const { text } = await check("--missing", "a|b=1\n\u001b[31mx");
  assert.match(text, /'a\/b=1\?\?\[31mx' is not a state/);
});

test(
  "what says how to judge or to ask counts as not given when empty, which -vv says",
  needs("gearmand"),
  async (t) => {
    const { address } = await gearmandWith(t, { q: {} });
    const flags = [
      ...["-w", "-c", "-W", "-C", "--running-warning", "--running-critical"],
      ...[
        "--total-warning",
        "--total-critical",
        "--orphans",
        "--missing",
        "--uneven",
        "--confirm",
        "--servers-warning",
      ],
      ...["--servers-critical", "--time-warning", "--time-critical", "-u", "-e", "--perfdata", "--perfdata-filter"],
      ...["-p", "--tls-ca", "--tls-cert", "--tls-key", "--tls-server-name", "-t"],
    ];
    const empty = flags.flatMap((option) => [option, ""]);
    const { stdout } = await check("-H", address, ...empty);
    assert.equal(stdout, (await check("-H", address)).stdout);

    const { long } = await check("-H", address, ...empty, "-vv");
    const said = long.filter((line) => line.includes("is empty")).sort();
    assert.deepEqual(said, flags.map((option) => `${option} is empty: it counts as not given`).sort());
    assert.ok(long.includes("waiting jobs of a queue: WARNING 10 or more, CRITICAL 100 or more"), "the defaults hold");
  },
);

test("a value beside an empty one counts, unless the option says what is checked", needs("gearmand"), async (t) => {
  const { address } = await gearmandWith(t, { q: { waiting: 3, worker: 1 } });
  assert.equal((await check("-H", address, "-w", "2", "-w", "")).state, "WARNING");
  const { state, text } = await check("-H", address, "-q", "q", "-q", "");
  assert.deepEqual([state, text], ["UNKNOWN", "check_gearman UNKNOWN - -q is empty: give it a value or leave it out"]);
});

test("a file that cannot be read is named", async () => {
  assert.match((await check("--tls-key", "/")).text, /option '--tls-key <file>': cannot read '\/': /);
});

test("a file that is no certificate is named as what it is", async () => {
  assert.match(
    (await check("--tls-ca", "package.json")).text,
    /^check_gearman UNKNOWN - option '--tls-ca <file>': 'package\.json' is no PEM file/,
  );
});

test("a device or a pipe in place of a file, which might never end, is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "check_gearman-"));
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  try {
    for (const path of [pipe, "/dev/zero"]) {
      const { code, stdout } = await runPlugin("check_gearman", ["--tls-ca", path]);
      assert.equal(code, 3, path);
      assert.match(stdout, /^check_gearman UNKNOWN - option '--tls-ca <file>': cannot read '.*': it is no file\n/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  test(`${signal}: one UNKNOWN line, at once`, async (t) => {
    let asked = () => {};
    const { address } = await bad.scripted(t, () => void asked());
    const { child, finished } = startPlugin("check_gearman", ["-H", address, "-t", "50"]);
    asked = () => child.kill(signal);
    const { code, stdout, stderr } = await finished;
    assert.deepEqual([code, stdout, stderr], [3, `check_gearman UNKNOWN - stopped by ${signal}\n`, ""]);
  });
}

test("a reader that has gone changes neither exit code nor stderr", needs("gearmand"), async (t) => {
  const { address } = await startGearmand(t);
  await registerQueues(
    t,
    address,
    Array.from({ length: 3000 }, (_, i) => `queue_${i}`),
  );
  const stdout = "broken";
  const { code, signal, stderr } = await runPlugin("check_gearman", ["-H", address, "-v"], { stdout });
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
  const usage = await runPlugin("check_gearman", ["-w", "x"], { stdout });
  assert.deepEqual([usage.code, usage.signal, usage.stderr], [3, null, ""]);
});

test("a reader that stops after the first lines, as head does", needs("gearmand"), async (t) => {
  const { address } = await startGearmand(t);
  await registerQueues(
    t,
    address,
    Array.from({ length: 5000 }, (_, i) => `queue_${i}`),
  );
  const { child, finished } = startPlugin("check_gearman", ["-H", address, "-v"]);
  child.stdout?.once("data", () => child.stdout?.destroy());
  const { code, signal, stderr } = await finished;
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: "" });
});

test("a reader over TCP that has reset its connection", async (t) => {
  const { address } = await bad.answersStatus(t, bad.HEALTHY_STATUS);
  // nothing is read of ours, so that the reset waits for the plugin
  const server = createServer({ pauseOnConnect: true });
  t.after(() => server.close());
  const { host, port } = await listen(server);
  const reader = connect(port, host);
  const [output] = await once(server, "connection");
  reader.resetAndDestroy();
  await once(reader, "close");
  const [file = "", ...rest] = pluginCommand("check_gearman");
  const child = spawn(file, [...rest, "-H", address], { stdio: ["ignore", output, "pipe"] });
  output.destroy();
  const [[code], stderr] = await Promise.all([once(child, "close"), text(child.stderr)]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
});

test("the longest name a gearmand takes does not fill the answer", needs("gearmand"), async (t) => {
  const { address } = await startGearmand(t);
  const { release } = await registerQueues(t, address, ["x".repeat(8192)]);
  await release();
  const { stdout } = await runPlugin("check_gearman", ["-H", address, "-x", "--confirm", "0", "--perfdata", "none"]);
  assert.ok(parseOutput(stdout).text.length < 200);
});

test("a reader that does not read is not waited for without end", async (t) => {
  const queues = Array.from({ length: 2000 }, (_, n) => `a_queue_with_a_long_name_${n}\t0\t0\t1\n`).join("");
  const { address } = await bad.answersStatus(t, `${queues}.\n`);
  const script = 'exec 3>&1; { "$@"; echo "exit code $?" >&3; } | sleep 100 3>&-';
  const args = ["-c", script, "sh", process.execPath, "dist/check_gearman", "-H", address];
  const child = spawn("sh", args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  const end = () => process.kill(-(child.pid ?? assert.fail("not started")), "SIGKILL");
  const limit = setTimeout(end, 120_000);
  const [said] = await once(child.stdout, "readable").then(() => [String(child.stdout.read())]);
  clearTimeout(limit);
  end();
  assert.equal(said, "exit code 0\n");
});

test("-s: of servers that all fail, the worst failure is told", async (t) => {
  const other = (await bad.webServer(t)).address;
  const dead = (await bad.refused()).address;
  const { text } = await check("-H", `${other},${dead}`, "-q", "q", "-s", "check");
  assert.match(text, /^check_gearman CRITICAL - failed to connect to .*: Connection refused$/);
});
