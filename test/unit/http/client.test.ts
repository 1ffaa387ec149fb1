import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";

import { Status } from "monitoring-plugins-ts";
import { HttpClient, NotHttpError } from "monitoring-plugins-ts/http";

import { own } from "../../servers/misbehaving.ts";

const client = (t: TestContext) => {
  const made = new HttpClient({ signal: AbortSignal.timeout(60_000), maxBytes: 1024 * 1024 });
  t.after(() => made.close());
  return made;
};

/** Answers each request by the next of these texts, and hangs up after the last; `connections` are those that came. */
async function saying(t: TestContext, ...answers: readonly (string | readonly string[])[]) {
  const connections: Socket[] = [];
  const left = [...answers];
  const server = createTcpServer({ noDelay: true }, (socket) => {
    connections.push(socket);
    socket.on("error", () => {});
    socket.on("data", async () => {
      for (const piece of [left.shift() ?? []].flat()) {
        socket.write(piece, "latin1");
        await new Promise(setImmediate);
      }
      if (left.length === 0) socket.end();
    });
  });
  return { url: new URL(`http://${(await own(t, server)).address}`), connections };
}

const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

test("requests go over one connection, as long as the server keeps it", async (t) => {
  const ports = new Set<number | undefined>();
  const server = createServer((asked, response) => {
    ports.add(asked.socket.remotePort);
    if (asked.url === "/last") response.setHeader("connection", "close");
    // without a length the answer comes in pieces
    if (asked.url === "/pieces") response.write("in ");
    response.end("pieces");
  });
  const { address } = await own(t, server);
  const http = client(t);
  const ask = (path: string) => http.request(new URL(path, `http://${address}`));
  assert.equal((await ask("/pieces")).body, "in pieces");
  assert.equal((await ask("/")).body, "pieces");
  assert.equal((await ask("/last")).body, "pieces");
  assert.equal(ports.size, 1);
  await ask("/");
  assert.equal(ports.size, 2);
});

test("requests at the same time do not get each other's answers", async (t) => {
  const server = createServer((asked, response) => response.end(asked.url));
  const { address } = await own(t, server);
  const http = client(t);
  const paths = Array.from({ length: 20 }, (_, at) => `/${at}`);
  const bodies = paths.map(async (path) => (await http.request(new URL(path, `http://${address}`))).body);
  assert.deepEqual(await Promise.all(bodies), paths);
});

test("each server has a connection of its own, which is kept", async (t) => {
  const [one, other] = [await saying(t, ANSWER, ANSWER), await saying(t, ANSWER)];
  const http = client(t);
  for (const { url } of [one, other, one]) assert.equal((await http.request(url)).body, "ok");
  assert.deepEqual([one.connections.length, other.connections.length], [1, 1]);
});

test("a kept connection that the server has closed is replaced, but a new one that says nothing is a failure", async (t) => {
  const closed = await saying(t, ANSWER, ANSWER);
  const http = client(t);
  await http.request(closed.url);
  closed.connections[0]?.destroy();
  assert.equal((await http.request(closed.url)).body, "ok");
  assert.equal(closed.connections.length, 2);

  const closing = await saying(t, ANSWER, []);
  await http.request(closing.url);
  await assert.rejects(http.request(closing.url), /closed the connection before the answer was complete \(0 bytes/);
  assert.equal(closing.connections.length, 2);
});

test("an answer is the same in pieces of a byte", async (t) => {
  const texts = [
    ANSWER,
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nContent-Length:2 \r\nX-A: 1\r\nx-a: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\no\r\n01;a=b\r\nk\r\n0\r\nx-trailer: 1\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\nok",
  ];
  for (const text of texts) {
    for (const pieces of [[text], [...text]]) {
      const { url } = await saying(t, pieces);
      const { status, headers, body } = await client(t).request(url);
      assert.deepEqual([status, body], [200, "ok"], text);
      if (text.includes("X-A")) assert.equal(headers["x-a"], "1, 2");
    }
  }
});

test("an answer without a body ends with its head, and nothing is asked behind a last one, or where too much came", async (t) => {
  const empty = await saying(t, "HTTP/1.1 204 No Content\r\n\r\n", ANSWER);
  const http = client(t);
  assert.equal((await http.request(empty.url)).body, "");
  assert.equal((await http.request(empty.url)).body, "ok");
  assert.equal(empty.connections.length, 1);

  const last = await saying(t, ANSWER.replace("\r\n", "\r\nConnection: x, Close\r\n"), ANSWER);
  for (let count = 0; count < 2; count++) assert.equal((await http.request(last.url)).body, "ok");
  assert.equal(last.connections.length, 2);

  const doubled = await saying(t, ANSWER + ANSWER.replace("ok", "no"), ANSWER, ANSWER);
  for (let count = 0; count < 3; count++) assert.equal((await http.request(doubled.url)).body, "ok");
  assert.equal(doubled.connections.length, 2);
});

test("what is not HTTP is named, and what it has said is known", async (t) => {
  const long = `HTTP/1.1 200 OK\r\nx: ${"a".repeat(70_000)}`;
  const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  const strange = [
    ...["hello\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno header\r\n\r\n"],
    ...[
      "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
      "HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
      long,
    ],
    ...[
      "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
      `${ANSWER.replace("\r\n\r\n", "\r\ncontent-length: 3\r\n\r\n")}`,
    ],
    ...[`${chunked}zz\r\n`, `${chunked}1\r\nabc\r\n`],
  ];
  for (const text of strange) {
    // the server would wait for ever
    const { url } = await saying(t, text, []);
    await assert.rejects(client(t).request(url), (error) => {
      assert.ok(error instanceof NotHttpError, `${error}`);
      assert.match(error.message, /^127\.0\.0\.1:\d+ does not speak HTTP$/, text.slice(0, 80));
      assert.equal(error.status, Status.UNKNOWN);
      assert.ok(text.startsWith(error.said.slice(0, 7)));
      return true;
    });
  }
});

test("an answer that announces more than is taken is given up at once", async (t) => {
  const { url } = await saying(t, "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n", []);
  await assert.rejects(client(t).request(url), /^CheckError: answer from 127\.0\.0\.1:\d+ is longer than 1 MiB$/);
});
