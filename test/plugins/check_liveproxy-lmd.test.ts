// LMD in every state, and what is no LMD.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PeerStatus, startLmd } from "../servers/lmd.ts";
import { closesAfter, closesAtOnce, refused, webServer } from "../servers/misbehaving.ts";
import { makeCertificates, tlsFront } from "../servers/tls.ts";
import { expects, labels, run } from "../support/liveproxy-check.ts";
import { needs } from "../support/needs.ts";

test("LMD over all its transports, its peers in every state", async (t) => {
  const lmd = await startLmd(t, [{ peer_key: "id1", peer_name: "muc", status: PeerStatus.up, age: 3 }]);
  for (const address of [lmd.unix, lmd.tcp, lmd.http, `${lmd.http}/`]) {
    const answer = await expects(0, /^check_liveproxy OK - 1 site ready$/, "--lmd", address);
    assert.deepEqual(labels(answer).slice(0, 7), [
      "sites_total",
      "sites_ready",
      "sites_starting",
      "sites_down",
      "peers_up",
      "peers_down",
      "id1_response_time",
    ]);
  }
  const cases: readonly (readonly [Omit<(typeof lmd.peers)[number], "peer_key">, number, RegExp])[] = [
    [{ status: PeerStatus.stale, age: 20, last_error: "timeout" }, 1, /is stale, last update 20 s ago: timeout/],
    [
      { status: PeerStatus.down, age: 600, last_error: "connection error dial tcp\nx" },
      2,
      /is down, last update 10m ago: connection error dial tcp$/,
    ],
    [{ status: PeerStatus.broken, age: 600, last_error: "broken: got wrong" }, 2, /is broken.*broken: got wrong/],
    [{ status: PeerStatus.pending, last_error: "connecting..." }, 1, /is pending, never updated: connecting/],
    [{ status: PeerStatus.syncing, age: 3 }, 1, /is syncing/],
    [{ status: 9 }, 2, /does not know/],
    [{ status: PeerStatus.up, age: 30 }, 1, /is up, but its data are 30 s old/],
    [{ status: PeerStatus.up, age: 100 }, 2, /is up, but its data are 100 s old/],
    [{ status: PeerStatus.up, age: 100, idling: 1 }, 0, /1 site ready, 1 idling/],
  ];
  for (const [peer, code, text] of cases) {
    lmd.peers = [{ peer_key: "id1", ...peer }];
    await expects(code, text, "--lmd", lmd.tcp);
  }
  lmd.peers = [{ peer_key: "id1", peer_name: "muc", status: PeerStatus.down, age: 600 }];
  await expects(1, /\(planned\)/, "--lmd", lmd.http, "--planned", "muc");
  await expects(2, /LMD .* has no site ber/, "--lmd", lmd.http, "-s", "ber");
  lmd.peers = [];
  await expects(2, /LMD .* has no backends/, "--lmd", lmd.http);
  await expects(2, /no row in table status: no backend up/, "-H", lmd.tcp);
});

test("what is no LMD: a web server, nobody, TLS in between", needs("openssl"), async (t) => {
  const silent = `http://${(await webServer(t)).address}`;
  await expects(
    2,
    /^check_liveproxy CRITICAL - LMD http:.*: no complete answer from .* within \d(?:\.\d)? s \(0 bytes received\)$/,
    "--lmd",
    silent,
    "-t",
    "4",
    "--perfdata",
    "none",
  );
  await expects(
    2,
    /^check_liveproxy CRITICAL - LMD http:.*: failed to connect to address 127\.0\.0\.1 and port \d+: Connection refused/,
    "--lmd",
    `http://${(await refused()).address}`,
  );
  // by a reset, when the question had been sent before
  await expects(
    2,
    /LMD http:.*(?:closed the connection before the answer was complete|lost: Connection reset by peer) \(0 bytes received\)/,
    "--lmd",
    `http://${(await closesAtOnce(t)).address}`,
  );
  const ssh = `http://${(await closesAfter(t, "SSH-2.0-OpenSSH_9.2p1\r\n")).address}`;
  await expects(3, /LMD http:.*: 127\.0\.0\.1:\d+ does not speak HTTP/, "--lmd", ssh);
  const lmd = await startLmd(t, [{ peer_key: "id1", status: PeerStatus.up, age: 3 }]);
  const { ca, wrongCa, cert, key, otherNameCert } = await makeCertificates(t);
  const front = await tlsFront(t, lmd.http.slice(7), { cert, key });
  const other = await tlsFront(t, lmd.http.slice(7), { cert: otherNameCert, key });
  const https = (address: string) => `https://${address}`;
  await expects(3, /HTTP status 404 \(is it an LMD\?\)$/, "--lmd", `${lmd.http}/elsewhere`, "--perfdata", "none");
  await expects(0, /1 site ready/, "--lmd", https(front.address), "--tls-ca", ca);
  await expects(2, /LMD https:.*certificate of .* not trusted: /, "--lmd", https(front.address), "--tls-ca", wrongCa);
  await expects(2, /LMD https:.*certificate is not for 127\.0\.0\.1/, "--lmd", https(other.address), "--tls-ca", ca);
  await expects(0, /1 site ready/, "--lmd", https(other.address), "--tls-ca", ca, "--tls-no-name-check");
  lmd.peers = [{ peer_key: "id1", status: PeerStatus.down, last_error: "x".repeat(1024 * 1024) }];
  await expects(3, /LMD http:.*: answer from 127\.0\.0\.1:\d+ is longer than 1 MiB/, "--lmd", lmd.http);
});

test("the whole answer, character by character", async (t) => {
  const lmd = await startLmd(t, [
    { peer_key: "a", peer_name: "Munich", status: PeerStatus.down, last_error: "refused" },
    { peer_key: "b", status: PeerStatus.stale, last_error: "timeout" },
  ]);
  const { stdout, code } = await run("--lmd", lmd.unix, "--perfdata-filter", "^(?:sites|peers|a_q)");
  assert.equal(
    stdout,
    "check_liveproxy CRITICAL - Site a (Munich) is down, never updated: refused. Site b is stale, never updated: timeout." +
      " | 'sites_total'=2;;;0 'sites_ready'=1;;;0;2 'sites_starting'=0;;;0;2 'sites_down'=1;;;0;2 'peers_up'=0;;;0;2 'peers_down'=2;;;0;2 'a_queries'=7c;;;0\n",
  );
  assert.equal(code, 2);
});
