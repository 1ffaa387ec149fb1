// TLS: Debian's gearmand is built without it, so a front of node:tls stands before a real one.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Address } from "#test/servers/address.ts";
import { type Gearmand, startGearmand } from "#test/servers/gearmand.ts";
import { closesAfter, silent } from "#test/servers/misbehaving.ts";
import { echoes, startRawWorker } from "#test/servers/raw-worker.ts";
import { type Certificates, makeCertificates, tlsFront } from "#test/servers/tls.ts";
import { lacking } from "#test/support/debian.ts";
import { needs } from "#test/support/needs.ts";
import { check } from "./check.ts";

const real = needs("gearmand", "openssl");
// a hook's own `after` would end the servers with the first test
const stops: (() => unknown)[] = [];
const owner = { after: (stop: () => unknown) => void stops.push(stop) };
after(() => Promise.all(stops.map((stop) => stop())));

let plain: Gearmand;
let pem: Certificates;
let front: Address;

before(async () => {
  if (lacking("gearmand", "openssl") !== undefined) return;
  plain = await startGearmand(owner);
  pem = await makeCertificates(owner);
  front = await tlsFront(owner, plain.address, pem);
});

test("a server whose CA is trusted is judged as without TLS", real, async () => {
  const secure = await check("-H", front.address, "--tls-ca", pem.ca);
  assert.equal(secure.state, "OK", secure.stdout);
  assert.equal(secure.stdout, (await check("-H", plain.address)).stdout);
  assert.equal((await check("-H", `localhost:${front.port}`, "--tls", "--tls-ca", pem.ca)).state, "OK");
});

test("a job is sent and answered over TLS", real, async (t) => {
  await startRawWorker(t, plain.address, "echo", echoes);
  const { text } = await check("-H", front.address, "--tls-ca", pem.ca, "-q", "echo", "-s", "0:over TLS");
  assert.equal(text, "over TLS");
});

test("a wrong CA, and none at all", real, async () => {
  for (const args of [["--tls-ca", pem.wrongCa], ["--tls"]]) {
    const { text } = await check("-H", front.address, ...args);
    assert.match(text, /^check_gearman CRITICAL - certificate of 127\.0\.0\.1:\d+ not trusted: /);
  }
});

test("a certificate for another name, unless --tls-server-name expects it", real, async (t) => {
  const other = await tlsFront(t, plain.address, { ...pem, cert: pem.otherNameCert });
  const { text } = await check("-H", other.address, "--tls-ca", pem.ca);
  assert.match(text, /^check_gearman CRITICAL - .*certificate is not for 127\.0\.0\.1 \(/);
  const expected = await check("-H", other.address, "--tls-ca", pem.ca, "--tls-server-name", "gearmand.example.com");
  assert.equal(expected.state, "OK", expected.stdout);
});

test("a client certificate, where the server demands one", real, async (t) => {
  const strict = await tlsFront(t, plain.address, { ...pem, clientCa: pem.ca });
  assert.equal((await check("-H", strict.address, "--tls-ca", pem.ca)).state, "CRITICAL");
  const { state, stdout } = await check(
    ...["-H", strict.address, "--tls-ca", pem.ca, "--tls-cert", pem.cert, "--tls-key", pem.key],
  );
  assert.equal(state, "OK", stdout);
  const half = await check("-H", strict.address, "--tls-ca", pem.ca, "--tls-cert", pem.cert);
  assert.equal(half.text, "check_gearman UNKNOWN - --tls-cert and --tls-key belong together");
  const alone = await check("-H", strict.address, "--tls-key", pem.key);
  assert.equal(alone.text, "check_gearman UNKNOWN - --tls-cert and --tls-key belong together");
});

test("a certificate without its own key", real, async () => {
  const { text } = await check("-H", front.address, "--tls-cert", pem.wrongCa, "--tls-key", pem.key);
  assert.match(text, /^check_gearman UNKNOWN - .*TLS certificate or key cannot be used: /);
});

test("a TLS server without --tls, which hangs up without a word as gearmand does, is CRITICAL", real, async () => {
  const { text } = await check("-H", front.address);
  assert.match(text, /^check_gearman CRITICAL - \S+ closed the connection before the answer was complete \(0 bytes/);
});

test("a TLS server without --tls that sends an alert is UNKNOWN, with the option to add", async (t) => {
  const { address } = await closesAfter(t, "\x15\x03\x01\0\x02\x02\x46");
  const { text } = await check("-H", address);
  assert.equal(text, `check_gearman UNKNOWN - ${address} is not a gearmand: it speaks TLS, use --tls`);
});

test("--tls to a plaintext server", real, async () => {
  const { text } = await check("-H", plain.address, "--tls");
  assert.match(text, /^check_gearman CRITICAL - TLS handshake with \S+ failed: the server seems to speak plaintext$/);
});

test("--tls to a server that never shakes hands ends in time", async (t) => {
  const { address } = await silent(t);
  const { text } = await check("-H", address, "--tls", "-t", "4");
  assert.equal(text, `check_gearman CRITICAL - no TLS handshake with ${address} within 4 s`);
});
