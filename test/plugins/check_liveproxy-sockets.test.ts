// What the system itself says of a socket: no right to connect, a queue that is full, a path that is none.

import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type NetConnectOpts, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import { startCannedCore } from "../servers/canned-core.ts";
import { onlyByNode, PLUGINS_DIR, runPlugin } from "../support/exec.ts";
import { spawnOwned } from "../support/owner.ts";
import { parseOutput } from "../support/perfdata.ts";
import { temporaryFolder } from "../support/proc-tree.ts";

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

/** A listener that the kernel goes on accepting for, up to its queue's end: its process is stopped. */
async function frozenListener(t: TestContext, where: "path" | "port", path = "") {
  const script = `
    const server = require("node:net").createServer(() => {});
    server.listen(${where === "path" ? JSON.stringify({ path, backlog: 1 }) : '{ host: "127.0.0.1", port: 0, backlog: 1 }'},
      () => process.stdout.write(JSON.stringify(server.address())));`;
  const child = spawnOwned(t, process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  child.kill("SIGSTOP");
  t.after(() => child.kill("SIGCONT"));
  return JSON.parse(line.toString()) as string | { port: number };
}

/** Connects until one is refused, or left waiting. */
async function fill(t: TestContext, to: NetConnectOpts) {
  for (let n = 0; n < 50; n += 1) {
    const socket = connect(to);
    t.after(() => socket.destroy());
    if (!(await isConnected(socket))) return;
  }
  assert.fail("the queue never got full");
}

const isConnected = (socket: Socket) =>
  new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    setTimeout(resolve, 300, false);
  });

// the standalone's runtime says of it that nobody listens
test("6: a Unix socket whose queue is full says so at once", onlyByNode, async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "muc");
  await frozenListener(t, "path", path);
  await fill(t, { path });
  const full =
    /^check_liveproxy CRITICAL - Proxy: process for site muc does not accept connections \(its queue is full\) \(socket \S+\/muc\)$/;
  await expects(2, full, check("--socket-dir", folder));
  await expects(2, /^check_liveproxy CRITICAL - unix:\S+ does not accept connections/, check("-H", `unix:${path}`));
});

test("6: a TCP port whose queue is full is waited for in vain", async (t) => {
  const address = (await frozenListener(t, "port")) as { port: number };
  await fill(t, { host: "127.0.0.1", port: address.port });
  const full = /^check_liveproxy CRITICAL - 127\.0\.0\.1:\d+ does not accept connections \(within \d(?:\.\d)? s\)$/;
  await expects(2, full, check("-H", `127.0.0.1:${address.port}`, "-t", "2"));
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
  setTimeout(() => core.hold(false), 3800);
  await expects(2, /took [3-9]\.\d+ s to answer$/, check("-H", `unix:${core.socket}`, "-w", "1", "-c", "2"));
});
