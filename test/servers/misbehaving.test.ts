import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";

import { needs } from "../support/needs.ts";
import { type Address, connectOptions } from "./address.ts";
import { adminCommand, queueCounts } from "./admin.ts";
import { fakeGearmand } from "./fake-gearmand.ts";
import { registerQueues } from "./gearman-worker.ts";
import { startGearmand } from "./gearmand.ts";
import * as bad from "./misbehaving.ts";
import { splitBody, Type } from "./packet.ts";
import { RawConnection } from "./raw-connection.ts";
import { makeCertificates, tlsFront } from "./tls.ts";

/** Everything a server says to `status` and `version` until it hangs up, or until `enough` bytes are there. */
async function converse({ address }: Address, enough = Infinity): Promise<Buffer> {
  const socket = connect(connectOptions(address));
  socket.write("status\nversion\n");
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= enough) break;
  }
  return Buffer.concat(chunks);
}

test("nobody listens on the refused port", async () => {
  await assert.rejects(converse(await bad.refused()), /ECONNREFUSED/);
});

test("early ends come with and without data", async (t) => {
  assert.equal((await converse(await bad.closesAfter(t, ""))).length, 0);
  assert.equal((await converse(await bad.closesAfter(t, "host\t0"))).toString(), "host\t0");
  await assert.rejects(converse(await bad.resets(t)), /ECONNRESET/);
});

test("pieces have the ordered size and make up the whole answer", async (t) => {
  const whole = `${bad.HEALTHY_STATUS}OK 1.1.20\n`;
  const answer = await converse(await bad.inPieces(t, 1), whole.length);
  assert.equal(answer.toString(), whole);
});

test("the slow server sends one byte in the first second", async (t) => {
  const { host, port } = await bad.oneByteASecond(t);
  const socket = connect(port, host);
  t.after(() => socket.destroy());
  socket.write("status\n");
  const [first] = (await once(socket, "data")) as [Buffer];
  assert.equal(first.toString(), "h");
});

test("the web server refuses a job server's words", async (t) => {
  assert.match((await converse(await bad.webServer(t))).toString(), /^HTTP\/1\.1 400 Bad Request\r\n/);
});

test("noise repeats itself for the same seed only", async (t) => {
  const answer = await converse(await bad.garbage(t, 7));
  assert.deepEqual(answer, bad.noise(4096, 7));
  assert.notDeepEqual(answer, bad.noise(4096, 8));
});

test("the endless answer passes 64 MiB and notices that nobody reads on", async (t) => {
  const server = await bad.endless(t);
  assert.ok((await converse(server, 65 * 1024 * 1024)).length > 64 * 1024 * 1024);
  const { host, port } = server;
  const before = server.sent();
  const socket = connect(port, host);
  t.after(() => socket.destroy());
  socket.write("status\n");
  await new Promise((resolve) => setTimeout(resolve, 300));
  // what the kernel buffers on both sides, and no more
  assert.ok(server.sent() - before < 32 * 1024 * 1024);
});

test("a real job server takes the hostile names and prints them raw", needs("gearmand"), async (t) => {
  const { address } = await startGearmand(t);
  const { "a forged end of the list": _forged, ...names } = bad.HOSTILE_NAMES;
  await registerQueues(t, address, Object.values(names));
  const status = await adminCommand(address, "status");
  for (const name of Object.values(names)) assert.ok(`\n${status}`.includes(`\n${name}\t0\t0\t1\n`), name);
});

test(
  "TLS in front of a job server: right CA, wrong CA, wrong name, client certificate",
  needs("gearmand", "openssl"),
  async (t) => {
    const { address } = await startGearmand(t);
    const certificates = await makeCertificates(t);
    const read = (path: string) => readFileSync(path, "utf8");
    const version = async ({ host, port }: Address, ca: string, client?: { cert: string; key: string }) => {
      const socket = connectTls({ host, port, ca: read(ca), ...client });
      t.after(() => socket.destroy());
      await once(socket, "secureConnect");
      socket.write("version\n");
      const [answer] = (await once(socket, "data")) as [Buffer];
      return answer.toString();
    };
    const front = await tlsFront(t, address, certificates);
    assert.match(await version(front, certificates.ca), /^OK /);
    await assert.rejects(version(front, certificates.wrongCa), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });

    const otherName = await tlsFront(t, address, { ...certificates, cert: certificates.otherNameCert });
    await assert.rejects(version(otherName, certificates.ca), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });

    const strict = await tlsFront(t, address, { ...certificates, clientCa: certificates.ca });
    await assert.rejects(version(strict, certificates.ca));
    const client = { cert: read(certificates.cert), key: read(certificates.key) };
    assert.match(await version(strict, certificates.ca, client), /^OK /);
  },
);

test("the stand-in answers admin commands, echoes, and does jobs", async (t) => {
  const server = await fakeGearmand(t, {
    queues: {
      host: { total: 3, running: 1, workers: 2 },
      worker_a: { workers: 1, answer: (payload) => `got ${payload}` },
    },
  });
  assert.equal(await adminCommand(server.address, "status"), "host\t3\t1\t2\nworker_a\t0\t0\t1\n.\n");
  assert.equal(await adminCommand(server.address, "version"), "OK 1.1.20\n");
  assert.equal((await adminCommand(server.address, "workers")).split("\n").length, 5);
  assert.match(await adminCommand(server.address, "nonsense"), /^ERR UNKNOWN_COMMAND/);

  const client = await RawConnection.open(server.address);
  t.after(() => client.close());
  await client.sync();
  client.send(Type.SUBMIT_JOB_HIGH, "worker_a", "", "x\0y");
  assert.equal((await client.reply()).type, Type.JOB_CREATED);
  const { type, body } = await client.reply();
  assert.equal(type, Type.WORK_COMPLETE);
  assert.equal(splitBody(body, 2)[1]?.toString(), "got x\0y");

  client.send(Type.SUBMIT_JOB, "nobody", "", "x");
  assert.equal((await client.reply()).type, Type.JOB_CREATED);
  assert.deepEqual((await queueCounts(server.address)).get("nobody"), { total: 1, running: 0, workers: 0 });
});
