import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { test } from "node:test";

import { Connection } from "../../../lib/net/connection.ts";
import type { TlsOptions } from "../../../lib/net/tls.ts";
import { CheckError, DeadlineError } from "../../../lib/plugin/error.ts";
import { Status } from "../../../lib/plugin/status.ts";
import { makeCertificates, serve, serveTls } from "./servers.ts";

const signal = new AbortController().signal;

test("TLS", async (t) => {
  const { ca, otherCa, cert, key } = makeCertificates(t);
  const greet = (socket: Socket) => void socket.end("hello");
  const tlsServer = await serveTls(t, { cert, key }, greet);
  const open = (tls: TlsOptions, to = tlsServer) => Connection.open(to, { signal, tls });
  const rejects = async (opening: Promise<Connection>, status: Status, message: RegExp) => {
    await assert.rejects(opening, (error) => {
      assert.ok(error instanceof CheckError);
      assert.match(error.message, message);
      assert.equal(error.status, status);
      return true;
    });
  };

  await t.test("an address, or a name, the certificate is for", async () => {
    for (const tls of [{ ca }, { ca, serverName: "localhost" }, { ca: ca.toString(), cert, key }]) {
      const connection = await open(tls);
      assert.equal(String(await connection.read()), "hello");
      assert.equal(await connection.read(), undefined);
      connection.close();
    }
  });

  await t.test("another name is critical, unless names are not checked", async () => {
    const serverName = "gearmand.example.com";
    const words = /^certificate is not for gearmand\.example\.com \(.*localhost.*\)$/;
    await rejects(open({ ca, serverName }), Status.CRITICAL, words);
    const connection = await open({ ca, serverName, checkName: false });
    assert.equal(String(await connection.read()), "hello");
  });

  await t.test("a certificate of another CA is critical", async () => {
    const words = /^certificate of 127\.0\.0\.1:\d+ not trusted: unable to verify the first certificate$/;
    await rejects(open({ ca: otherCa }), Status.CRITICAL, words);
    await rejects(open({}), Status.CRITICAL, words);
    await rejects(open({ checkName: false }), Status.CRITICAL, words);
  });

  await t.test(
    "a certificate that is known by its fingerprint needs no CA and no name, and no other one will do",
    async () => {
      const { fingerprint256 } = new X509Certificate(cert);
      const connection = await open({ fingerprint: fingerprint256, serverName: "gearmand.example.com" });
      assert.equal(String(await connection.read()), "hello");
      const { fingerprint256: other } = new X509Certificate(ca);
      const words = new RegExp(
        `^certificate of 127\\.0\\.0\\.1:\\d+ is another one: its SHA-256 fingerprint is ${fingerprint256}$`,
      );
      await rejects(open({ ca, fingerprint: other }), Status.CRITICAL, words);
    },
  );

  await t.test("material that is none is unknown, before anything is connected", async () => {
    await rejects(open({ ca: "nonsense" }), Status.UNKNOWN, /^TLS CA cannot be used: /);
    await rejects(open({ ca, cert: "nonsense", key }), Status.UNKNOWN, /^TLS certificate or key cannot be used: /);
    await rejects(open({ ca, cert, key: "nonsense" }), Status.UNKNOWN, /^TLS certificate or key cannot be used: /);
  });

  const plaintext = /^TLS handshake with 127\.0\.0\.1:\d+ failed: the server seems to speak plaintext$/;
  const talkers: Readonly<Record<string, (socket: Socket) => void>> = {
    "answers in text": (socket) => socket.once("data", () => socket.write("ERR UNKNOWN_COMMAND\r\n")),
    "answers as an HTTP server": (socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    "hangs up": (socket) => socket.once("data", () => socket.end()),
    resets: (socket) => socket.once("data", () => socket.resetAndDestroy()),
  };
  for (const [what, talk] of Object.entries(talkers)) {
    await t.test(`a server that ${what} speaks plaintext`, async (t) => {
      await rejects(open({ ca }, await serve(t, talk)), Status.CRITICAL, plaintext);
    });
  }

  await t.test("a silent server is given up at the deadline", async (t) => {
    const deadline = new AbortController();
    const silent = await serve(t, (socket) => {
      socket.once("data", () => deadline.abort(new DeadlineError(Status.UNKNOWN, 3)));
    });
    const opening = Connection.open(silent, { signal: deadline.signal, tls: { ca } });
    await rejects(opening, Status.UNKNOWN, /^no TLS handshake with 127\.0\.0\.1:\d+ within 3 s$/);
  });

  await t.test("a plaintext client reaches the deadline or the end of the connection, never an answer", async () => {
    const connection = await Connection.open(tlsServer, { signal });
    connection.write("status\nversion\n");
    const first = await connection.read();
    assert.ok(first === undefined || first[0] === 0x15, "nothing or a TLS alert");
  });
});
