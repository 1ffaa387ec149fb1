import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";

import { CheckError, DeadlineError, Status } from "monitoring-plugins-ts";
import { type HttpRequest, request } from "monitoring-plugins-ts/http";

import { own, refused, silent } from "../../servers/misbehaving.ts";
import { makeCertificates } from "../../servers/tls.ts";
import { needs } from "../../support/needs.ts";

const ask = (url: string, options: Partial<HttpRequest> = {}) =>
  request(new URL(url), { signal: new AbortController().signal, maxBytes: 1024 * 1024, ...options });

const serve = async (t: TestContext, listener: RequestListener) =>
  `http://${(await own(t, createServer(listener))).address}`;

/** Answers with these bytes, and hangs up. */
const saying = async (t: TestContext, bytes: string) =>
  `http://${
    (
      await own(
        t,
        createTcpServer((socket) => socket.once("data", () => socket.end(bytes))),
      )
    ).address
  }`;

const refuses = async (answer: Promise<unknown>, status: Status, message: RegExp) =>
  assert.rejects(answer, (error) => {
    assert.ok(error instanceof CheckError, `${error}`);
    assert.match(error.message, message);
    assert.equal(error.status, status);
    return true;
  });

test("a GET and a POST arrive as they were meant, and the whole answer comes back whatever its status", async (t) => {
  const url = await serve(t, async (asked, response) => {
    const { host, authorization, "content-type": type } = asked.headers;
    const said = [asked.method, asked.url, host, authorization, type, await text(asked)];
    response.writeHead(404, { location: "/elsewhere" }).end(JSON.stringify(said));
  });
  const host = new URL(url).host;
  const got = await ask(`${url}/api/queues/%2f?columns=name`, { headers: { authorization: "Basic eDp5" } });
  assert.deepEqual(
    [got.status, got.headers.location, JSON.parse(got.body)],
    [404, "/elsewhere", ["GET", "/api/queues/%2f?columns=name", host, "Basic eDp5", null, ""]],
  );
  const posted = await ask(`${url}/`, { json: { name: "ü" } });
  assert.deepEqual(JSON.parse(posted.body), ["POST", "/", host, null, "application/json", '{"name":"ü"}']);
});

test("an answer in many pieces is put together, and one beyond the limit is given up", async (t) => {
  const url = await serve(t, (asked, response) => {
    const line = `${"ü".repeat(5000)}\n`;
    const pour = () => {
      while (!response.destroyed && response.write(line));
    };
    if (asked.url === "/endless") {
      response.on("drain", pour);
      pour();
    } else {
      for (let count = 0; count < 50; count++) response.write(line);
      response.end();
    }
  });
  assert.equal((await ask(url)).body, `${"ü".repeat(5000)}\n`.repeat(50));
  await refuses(ask(`${url}/endless`), Status.UNKNOWN, /^answer from 127\.0\.0\.1:\d+ is longer than 1 MiB$/);
});

test("what does not answer is CRITICAL, what does not speak HTTP UNKNOWN", async (t) => {
  await refuses(
    ask(`http://${(await refused()).address}`),
    Status.CRITICAL,
    /^failed to connect to address 127\.0\.0\.1 and port \d+: Connection refused$/,
  );
  const cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[1,2";
  const early = /^127\.0\.0\.1:\d+ closed the connection before the answer was complete \(\d+ bytes received\)$/;
  await refuses(ask(await saying(t, "")), Status.CRITICAL, early);
  await refuses(ask(await saying(t, cut)), Status.CRITICAL, early);
  await refuses(ask(await saying(t, "AMQP\0\0\x09\x01")), Status.UNKNOWN, /^127\.0\.0\.1:\d+ does not speak HTTP$/);
  const resetting = await own(
    t,
    createTcpServer((socket) => socket.once("data", () => socket.resetAndDestroy())),
  );
  await refuses(
    ask(`http://${resetting.address}`),
    Status.CRITICAL,
    /^connection to 127\.0\.0\.1:\d+ lost: Connection reset by peer \(0 bytes received\)$/,
  );
});

test("the deadline ends it, with the state that it stands for", async (t) => {
  const deadline = new AbortController();
  const { address } = await silent(t);
  const answer = ask(`http://${address}`, { signal: deadline.signal });
  deadline.abort(new DeadlineError(Status.UNKNOWN, 3));
  await refuses(answer, Status.UNKNOWN, /^no (?:complete answer from|connection to) 127\.0\.0\.1:\d+ within 3 s/);

  const halfway = new AbortController();
  const url = await serve(t, (_asked, response) => {
    response.write("[1,");
    halfway.abort(new DeadlineError(Status.CRITICAL, 2));
  });
  await refuses(
    ask(url, { signal: halfway.signal }),
    Status.CRITICAL,
    /^no complete answer from 127\.0\.0\.1:\d+ within 2 s \(\d+ bytes received\)$/,
  );
});

test("TLS is judged as everywhere", { ...needs("openssl") }, async (t) => {
  const files = await makeCertificates(t);
  const start = async (cert: string) => {
    const server = createTlsServer({ cert: await readFile(cert), key: await readFile(files.key) }, (_asked, response) =>
      response.end("good"),
    );
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return `https://${(await own(t, server)).address}`;
  };
  const ca = await readFile(files.ca);
  const url = await start(files.cert);
  assert.equal((await ask(url, { tls: { ca } })).body, "good");
  await refuses(ask(url), Status.CRITICAL, /^certificate of 127\.0\.0\.1:\d+ not trusted: /);
  const other = await start(files.otherNameCert);
  await refuses(ask(other, { tls: { ca } }), Status.CRITICAL, /^certificate is not for 127\.0\.0\.1 \(/);
  assert.equal((await ask(other, { tls: { ca, serverName: "gearmand.example.com" } })).body, "good");
  await refuses(ask(url.replace("https", "http")), Status.CRITICAL, /closed the connection|lost/);
  const plain = await serve(t, (_asked, response) => void response.end());
  await refuses(ask(plain.replace("http", "https"), { tls: { ca } }), Status.CRITICAL, /seems to speak plaintext$/);
});
