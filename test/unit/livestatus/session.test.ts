import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import type { LivestatusError } from "../../../lib/livestatus/failure.ts";
import { readPeers } from "../../../lib/livestatus/peers.ts";
import { Session } from "../../../lib/livestatus/session.ts";
import { fetchCoreStatus, fetchLastCheck } from "../../../lib/livestatus/status.ts";
import { DeadlineError } from "../../../lib/plugin/error.ts";
import { fixed16 } from "../../servers/liveproxyd/answer.ts";
import { closedPort, serve } from "../net/servers.ts";

/** Answers each query it gets whole by the next of `answers`, byte by byte when `isSlow`. */
function core(t: TestContext, answers: readonly (string | Buffer)[], isSlow = false) {
  return serve(t, (socket) => {
    const left = [...answers];
    let text = "";
    socket.on("data", async (chunk: Buffer) => {
      text += chunk;
      if (!text.endsWith("\n\n")) return;
      text = "";
      const answer = Buffer.from(left.shift() ?? "");
      if (!isSlow) return void send(socket, answer, left.length === 0);
      for (const byte of answer) {
        socket.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      return undefined;
    });
  });
}

function send(socket: Socket, answer: Buffer, isLast: boolean): void {
  if (isLast) socket.end(answer);
  else socket.write(answer);
}

async function failure(asked: Promise<unknown>): Promise<LivestatusError> {
  return asked.then(
    (answer) => assert.fail(`answered ${JSON.stringify(answer)}`),
    (error) => error as LivestatusError,
  );
}

async function ask(to: Parameters<typeof Session.open>[0], seconds = 60) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new DeadlineError(2, seconds)), seconds * 1000);
  try {
    const session = await Session.open(to, { signal: abort.signal });
    try {
      return await fetchCoreStatus(session);
    } finally {
      session.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

const ROW = '[[1795300929,"r2.13.6-1-icinga2","r2.13.6-1",4711,3,20]]';

test("a row of the table status is read, however its bytes arrive", async (t) => {
  const expected = {
    programStart: 1795300929,
    programVersion: "r2.13.6-1-icinga2",
    livestatusVersion: "r2.13.6-1",
    pid: 4711,
    activeConnections: 3,
    threads: 20,
    usage: undefined,
  };
  assert.deepEqual(await ask(await core(t, [fixed16(200, ROW)])), expected);
  assert.deepEqual(await ask(await core(t, [fixed16(200, ROW)], true)), expected);
});

test("cells that a server does not have are not available, and 0 of 0 connections are no number", async (t) => {
  const { activeConnections, threads, pid } = await ask(await core(t, [fixed16(200, '[[1,"v",null,"","",null]]')]));
  assert.deepEqual([activeConnections, threads, pid], [undefined, undefined, undefined]);
  assert.equal((await ask(await core(t, [fixed16(200, '[[1,"v","l",7,0,0]]')]))).activeConnections, undefined);
});

test("the share of connections in use is one, or is not known", async (t) => {
  const usage = async (cell: string) =>
    (await ask(await core(t, [fixed16(200, `[[1,"v","l",7,3,20,${cell}]]`)]))).usage;
  assert.equal(await usage("0.85"), 0.85);
  for (const cell of ["null", '""', '"0.5"', "-1", "80"]) assert.equal(await usage(cell), undefined, cell);
});

test("numbers of connections that are none are not available", async (t) => {
  const connections = async (active: string, places: string) => {
    const { activeConnections, threads } = await ask(
      await core(t, [fixed16(200, `[[1,"v","l",7,${active},${places}]]`)]),
    );
    return [activeConnections, threads];
  };
  assert.deepEqual(await connections("3", "20"), [3, 20]);
  assert.deepEqual(await connections("1e308", "1e-300"), [undefined, undefined]);
  assert.deepEqual(await connections("-1", "20"), [undefined, 20]);
  assert.deepEqual(await connections("0.5", "20"), [undefined, 20]);
});

test("a core that refuses a column it does not know is asked again without", async (t) => {
  for (const code of [450, 452]) {
    const port = await core(t, [fixed16(code, "Error: Column 'x' does not exist"), fixed16(200, '[[1,"v","l",7]]')]);
    assert.equal((await ask(port)).programVersion, "v");
  }
});

const NO_ANSWERS: readonly (readonly [string, string | Buffer, string, RegExp, status?: number])[] = [
  ["an error", fixed16(502, "not up\nStack\n"), "error answer", /^error 502: not up$/],
  ["an error without text", fixed16(400, ""), "error answer", /^error 400 without a text$/],
  ["an error with controls", fixed16(502, "a|b\u001b[31m;c\n"), "error answer", /^error 502: a\/b\?\[31m,c$/],
  ["no byte", "", "closed", /closed without an answer .*access list/],
  ["half a header", "200    ", "stranger", /not a Livestatus answer: '200'/],
  ["half a body", fixed16(200, ROW).slice(0, 30), "broken off", /broke off after 30 of/],
  ["an empty body", fixed16(200, ""), "no data", /answers without data \(empty\)/],
  ["no JSON", fixed16(200, "hello"), "no data", /not a list: 'hello'/],
  ["an object", fixed16(200, '{"a":1}'), "no data", /not a list/],
  ["no row", fixed16(200, "[]"), "no data", /no backend up/],
  ["a row too short", fixed16(200, "[[1]]"), "no data", /1 of 4 columns/],
  ["empty cells", fixed16(200, '[["","","",""]]'), "no data", /neither start nor version/],
  ["a web server", "HTTP/1.1 400 Bad Request\r\n\r\n", "stranger", /'HTTP\/1.1 400 Bad Request' \(a web server\)$/, 3],
  ["a gearmand", "ERR UNKNOWN_COMMAND Unknown+server+command\n", "stranger", /'ERR .*' \(a gearmand\)$/, 3],
  ["LMD's bare error", "bad request: no\n", "stranger", /'bad request: no'/],
  ["a TLS alert", Buffer.of(0x15, 3, 1, 0, 2, 2, 70), "stranger", /TLS alert, encryption setting wrong/],
  ["a huge announcement", "200 99999999999\n", "broken off", /announces an answer of 99999999999 bytes/],
];

for (const [what, answer, kind, message, status = 2] of NO_ANSWERS) {
  test(`${what} is no answer: ${kind}`, async (t) => {
    const error = await failure(ask(await core(t, [answer])));
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    assert.equal(error.status, status);
  });
}

test("text that comes in pieces is shown as a whole, and its end is not waited for", async (t) => {
  const port = await serve(t, (socket) => {
    socket.write("No UNIX ");
    setTimeout(() => socket.write("socket /x\n"), 50);
  });
  const error = await failure(ask(port));
  assert.match(error.message, /'No UNIX socket \/x'/);
});

test("a server that stays silent, and one that stops midway, are given up at the deadline", async (t) => {
  const [silent, half] = await Promise.all([
    failure(ask(await serve(t, (socket) => void socket.resume()), 1.5)),
    failure(ask(await serve(t, (socket) => void socket.write("200      ")), 1.5)),
  ]);
  assert.deepEqual([silent.kind, silent.message], ["no answer", "no answer within 1.5 s (connected)"]);
  assert.deepEqual([half.kind, half.message], ["no answer", "no answer within 1.5 s (connected, only 9 bytes of one)"]);
});

test("an answer that never ends is given up", async (t) => {
  const port = await serve(t, (socket) => {
    socket.write("200      500000\n");
    const pour = () => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536, "[")));
    };
    socket.on("drain", pour);
    pour();
  });
  assert.equal((await failure(ask(port))).kind, "no data");
});

test("why nobody can be reached is told apart", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "session-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "file");
  writeFileSync(file, "");
  const stale = join(folder, "stale");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(stale, resolve));
  const kindOf = async (to: Parameters<typeof Session.open>[0]) => (await failure(ask(to))).kind;
  assert.equal(await kindOf({ path: join(folder, "none") }), "missing");
  assert.equal(await kindOf({ path: join(file, "x") }), "missing");
  assert.equal(await kindOf({ path: file }), "no socket");
  assert.equal(await kindOf({ path: folder }), "no socket");
  assert.equal(await kindOf({ path: `/${"x".repeat(107)}` }), "path too long");
  assert.equal(await kindOf(await closedPort()), "refused");
  // a socket file whose listener has died: closing would remove it
  const { renameSync } = await import("node:fs");
  renameSync(stale, `${stale}2`);
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await kindOf({ path: `${stale}2` }), "refused");
});

test("the newest check is a time, and 0 is never", async (t) => {
  for (const [body, expected] of [
    ["[[1795300929]]", 1795300929],
    ["[[0]]", undefined],
  ] as const) {
    const session = await Session.open(await core(t, [fixed16(200, body)]), { signal: new AbortController().signal });
    assert.equal(await fetchLastCheck(session), expected);
    session.close();
  }
});

test("peers are read from rows; one without key or status is no data", () => {
  const [peer] = readPeers([["k", "", 2, "down\n", 0, 0.5, 1, 100, 1, 2, 3]]);
  assert.deepEqual(peer, {
    key: "k",
    name: "k",
    state: "down",
    lastError: "down\n",
    lastOnline: undefined,
    responseTime: 0.5,
    idling: true,
    now: 100,
    queries: 1,
    bytesSent: 2,
    bytesReceived: 3,
  });
  assert.equal(readPeers([["k", "n", 9]])[0]?.state, "unknown");
  assert.throws(() => readPeers([["", "n", 0]]), /without data/);
  assert.throws(() => readPeers([["k", "n", "0"]]), /without data/);
});
