// What the system itself says of a socket: no right to connect, a queue that is full, a path that is none.

import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type NetConnectOpts } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { startCannedCore } from "../servers/canned-core.ts";
import { onlyByNode, PLUGINS_DIR, runPlugin } from "../support/exec.ts";
import { spawnOwned } from "../support/owner.ts";
import { parseOutput } from "../support/perfdata.ts";
import { temporaryFolder } from "../support/proc-tree.ts";
import { until } from "../support/until.ts";

const asRoot = { skip: process.geteuid?.() !== 0 && "needs root" };
const NOBODY = 65_534;

async function expects(code: number, text: RegExp, run: ReturnType<typeof runPlugin>) {
  const answer = await run;
  assert.equal(answer.stderr, "");
  assert.match(parseOutput(answer.stdout).text, text);
  assert.equal(answer.code, code, answer.stdout);
}

const check = (...args: readonly string[]) => runPlugin("check_liveproxy", args);

/** Runs a copy of the check that nobody may read, as nobody. */
function checkAsNobody(t: TestContext, ...args: readonly string[]) {
  const folder = temporaryFolder(t);
  const copy = join(folder, "check_liveproxy");
  copyFileSync(join(PLUGINS_DIR, "check_liveproxy"), copy);
  chmodSync(folder, 0o755);
  return runPlugin(copy, args, { uid: NOBODY });
}

test("5: no right to the folder, or to the socket: cannot judge, never CRITICAL", asRoot, async (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  const sockets = join(folder, "sockets");
  mkdirSync(sockets);
  const server = createServer(() => {}).listen(join(sockets, "muc"));
  t.after(() => server.close());
  await once(server, "listening");
  const ask = (...args: readonly string[]) => checkAsNobody(t, "--socket-dir", sockets, ...args);

  chmodSync(sockets, 0o700);
  await expects(3, /^check_liveproxy UNKNOWN - Cannot list the sockets in \S+\/sockets: EACCES$/, ask());
  const denied =
    /^check_liveproxy UNKNOWN - (?:Cannot list .* )?Cannot judge site muc: permission denied on \S+\/muc, add the check's user to the group of the socket/;
  const cannotJudge =
    /Cannot judge site muc: permission denied on \S+\/muc, add the check's user to the group of the socket/;
  await expects(3, cannotJudge, ask("-s", "muc"));
  chmodSync(sockets, 0o755);
  chmodSync(join(sockets, "muc"), 0o600);
  await expects(3, denied, ask());
  const address = checkAsNobody(t, "-H", `unix:${join(sockets, "muc")}`);
  await expects(
    3,
    /^check_liveproxy UNKNOWN - Cannot judge .* permission denied on \S+\/muc, add the check's user/,
    address,
  );
});

test(
  "5: a state file and a pid file that may not be read are no reason for alarm while sites answer",
  asRoot,
  async (t) => {
    const root = temporaryFolder(t);
    chmodSync(root, 0o755);
    const core = await startCannedCore(t);
    chmodSync(core.socket.replace(/\/[^/]*$/, ""), 0o755);
    chmodSync(core.socket, 0o666);
    for (const file of ["state", "pid"]) {
      writeFileSync(join(root, file), "1\n");
      chmodSync(join(root, file), 0o600);
    }
    const places = ["--state-file", join(root, "state"), "--pidfile", join(root, "pid")];
    const sockets = core.socket.replace(/\/[^/]*$/, "");
    await expects(0, /^check_liveproxy OK - 1 site ready/, checkAsNobody(t, "--socket-dir", sockets, ...places));
    await expects(3, /State file \S+ is unreadable/, checkAsNobody(t, "--state-file", join(root, "state")));
  },
);

/** The queue of {@link frozenListener}; the kernel takes one more. */
const BACKLOG = 1;

/** A listener that the kernel goes on accepting for, up to its queue's end: its process is stopped. */
async function frozenListener(t: TestContext, where: "path" | "port", path = "") {
  const script = `
    const server = require("node:net").createServer(() => {});
    server.listen(${where === "path" ? JSON.stringify({ path, backlog: BACKLOG }) : `{ host: "127.0.0.1", port: 0, backlog: ${BACKLOG} }`},
      () => process.stdout.write(JSON.stringify(server.address())));`;
  const child = spawnOwned(t, process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  child.kill("SIGSTOP");
  t.after(() => child.kill("SIGCONT"));
  return JSON.parse(line.toString()) as string | { port: number };
}

/** Connects once. @returns whether the system took it */
function connectOnce(t: TestContext, to: NetConnectOpts): Promise<boolean> {
  const socket = connect(to);
  t.after(() => socket.destroy());
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
}

/** Connections to a listening port that wait to be accepted. */
function waitingFor(port: number): number {
  const LISTENING = "0A";
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const row = rows.map((line) => line.trim().split(/\s+/)).find(([, at, , st]) => at === local && st === LISTENING);
  return Number.parseInt(row?.[4]?.split(":")[1] ?? "0", 16);
}

// the standalone's runtime says of it that nobody listens
test("6: a Unix socket whose queue is full says so at once", onlyByNode, async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "muc");
  await frozenListener(t, "path", path);
  while (await connectOnce(t, { path }));
  const full =
    /^check_liveproxy CRITICAL - Proxy: process for site muc does not accept connections \(its queue is full\) \(socket \S+\/muc\)$/;
  await expects(2, full, check("--socket-dir", folder));
  await expects(2, /^check_liveproxy CRITICAL - unix:\S+ does not accept connections/, check("-H", `unix:${path}`));
});

test("6: a TCP port whose queue is full is waited for in vain", async (t) => {
  const { port } = (await frozenListener(t, "port")) as { port: number };
  for (let n = 0; n <= BACKLOG; n += 1) await connectOnce(t, { host: "127.0.0.1", port });
  assert.equal(waitingFor(port), BACKLOG + 1, "the queue is full");
  const full = /^check_liveproxy CRITICAL - 127\.0\.0\.1:\d+ does not accept connections \(within \d(?:\.\d)? s\)$/;
  await expects(2, full, check("-H", `127.0.0.1:${port}`, "-t", "4"));
});

test("3: a path that is no socket, or longer than a socket's can be", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "file"), "");
  const long = join(folder, "x".repeat(108));
  for (const path of [join(folder, "file"), folder]) {
    await expects(3, /^check_liveproxy UNKNOWN - unix:\S+: is not a socket: /, check("-H", `unix:${path}`));
  }
  await expects(3, /path of the socket is longer than 107 bytes/, check("-H", `unix:${long}`));
  await expects(3, /Site file: is not a socket: /, check("--socket-dir", folder, "-s", "file"));
});

test("19: a core that keeps the second connection waiting as well has been slow from the first", async (t) => {
  const core = await startCannedCore(t);
  core.hold(true);
  const running = check("-H", `unix:${core.socket}`, "-w", "1", "-c", "2", "-t", "60");
  await until(
    () => core.queries().length === 2,
    () => "the second question",
  );
  // longer than "at once", however much longer
  await setTimeout(1200);
  core.hold(false);
  await expects(2, /took \d+\.\d+ s to answer$/, running);
});
