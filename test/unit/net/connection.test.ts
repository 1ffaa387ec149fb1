import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { Connection } from "../../../lib/net/connection.ts";
import { CheckError, DeadlineError } from "../../../lib/plugin/error.ts";
import { Status } from "../../../lib/plugin/status.ts";
import { closedPort, serve } from "./servers.ts";

const signal = new AbortController().signal;

async function readAll(connection: Connection): Promise<string> {
  let text = "";
  for (let chunk = await connection.read(); chunk !== undefined; chunk = await connection.read()) text += chunk;
  return text;
}

const failsWith = (status: Status, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CheckError);
  assert.match(error.message, message);
  assert.equal(error.status, status);
  return true;
};

test("what is written arrives, and the answer is read to its end", async (t) => {
  const server = await serve(t, (socket) => socket.once("data", (data) => socket.end(`got ${data}`)));
  const connection = await Connection.open(server, { signal });
  connection.write("hello");
  assert.equal(await readAll(connection), "got hello");
  assert.equal(connection.peer, `127.0.0.1:${server.port}`);
  assert.equal(connection.received, 9);
  connection.close();
  connection.close();
});

test("nobody listening is critical, in the words operators know", async () => {
  const server = await closedPort();
  await assert.rejects(
    Connection.open(server, { signal }),
    failsWith(
      Status.CRITICAL,
      new RegExp(`^failed to connect to address 127.0.0.1 and port ${server.port}: Connection refused$`),
    ),
  );
});

test("localhost needs no lookup: either loopback address will do", async (t) => {
  const { port } = await serve(t, (socket) => socket.end("v4"));
  const connection = await Connection.open({ host: "localhost", port }, { signal });
  assert.equal(await readAll(connection), "v4");
  const refused = await closedPort();
  await assert.rejects(
    Connection.open({ host: "localhost", port: refused.port }, { signal }),
    failsWith(Status.CRITICAL, /^failed to connect to address localhost and port \d+: Connection refused$/),
  );
});

test("localhost falls back to ::1 when 127.0.0.1 refuses", async (t) => {
  const server = createServer((socket) => socket.end("v6"));
  const listening = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(0, "::1", () => resolve(true));
  });
  if (!listening) return t.skip("needs IPv6 on the loopback interface");
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  assert.equal(await readAll(await Connection.open({ host: "localhost", port }, { signal })), "v6");
  await assert.rejects(Connection.open({ host: "localhost", port }, { signal, family: 4 }), /refused/);
});

test("an address of the other family is the caller's mistake", async () => {
  const opening = Connection.open({ host: "127.0.0.1", port: 1 }, { signal, family: 6 });
  await assert.rejects(opening, failsWith(Status.UNKNOWN, /^127\.0\.0\.1 is not an IPv6 address$/));
});

test("a name nobody knows is critical", async () => {
  const opening = Connection.open({ host: "gearmand.invalid", port: 1 }, { signal });
  // which of the two depends on whether this machine has name servers
  const words = /^cannot resolve gearmand\.invalid: (Name or service not known|Temporary failure in name resolution)$/;
  await assert.rejects(opening, failsWith(Status.CRITICAL, words));
});

test("an answer beyond the limit is unknown, and the limit starts anew with each write", async (t) => {
  const server = await serve(t, (socket) => socket.on("data", (data) => socket.write("x".repeat(Number(data)))));
  const connection = await Connection.open(server, { signal, maxBytes: 1024 * 1024 });
  for (let round = 0; round < 3; round++) {
    connection.write(String(1024 * 1024));
    while (connection.received < 1024 * 1024) await connection.read();
  }
  connection.write(String(1024 * 1024 + 1));
  const reading = async () => {
    while ((await connection.read()) !== undefined);
  };
  await assert.rejects(reading(), failsWith(Status.UNKNOWN, /^answer from 127\.0\.0\.1:\d+ is longer than 1 MiB$/));
});

test("a silent server is given up at the deadline, with the state the deadline carries", async (t) => {
  let left: (() => void) | undefined;
  const closed = new Promise<void>((resolve) => {
    left = resolve;
  });
  const server = await serve(t, (socket) => {
    socket.on("close", () => left?.());
    socket.write("abc");
  });
  const deadline = new AbortController();
  const connection = await Connection.open(server, { signal: deadline.signal });
  await connection.read();
  const reading = connection.read();
  deadline.abort(new DeadlineError(Status.WARNING, 7));
  const words = /^no complete answer from 127\.0\.0\.1:\d+ within 7 s \(3 bytes received\)$/;
  await assert.rejects(reading, failsWith(Status.WARNING, words));
  await assert.rejects(connection.read(), failsWith(Status.WARNING, words));
  await closed;
});

test("a deadline that is over before the connection is says so", async () => {
  const aborted = AbortSignal.abort(new DeadlineError(Status.CRITICAL, 10));
  const opening = Connection.open({ host: "127.0.0.1", port: 1 }, { signal: aborted });
  await assert.rejects(opening, failsWith(Status.CRITICAL, /^no connection to 127\.0\.0\.1:1 within 10 s$/));
});

test("an abort for any other reason is critical", async () => {
  const opening = Connection.open({ host: "127.0.0.1", port: 1 }, { signal: AbortSignal.abort() });
  await assert.rejects(opening, failsWith(Status.CRITICAL, /^no connection to 127\.0\.0\.1:1 in time$/));
});

test("a reset is critical", async (t) => {
  const server = await serve(t, (socket) => socket.once("data", () => socket.resetAndDestroy()));
  const connection = await Connection.open(server, { signal });
  connection.write("x");
  const words = /^connection to 127\.0\.0\.1:\d+ lost: Connection reset by peer \(0 bytes received\)$/;
  await assert.rejects(connection.read(), failsWith(Status.CRITICAL, words));
});

test("closing ends a read that waits", async (t) => {
  const server = await serve(t, () => {});
  const connection = await Connection.open(server, { signal });
  const reading = connection.read();
  connection.close();
  assert.equal(await reading, undefined);
});

test("nothing is taken from the system while nobody reads", async (t) => {
  const server = await serve(t, (socket) => socket.end(Buffer.alloc(32 * 1024 * 1024)));
  const connection = await Connection.open(server, { signal });
  await connection.read();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(connection.received < 1024 * 1024, `${connection.received} bytes taken`);
  connection.close();
});

test("half-closing keeps the answer coming", async (t) => {
  const server = await serve(t, (socket) => {
    socket.write("first ");
    socket.on("end", () => socket.end("rest"));
  });
  const connection = await Connection.open(server, { signal });
  connection.end();
  assert.equal(await readAll(connection), "first rest");
  connection.close();
});

test("a Unix socket: answered, and absent", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "socket-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "live");
  await assert.rejects(
    Connection.open({ path }, { signal }),
    failsWith(Status.CRITICAL, /^failed to connect to socket .*live: No such file or directory$/),
  );
  const server = createServer((socket) => socket.end("hello"));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => server.close());
  const connection = await Connection.open({ path }, { signal });
  assert.equal(connection.peer, path);
  assert.equal(await readAll(connection), "hello");
});

test("connections read at the same time do not mix what they get", async (t) => {
  const server = await serve(t, (socket) =>
    socket.once("data", (name) => socket.end(Buffer.alloc(3 * 1024 * 1024, name))),
  );
  const answers = ["a", "b", "c"].map(async (name) => {
    const connection = await Connection.open(server, { signal });
    connection.write(name);
    const chunks: Buffer[] = [];
    for (let chunk = await connection.read(); chunk !== undefined; chunk = await connection.read()) chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).equals(Buffer.alloc(3 * 1024 * 1024, name)), name);
  });
  await Promise.all(answers);
});

test("a Unix socket that nobody serves, and one that stays silent until the deadline", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "net-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "socket");
  await assert.rejects(
    Connection.open({ path }, { signal }),
    failsWith(Status.CRITICAL, /^failed to connect to socket .*: No such file or directory$/),
  );
  const aborted = AbortSignal.abort(new DeadlineError(Status.WARNING, 7));
  await assert.rejects(
    Connection.open({ path }, { signal: aborted }),
    failsWith(Status.WARNING, /^no connection to \/.* within 7 s$/),
  );
  const server = createServer(() => {}).listen(path);
  t.after(() => server.close());
  const deadline = new AbortController();
  const opening = Connection.open({ path }, { signal: deadline.signal });
  deadline.abort(new DeadlineError(Status.WARNING, 7));
  await assert.rejects(opening, failsWith(Status.WARNING, /^no connection to \/.* within 7 s$/));
});
