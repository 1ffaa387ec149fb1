import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";

import { listen } from "#test/servers/address.ts";
import { fakeGearmand } from "#test/servers/fake-gearmand.ts";
import { fillQueue, registerQueues } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { refused, silent, webServer } from "#test/servers/misbehaving.ts";
import { execPlugin, runPlugin, startPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";

const gearmand = needs("gearmand");

/** The output with its one changing part replaced. */
const timeless = (text: string) => text.replaceAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/gm, "TIME");

test("-b prints the table of Mod-Gearman's gearman_top, character by character", gearmand, async (t) => {
  const { address } = await startGearmand(t);
  for (let worker = 0; worker < 3; worker++) await registerQueues(t, address, ["host", "eventhandler"]);
  await fillQueue(address, "stranded", 12);
  const { code, stdout, stderr } = await execPlugin("gearman_top", "-b", "-H", address);
  const version = /v1\.\S+/.exec(stdout)?.[0];
  assert.equal(
    timeless(stdout),
    `TIME  -  ${address}  -  ${version}

 Queue Name   | Worker Available | Jobs Waiting | Jobs Running
---------------------------------------------------------------
 eventhandler |               3  |           0  |           0 
 host         |               3  |           0  |           0 
 stranded     |               0  |          12  |           0 
---------------------------------------------------------------
`,
  );
  assert.deepEqual([code, stderr], [0, ""]);
});

test("no queues, and none that is chosen", gearmand, async (t) => {
  const { address } = await startGearmand(t);
  const rule = "-".repeat(63);
  const { stdout } = await execPlugin("gearman_top", "-b", "-H", address);
  assert.ok(stdout.endsWith(`${rule}\n${" ".repeat(37)}no queues found\n${rule}\n`), stdout);
  await (await registerQueues(t, address, ["idle"])).release();
  const hidden = await execPlugin("gearman_top", "-b", "-q", "-H", address);
  assert.match(hidden.stdout, /^ +no queues to show, 1 hidden$/m);
});

test("-q, --include, --exclude, --sort and -r choose and order", async (t) => {
  const { address } = await fakeGearmand(t, {
    queues: {
      host: { workers: 2, total: 1 },
      hostgroup_a: { workers: 1, total: 9, running: 3 },
      hostgroup_b: { workers: 4 },
      idle: {},
      service: { workers: 2, total: 30 },
    },
  });
  const rows = async (...args: readonly string[]) => {
    const { stdout } = await execPlugin("gearman_top", "-b", "-H", address, ...args);
    return Array.from(stdout.matchAll(/^ (\S+) +\| +\d/gm), ([, name]) => name);
  };
  assert.deepEqual(await rows(), ["host", "hostgroup_a", "hostgroup_b", "idle", "service"]);
  assert.deepEqual(await rows("-q"), ["host", "hostgroup_a", "hostgroup_b", "service"]);
  assert.deepEqual(await rows("--include", "host*", "--exclude", "~_b$"), ["host", "hostgroup_a"]);
  assert.deepEqual(await rows("-q", "--sort", "waiting"), ["service", "hostgroup_a", "host", "hostgroup_b"]);
  assert.deepEqual(await rows("-q", "--sort", "worker", "-r"), ["hostgroup_a", "host", "service", "hostgroup_b"]);
  assert.deepEqual(await rows("-r"), ["service", "idle", "hostgroup_b", "hostgroup_a", "host"]);
});

test("several servers: one block after the other, the failed one named, exit code of the worst", async (t) => {
  const { address } = await fakeGearmand(t, { queues: { host: { workers: 1 } } });
  const dead = (await refused()).address;
  const [, port] = dead.split(":");
  const { code, stdout } = await execPlugin("gearman_top", "-b", "-H", `${dead},${address}`, "-H", address);
  assert.equal(
    timeless(stdout),
    `TIME  -  ${dead}

 failed to connect to address 127.0.0.1 and port ${port}: Connection refused

TIME  -  ${address}  -  v1.1.20

 Queue Name   | Worker Available | Jobs Waiting | Jobs Running
---------------------------------------------------------------
 host         |               1  |           0  |           0 
---------------------------------------------------------------
`,
  );
  assert.equal(code, 2);
});

test("--merge: one line a queue, servers in columns", async (t) => {
  const a = await fakeGearmand(t, { queues: { host: { workers: 1, total: 5, running: 2 }, only_a: { workers: 1 } } });
  const b = await fakeGearmand(t, { queues: { host: { workers: 2 }, idle: {} } });
  const dead = await refused();
  const args = ["-b", "--merge", "-q", "-H", a.address, "-H", b.address, "-H", dead.address];
  const { code, stdout } = await execPlugin("gearman_top", ...args);
  const group = (text: string) => text.padEnd(26);
  const heads = "|   Worker  Waiting  Running ";
  assert.equal(
    timeless(stdout),
    `TIME  -  3 servers

 ${dead.address}: failed to connect to address 127.0.0.1 and port ${dead.port}: Connection refused

              | ${group("All Servers")} | ${group(a.address)} | ${group(b.address)} | ${dead.address}
 Queue Name   ${heads}${heads}${heads}${heads.trimEnd()}
${"-".repeat(14 + 4 * 29)}
 host         |        3        3        2 |        1        3        2 |        2        0        0 |                          ?
 only_a       |        1        0        0 |        1        0        0 |                          - |                          ?
${"-".repeat(14 + 4 * 29)}
`,
  );
  assert.equal(code, 2);
});

test("--json: numbers, states and failures for scripts", async (t) => {
  const { address } = await fakeGearmand(t, {
    queues: {
      "\u001b[31m\u009b\u202ered": { workers: 1 },
      busy: { workers: 1, total: 30, running: 10 },
      stranded: { total: 1 },
    },
  });
  const other = (await webServer(t)).address;
  const { code, raw } = await execPlugin("gearman_top", "--json", "-H", address, "-H", other);
  assert.equal(code, 3, "the web server is no job server");
  assert.equal(raw.indexOf("\n"), raw.length - 1, "one line");
  assert.doesNotMatch(raw.toString("utf8").trimEnd(), /[\p{Cc}\p{Cf}]/u);
  const { time, servers } = JSON.parse(raw.toString());
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
  const counts = { running: 0, waiting: 0, worker: 1, waiting_per_second: null, running_per_second: null };
  assert.deepEqual(servers[0].queues, [
    { ...counts, name: "\u001b[31m\u009b\u202ered", state: "OK" },
    { ...counts, name: "busy", waiting: 20, running: 10, state: "WARNING" },
    { ...counts, name: "stranded", waiting: 1, worker: 0, state: "CRITICAL" },
  ]);
  assert.deepEqual([servers[0].server, servers[0].version, servers[0].error], [address, "1.1.20", null]);
  assert.match(servers[1].error, /is not a gearmand|does not speak/);
  assert.deepEqual([servers[1].version, servers[1].queues], [null, []]);
});

test("--merge with one server says so", async (t) => {
  const { address } = await fakeGearmand(t, { queues: { host: {} } });
  const { stdout } = await execPlugin("gearman_top", "-b", "--merge", "-H", address);
  assert.match(stdout, /^[-0-9]+ [:0-9]+ {2}- {2}1 server\n/);
});

test("--json --merge lists queues once, with each server's own numbers", async (t) => {
  const a = await fakeGearmand(t, { queues: { host: { workers: 1 } } });
  const b = await fakeGearmand(t, { queues: { host: { total: 2 }, more: {} } });
  const { stdout } = await execPlugin("gearman_top", "--json", "--merge", "-H", `${a.address},${b.address}`);
  const { queues, servers } = JSON.parse(stdout);
  assert.equal(servers[0].queues, undefined);
  assert.deepEqual(
    queues.map(({ name, worker, waiting, state, servers }: Record<string, unknown>) => [
      name,
      worker,
      waiting,
      state,
      (servers as (object | null)[]).map((counts) => counts !== null),
    ]),
    [
      ["host", 1, 2, "CRITICAL", [true, true]],
      ["more", 0, 0, "OK", [false, true]],
    ],
  );
});

test("-i repeats on the same connection until the reader has gone; JSON has rates", async (t) => {
  const queues = new Map([["host", 0]]);
  let connections = 0;
  const { address } = await fakeGearmand(t, { queues: { host: { workers: 1 } } });
  const front = createServer((socket) => {
    connections += 1;
    let rest = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      rest += chunk;
      // two commands and an echo are one question
      if (!rest.endsWith("end")) return;
      rest = "";
      queues.set("host", (queues.get("host") ?? 0) + 10);
      socket.write(`host\t${queues.get("host")}\t0\t1\n.\nOK 1.1.20\n`);
      socket.write(Buffer.from("\0RES\0\0\0\x11\0\0\0\x03end", "latin1"));
    });
    socket.on("error", () => {});
  });
  const own = await listen(front);
  t.after(() => front.close());
  const { child, finished } = startPlugin("gearman_top", ["--json", "-i", "0.1", "-H", own.address]);
  let text = "";
  await new Promise<void>((resolve) =>
    child.stdout?.on("data", (chunk) => {
      text += chunk;
      if (text.split("\n").length > 3) resolve();
    }),
  );
  child.stdout?.destroy();
  assert.equal((await finished).code, 0);
  const [first, second] = text.split("\n").map((line) => line && JSON.parse(line).servers[0].queues[0]);
  assert.deepEqual([first.waiting, first.waiting_per_second], [10, null]);
  assert.ok(second.waiting_per_second > 0, JSON.stringify(second));
  assert.equal(connections, 1);

  const repeated = startPlugin("gearman_top", ["-b", "-i", "0.1", "-H", address]);
  let blocks = "";
  await new Promise<void>((resolve) =>
    repeated.child.stdout?.on("data", (chunk) => {
      blocks += chunk;
      if (blocks.split("Queue Name").length > 3) resolve();
    }),
  );
  repeated.child.kill("SIGTERM");
  const { signal } = await repeated.finished;
  assert.equal(signal, "SIGTERM", "nothing to restore, so it dies of the signal at once");
  assert.match(timeless(blocks), /^-+\n\nTIME {2}-/m);
});

test("the default server: the variable, else localhost", async (t) => {
  const { address, port } = await fakeGearmand(t, { queues: { host: { workers: 1 } } });
  const run = (value: string, ...args: readonly string[]) =>
    runPlugin("gearman_top", ["-b", ...args], { env: { CONFIG_GEARMAND_PORT: value } });
  for (const value of [address, `localhost:${port}`, `:${port}`, String(port)]) {
    assert.match((await run(value)).stdout, /^ host +\|/m, value);
  }
  assert.match((await run("", "-p", String(port))).stdout, new RegExp(`  -  localhost:${port}  -  `));
  assert.match((await run("203.0.113.1", "-s", address)).stdout, /^ host +\|/m, "an option counts more");
  const wrong = await run("a:b:c");
  assert.deepEqual(
    [wrong.code, wrong.stdout.split("\n")[0]],
    [3, "gearman_top UNKNOWN - $CONFIG_GEARMAND_PORT: 'a:b:c' is not an address: several colons, yet no IPv6 address"],
  );
});

test("a server that is silent costs no more than -t, and the others are shown", async (t) => {
  const { address } = await fakeGearmand(t, { queues: { host: { workers: 1 } } });
  const mute = (await silent(t)).address;
  const { code, stdout } = await execPlugin("gearman_top", "-b", "-t", "4", "-H", `${mute},${address}`);
  assert.match(stdout, /^ no complete answer from \S+ within 4 s/m);
  assert.match(stdout, /^ host +\|/m);
  assert.equal(code, 2);
});

test("what is not understood is said", async () => {
  const cases = [
    ["--mrege", "unknown option '--mrege' (Did you mean --merge?)"],
    ["host", "unexpected argument 'host': every value belongs to an option"],
    ["-i0", "option '-i, --interval <seconds>': '0' is not a number of seconds from 0.1 to 86400"],
    [
      "--sort=age",
      "option '--sort <column>': 'age' is not a column: use name, worker, waiting, running, waiting/s, running/s",
    ],
    ["-w1O", "option '-w, --warning <n>': '1O' is neither a number"],
  ] as const;
  for (const [argument, message] of cases) {
    const { code, stdout, stderr } = await execPlugin("gearman_top", argument);
    assert.ok(stdout.startsWith(`gearman_top UNKNOWN - ${message}`), stdout);
    assert.deepEqual([code, stderr], [3, ""]);
  }
});

test("without a terminal it says so instead of writing escape codes into a file", async () => {
  for (const env of [{}, { TERM: "xterm" }]) {
    const { code, stdout } = await runPlugin("gearman_top", [], { env });
    assert.match(stdout, /^gearman_top UNKNOWN - no terminal that can show a screen: use -b or --json\n/);
    assert.equal(code, 3);
  }
});

test("--help and -V", async () => {
  const help = await execPlugin("gearman_top", "--help");
  assert.deepEqual([help.code, help.stderr], [3, ""]);
  assert.deepEqual(
    help.stdout.split("\n").filter((line) => line.length > 80),
    [],
  );
  const version = await execPlugin("gearman_top", "-V");
  assert.match(version.stdout, /^gearman_top \d+\.\d+\.\d+\n$/);
  assert.equal(version.code, 3);
});

test("a reader that has gone ends it; what cannot be written is UNKNOWN, with one line on stderr", async (t) => {
  const { address } = await fakeGearmand(t, { queues: { host: { workers: 1 } } });
  for (const form of [["-b"], ["--json"], ["-b", "-i", "0.1"]]) {
    const args = [...form, "-H", address];
    const gone = await runPlugin("gearman_top", args, { stdout: "broken" });
    assert.deepEqual([gone.code, gone.stderr], [0, ""]);
    const full = await runPlugin("gearman_top", args, { stdout: "full" });
    const why = "gearman_top UNKNOWN - cannot write the answer: ENOSPC: no space left on device\n";
    assert.deepEqual([full.code, full.stderr], [3, why]);
  }
});
