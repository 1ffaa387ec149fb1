import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";

import { startCannedCore, status } from "../servers/canned-core.ts";
import { startGearmand } from "../servers/gearmand.ts";
import { type Icinga, startIcinga } from "../servers/icinga2.ts";
import { fixed16 } from "../servers/liveproxyd/answer.ts";
import { startLiveproxyd } from "../servers/liveproxyd/start.ts";
import { PeerStatus, startLmd } from "../servers/lmd.ts";
import { closesAfter, closesAtOnce, refused, webServer } from "../servers/misbehaving.ts";
import { makeCertificates, tlsFront } from "../servers/tls.ts";
import { startZombie } from "../servers/zombie.ts";
import { patiently, pluginCommand, runPlugin } from "../support/exec.ts";
import { needs } from "../support/needs.ts";
import { spawnOwned } from "../support/owner.ts";
import { parseOutput } from "../support/perfdata.ts";
import { temporaryFolder } from "../support/proc-tree.ts";
import { until } from "../support/until.ts";

const memories = mkdtempSync(join(tmpdir(), "liveproxy-"));
after(() => rmSync(memories, { recursive: true, force: true }));
let runs = 0;

/** An answer takes its time on a busy machine. */
const PATIENT = { "-t": "50", "-w": "30", "-c": "40" };

/** Runs it without a memory of other runs. */
const run = (...args: readonly string[]) =>
  runPlugin("check_liveproxy", patiently(args, PATIENT), { env: { MP_STATE_PATH: join(memories, `${runs++}`) } });

/** Runs it, and takes its answer apart: whatever it says must be well-formed. */
async function check(...args: readonly string[]) {
  const { code, stdout, stderr } = await run(...args);
  assert.equal(stderr, "");
  return { code, stdout, ...parseOutput(stdout) };
}

/** Verdict and first line. */
async function expects(code: number, text: RegExp, ...args: readonly string[]) {
  const answer = await check(...args);
  assert.match(answer.text, text);
  assert.equal(answer.code, code, answer.stdout);
  return answer;
}

const labels = ({ perfdata }: { perfdata: readonly { label: string }[] }) => perfdata.map(({ label }) => label);

const stops: (() => unknown)[] = [];
after(async () => {
  for (const stop of stops) await stop();
});
let icinga: Promise<Icinga> | undefined;

/** One for the whole file; a test leaves it running. */
function realCore(): Promise<Icinga> {
  icinga ??= startIcinga({ after: (stop) => void stops.push(stop) });
  return icinga;
}

test("a real icinga2", needs("icinga2", "openssl"), async (t) => {
  const core = await realCore();
  const unix = `unix:${core.socket}`;

  await t.test("answers over its Unix socket and over TCP", async () => {
    const answer = await expects(
      0,
      /^check_liveproxy OK - 2 sites ready, slowest /,
      "-H",
      unix,
      "-H",
      core.address,
      "-v",
    );
    assert.match(answer.stdout, /r2\.\d+\.\d+\S*-icinga2, started \d+ s ago, answered in \d+\.\d{3} s/);
    assert.equal(labels(answer).length, 6);
    await expects(0, /1 site ready/, "-H", `tcp:${core.address}`);
  });

  await t.test("is no LMD", async () => {
    await expects(3, /error 404: Table 'sites' does not exist\. \(is it an LMD\?\)/, "--lmd", unix);
  });

  await t.test("speaks TLS through a front, whose certificate must be trusted", async (t) => {
    const { ca, wrongCa, cert, key, otherNameCert } = await makeCertificates(t);
    const front = await tlsFront(t, core.address, { cert, key });
    const other = await tlsFront(t, core.address, { cert: otherNameCert, key });
    await expects(0, /1 site ready/, "-H", front.address, "--tls-ca", ca);
    await expects(0, /1 site ready/, "-H", `tls:${front.address}`, "--tls-ca", ca);
    await expects(2, /certificate of .* not trusted/, "-H", front.address, "--tls-ca", wrongCa);
    await expects(2, /certificate is not for 127\.0\.0\.1/, "-H", other.address, "--tls-ca", ca);
    await expects(0, /1 site ready/, "-H", other.address, "--tls-ca", ca, "--tls-no-name-check");
    await expects(2, /not trusted/, "-H", other.address, "--tls-ca", wrongCa, "--tls-no-name-check");
    await expects(2, /closed without an answer|TLS alert/, "-H", front.address);
    await expects(
      2,
      /no TLS handshake within \d(?:\.\d)? s, encryption setting wrong\?/,
      "-H",
      core.address,
      "--tls",
      "-t",
      "4",
    );
  });

  await t.test("hangs with all its places taken, and answers as soon as one is free", async () => {
    const idle = Array.from({ length: 40 }, () => connect(core.port, core.host));
    await Promise.all(idle.map((socket) => once(socket, "connect")));
    await expects(2, /no answer within \d(?:\.\d)? s \(connected\)/, "-H", core.address, "-t", "4");
    for (const socket of idle) socket.destroy();
    await expects(0, /1 site ready/, "-H", core.address);
  });

  await t.test("frozen: connected, and no answer", async () => {
    core.freeze();
    await expects(
      2,
      /^check_liveproxy CRITICAL - unix:.*: no answer within \d(?:\.\d)? s \(connected\)$/,
      "-H",
      unix,
      "-t",
      "4",
    );
    core.thaw();
    await expects(0, /1 site ready/, "-H", unix);
  });

  await t.test("reloads without a false alarm, and says so when asked to", async () => {
    core.reload();
    for (let n = 0; n < 15; n += 1) await expects(0, /ready/, "-H", unix, "-H", core.address, "--perfdata", "none");
    await expects(1, /core restarted or reloaded \d+ s ago/, "-H", unix, "--restart-warning", "10m");
  });

  await t.test("stopped: its socket stays behind", async () => {
    await core.stop();
    await expects(2, /failed to connect to socket .*: Connection refused/, "-H", unix);
    await expects(2, /failed to connect to address 127\.0\.0\.1 .*: Connection refused/, "-H", core.address);
    await core.start();
    await expects(0, /1 site ready/, "-H", unix);
  });

  await t.test("its newest check tells frozen data", async () => {
    await until(
      async () => (await run("-H", unix, "--fresh-warning", "60")).code === 0,
      async () => "a first check",
    );
    await expects(2, /answers, but checked nothing for \d+ s/, "-H", unix, "--fresh-critical", "0.001");
  });
});

test("liveproxyd in front of a real icinga2", needs("icinga2"), async (t) => {
  const core = await realCore();
  const proxy = await startLiveproxyd(t, {
    sites: [{ id: "muc", target: core.socket }],
    busyText: "Kein Kanal frei (%d)",
    restartMs: null,
  });
  const ready = () => proxy.untilState(/State: +ready/);
  await ready();
  const by = ({ root }: typeof proxy, ...args: readonly string[]) => [
    ...["--omd-root", root, "--reset-warning", "0"],
    ...args,
  ];
  const proxied = (...args: readonly string[]) => by(proxy, ...args);

  await t.test("ready", async () => {
    const answer = await expects(
      0,
      /^check_liveproxy OK - 1 site ready, answered in \d+\.\d+ s, state file \d+ s old$/,
      ...proxied(),
    );
    const expected = [
      "time",
      "channels",
      "channels_busy",
      "clients",
      "heartbeats",
      "heartbeat_age",
      "cached",
      "last_reset",
      "fds",
      "threads",
    ];
    assert.deepEqual(labels(answer), [
      ...["sites_total", "sites_ready", "sites_starting", "sites_down", "state_age"],
      ...expected.map((what) => `muc_${what}`),
    ]);
    await expects(0, /1 site ready/, "-s", "muc", ...proxied());
    const byHand = ["--socket-dir", join(proxy.root, "tmp/run/liveproxy")];
    await expects(0, /1 site ready, answered in \d+\.\d+ s$/, ...byHand);
    const environment = { env: { OMD_ROOT: proxy.root, MP_STATE_PATH: join(memories, "environment") } };
    assert.equal(
      (await runPlugin("check_liveproxy", patiently(["--reset-warning", "0"], PATIENT), environment)).code,
      0,
    );
  });

  await t.test("fewer channels than there should be", async () => {
    await expects(1, /Site muc is ready with 2 of 5 channels/, ...proxied("--channels-warning", "5:"));
  });

  await t.test("just reset", async () => {
    await core.stop();
    await proxy.untilState(/State: +starting[\s\S]*Errno 111/);
    await expects(
      1,
      /^check_liveproxy WARNING - Site muc is starting for \d+ s: \[Errno 111\] Connection refused$/,
      ...proxied(),
    );
    await expects(2, /Site muc not connected for \d+ s: \[Errno 111\] Connection refused/, ...proxied("--grace", "0"));
    await expects(1, /\(planned\)/, ...proxied("--grace", "0", "--planned", "muc"));
    await core.start();
    await ready();
  });

  await t.test("all channels in use: its own words for it do not matter", async () => {
    // a heartbeat that is on its way when the core freezes would hold a channel
    await proxy.set("muc", { mute: true });
    await proxy.untilState(/ - ready[\s\S]* - ready/);
    core.freeze();
    const ask = "GET status\nResponseHeader: fixed16\nKeepAlive: on\nColumns: program_start\n\n";
    const clients = [connect(proxy.socket("muc")), connect(proxy.socket("muc"))];
    for (const client of clients) client.on("error", () => {}).write(ask);
    await proxy.untilState(/busy[\s\S]*busy/);
    await expects(
      2,
      /Proxy: site muc has 2 of 2 channels busy, \d+ clients? waiting \(error 502: Kein Kanal frei \(2\)\)/,
      ...proxied(),
    );
    for (const client of clients) client.destroy();
    core.thaw();
    await ready();
    await proxy.set("muc", {});
  });

  await t.test("a frozen core: the heartbeat is missed, the site is dead", async (t) => {
    const sites = [{ id: "muc", target: core.socket }];
    const hasty = await startLiveproxyd(t, { sites, heartbeatTimeoutMs: 400 });
    core.freeze();
    await hasty.untilState(/State: +starting[\s\S]*Heartbeat timed out/);
    await expects(
      2,
      /Site muc(?:: the proxy reports error 502: .*|: no answer .*| not connected.*)Heartbeat timed out/,
      ...by(hasty, "--grace", "0"),
    );
    core.thaw();
  });

  await t.test("a site process killed, and started again", async () => {
    const pid = await proxy.sitePid("muc");
    assert.ok(pid !== undefined);
    process.kill(pid, "SIGKILL");
    await until(
      async () => (await proxy.sitePid("muc")) === undefined,
      async () => "the end of the process",
    );
    // the socket file stays: nobody listens
    const answer = await check(...proxied());
    assert.match(answer.text, /Proxy: (?:stale socket, )?site process of muc is (?:gone|missing)/);
    assert.notEqual(answer.code, 0);
    await proxy.restart("muc");
    await until(
      async () => (await proxy.sitePid("muc")) !== undefined,
      async () => "a new process",
    );
    await ready();
    await until(
      async () => (await run(...proxied())).code === 0,
      async () => "OK again",
    );
  });

  await t.test("the master killed: pid file and sockets stay behind", async () => {
    await proxy.end("SIGKILL");
    await until(
      async () => (await run(...proxied())).code === 2,
      async () => "the sites' end",
    );
    await expects(
      2,
      /^check_liveproxy CRITICAL - Proxy: liveproxyd is not running \(pid file .*liveproxyd\.pid stale, written \d+ s ago, no process \d+, state file last written \d+ s ago\)$/,
      ...proxied(),
    );
  });
});

async function cannedProxy(t: TestContext, options: Partial<Parameters<typeof startLiveproxyd>[1]> = {}) {
  const core = await startCannedCore(t);
  const proxy = await startLiveproxyd(t, {
    sites: [
      { id: "muc", target: core.socket },
      { id: "ber", target: core.socket },
    ],
    ...options,
  });
  await proxy.untilState(/\[muc\]\n {2}State: +ready/);
  await proxy.untilState(/\[ber\]\n {2}State: +ready/);
  return { core, proxy, args: ["--omd-root", proxy.root] };
}

test("what a site of the proxy may do to a client", async (t) => {
  const { core, proxy, args } = await cannedProxy(t, { isSingle: true });
  const expectSite = async (fault: Parameters<typeof proxy.set>[1], code: number, text: RegExp, ...more: string[]) => {
    await proxy.set("ber", fault);
    return expects(code, text, ...args, "--perfdata", "none", ...more);
  };
  await expectSite({ client: "close" }, 2, /Site ber: connection closed without an answer \(server restarting/);
  const hung = await expectSite(
    { client: "hang" },
    2,
    /Site ber: no answer within \d(?:\.\d)? s \(connected\) .*state file says ready: hung/,
    "-t",
    "4",
    "-v",
  );
  assert.match(hung.stdout, /\nmuc \(.*answered in/);
  await expectSite(
    { client: { bytes: "No UNIX socket /x\n" } },
    2,
    /Site ber: not a Livestatus answer: 'No UNIX socket \/x'/,
  );
  await expectSite({ client: { bytes: fixed16(200, "") } }, 2, /Site ber: answers without data \(empty\)/);
  await expectSite(
    { client: { bytes: fixed16(200, "[[1,2").slice(0, 18) } },
    2,
    /Site ber: the answer broke off after 18 of 21 bytes/,
  );
  await expectSite({ error: { code: 495, text: "nope" } }, 2, /Certificate of site ber not trusted: error 495: nope/);
  await expectSite(
    { error: { code: 599, text: "a|b;c\u001b[31m\u202e" } },
    2,
    /the proxy reports error 599: a\/b,c\?\[31m\?/,
  );
  await expectSite({ delayMs: 300 }, 1, /Site ber took \d+\.\d{3} s to answer/, "-w", "0.2");
  await expectSite({ state: "half dead" }, 0, /2 sites ready/);
  await proxy.set("ber", { error: { code: 503, text: "x" }, state: "half dead" });
  await expects(2, /Site ber not connected for \d+ s \(state half dead\): error 503: x/, ...args, "--perfdata", "none");
  await expectSite({ omitted: true }, 0, /2 sites ready/);
  await expectSite({}, 0, /^check_liveproxy OK - 2 sites ready, slowest /);
  await expectSite({ client: "close" }, 0, /1 site ready/, "--exclude", "b*");
  await expectSite({ client: "close" }, 0, /1 site ready/, "--include", "~^mu");
  await expectSite({ client: "close" }, 3, /nothing to check/, "--include", "x");
  await expectSite({ client: "close" }, 1, /Site ber: .*\(planned\)$/, "-s", "muc, ber", "--planned", "x,ber");
  await expectSite(
    { client: "close" },
    0,
    /2 sites ready/,
    "-s",
    "muc",
    "-H",
    `${core.socket},unix:${core.socket}`,
    "--exclude",
    "muc",
  );
  const one = await expectSite(
    { client: "close" },
    1,
    /1 of 2 sites down/,
    "--down-warning",
    "0",
    "--down-critical",
    "1",
  );
  assert.match(one.stdout, /\ndown: Site ber: connection closed/);
});

test("a state file that stops, or is dated back", async (t) => {
  const { proxy, args } = await cannedProxy(t, { isSingle: true });
  await proxy.dump({ agedMs: 180_000 });
  await expects(1, /Proxy: state file is 3m old .*yet all sites answer/, ...args);
  await proxy.dump({ agedMs: -7_200_000 });
  await expects(1, /dated (?:119m|2h) in the future/, ...args);
  await proxy.set("ber", { client: "close" });
  await proxy.dump({ agedMs: 180_000 });
  await expects(2, /state file is 3m old \(.*\): master or site process hangs\./, ...args);
});

test("processes: stopped cleanly, and orphans of a master that was killed", async (t) => {
  const clean = await cannedProxy(t);
  await clean.proxy.end("SIGTERM");
  await until(
    async () => (await run(...clean.args)).code === 2,
    async () => "the sites' end",
  );
  await expects(2, /Proxy: liveproxyd is not running \(no pid file /, ...clean.args);

  const orphaned = await cannedProxy(t, { orphans: true });
  const pids = await Promise.all(["muc", "ber"].map((id) => orphaned.proxy.sitePid(id)));
  t.after(() => {
    for (const pid of pids) if (pid !== undefined) process.kill(pid, "SIGKILL");
  });
  await orphaned.proxy.end("SIGKILL");
  await expects(
    2,
    /Proxy: orphaned site process liveproxyd\[(?:muc|ber)\] \(pid \d+\) and 1 more.*stale, written .* yet 2 sites of 2 can be reached/,
    ...orphaned.args,
  );
});

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

test("one connection for a site, closed at the end; a second one only when the first was closed without a byte", async (t) => {
  const core = await startCannedCore(t);
  await expects(0, /1 site ready/, "-H", core.socket);
  // the core may hear of it after the check has ended
  await until(
    async () => core.connections().open === 0,
    async () => "the end of the connection",
  );
  assert.equal(core.connections().taken, 1);
  for (const query of core.queries())
    assert.match(query, /^GET status\nResponseHeader: fixed16\n(?!.*^(?:Cache|COMMAND|Separators))/ms);
  let isFirst = true;
  const flaky = await startCannedCore(t, {
    answer(_query, _nth, socket) {
      if (!isFirst) return status();
      isFirst = false;
      socket.destroy();
      return undefined;
    },
  });
  await expects(0, /1 site ready/, "-H", flaky.socket);
  assert.equal(flaky.connections().taken, 2);
  const never = await startCannedCore(t, { answer: (_query, _nth, socket) => void socket.destroy() });
  await expects(2, /closed without an answer/, "-H", never.socket);
  assert.equal(never.connections().taken, 2);
});

test("a core that closes on an unknown column is asked again for those that all cores have", async (t) => {
  const core = await startCannedCore(t, {
    answer(query, _nth, socket) {
      if (!query.includes("livestatus_usage")) return status();
      socket.end(fixed16(452, "Error: Column 'livestatus_usage' does not exist"));
      return undefined;
    },
  });
  await expects(0, /1 site ready/, "-H", core.socket);
  assert.equal(core.connections().taken, 2);
});

test("a connection that nobody serves any more is given up for a second one, where an answer so late is critical", async (t) => {
  const core = await startCannedCore(t, { answer: (_query, nth) => (nth === 1 ? undefined : status()) });
  await expects(0, /1 site ready/, "-H", core.socket, "-c", "0.5");
  assert.equal(core.connections().taken, 2);
  core.hold(true);
  await expects(2, /no answer within \d(?:\.\d)? s \(connected\)/, "-H", core.socket, "-c", "0", "-t", "4");
  assert.equal(core.connections().taken, 3);
});

test("500 sites, one of which hangs, and forty: everybody else's verdict is in the answer", async (t) => {
  const core = await startCannedCore(t);
  const sites = Array.from({ length: 500 }, (_, n) => ({ id: `site${n}`, target: core.socket, channels: 1 }));
  const proxy = await startLiveproxyd(t, { sites, isSingle: true, stateIntervalMs: 1000, heartbeatMs: 60_000 });
  await proxy.untilState(/\[site499\]\n {2}State: +ready/);
  const args = [
    "--omd-root",
    proxy.root,
    "--perfdata",
    "totals",
    "--heartbeat-warning",
    "0",
    "--heartbeat-critical",
    "0",
    "-w",
    "0",
    "-c",
    "0",
  ];
  const all = await expects(0, /500 sites ready/, ...args);
  assert.equal(all.perfdata.find(({ label }) => label === "sites_ready")?.value, 500);
  for (let hung = 1; hung <= 40; hung += 39) {
    for (let n = 0; n < hung; n += 1) await proxy.set(`site${n * 7}`, { client: "hang" });
    const answer = await expects(2, /Site site0: no answer within/, ...args, "-t", "10");
    const value = (label: string) => answer.perfdata.find((item) => item.label === label)?.value;
    assert.deepEqual([value("sites_ready"), value("sites_down")], [500 - hung, hung]);
  }
});

test("sites that hang keep nobody from having the time that -c allows", async (t) => {
  const core = await startCannedCore(t);
  const fault = (n: number) => (n < 80 ? { client: "hang" as const } : { delayMs: 1000 });
  const sites = Array.from({ length: 200 }, (_, n) => ({
    id: `s${n}`,
    target: core.socket,
    channels: 1,
    fault: fault(n),
  }));
  const proxy = await startLiveproxyd(t, { sites, isSingle: true, stateIntervalMs: 1000, heartbeatMs: 60_000 });
  await proxy.untilState(/\[s199\]\n {2}State: +ready/);
  const args = ["--omd-root", proxy.root, "--perfdata", "totals", "-w", "0", "-t", "12"];
  const answer = await expects(2, /Site s0: no answer within \d+(?:\.\d)? s/, ...args, "--heartbeat-warning", "0");
  const value = (label: string) => answer.perfdata.find((item) => item.label === label)?.value;
  assert.deepEqual([value("sites_ready"), value("sites_down")], [120, 80]);
});

/** Runs a line of shell whose `$0` and `$@` are given. */
async function inShell(line: string, ...args: readonly string[]) {
  const child = spawn("/bin/sh", ["-c", line, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout };
}

test("sites there is no descriptor and no time for are not judged, apart from those that hang", async (t) => {
  const folder = temporaryFolder(t);
  const core = await startCannedCore(t);
  core.hold(true);
  for (let n = 0; n < 100; n += 1) symlinkSync(core.socket, join(folder, `s${n}`));
  const names = Array.from({ length: 100 }, (_, n) => `s${n}`).join();
  const [program, ...before] = pluginCommand("check_liveproxy");
  const args = [...before, "--socket-dir", folder, "-s", names, "-c", "2", "-t", "4"];
  const { status: code, stdout } = await inShell('ulimit -n 64; exec "$0" "$@"', program, ...args);
  const [, judged, needed] =
    /(\d+) sites not judged, the time was over \(s\d+, s\d+, s\d+ and \d+ more\): -t (\d+) would do/.exec(stdout) ?? [];
  assert.ok(Number(judged) >= 50 && Number(judged) < 100, stdout);
  assert.ok(Number(needed) > 4, stdout);
  assert.match(stdout, /^check_liveproxy CRITICAL - Site s0: no answer within/);
  assert.match(stdout, new RegExp(`'sites_down'=${100 - Number(judged)};`));
  assert.equal(code, 2);
});

test("what is late has the state that -t names", async (t) => {
  const core = await startCannedCore(t);
  core.hold(true);
  const unix = `unix:${core.socket}`;
  await expects(
    3,
    /^check_liveproxy UNKNOWN - unix:\S+: no answer within \d(?:\.\d)? s \(connected\)$/,
    "-H",
    unix,
    "-t",
    "4:UNKNOWN",
  );
  await expects(
    1,
    /^check_liveproxy WARNING - LMD \S+: no answer within \d(?:\.\d)? s \(connected\)$/,
    "--lmd",
    unix,
    "-t",
    "4:warning",
  );
});

test("a state file is as old as it was when it was read, however long a site is waited for", async (t) => {
  const core = await startCannedCore(t);
  core.hold(true);
  const file = join(temporaryFolder(t), "state");
  writeFileSync(file, "Current state:\n[live]\n  State:                   ready\n");
  const writtenMs = Date.now();
  utimesSync(file, writtenMs / 1000, writtenMs / 1000);
  const asking = check("--socket-dir", join(core.socket, ".."), "--state-file", file, "--channels-warning", "0:");
  await until(
    async () => core.queries().length > 0,
    async () => "the query",
  );
  const askedMs = Date.now();
  setTimeout(() => core.hold(false), 3000);
  const { perfdata, stdout } = await asking;
  const age = perfdata.find(({ label }) => label === "state_age")?.value ?? Number.NaN;
  assert.ok(age <= (askedMs - writtenMs) / 1000, stdout);
});

test("a gearmand is said to be one, and no outage", needs("gearmand"), async (t) => {
  const { address } = await startGearmand(t);
  const words = (what: string) =>
    new RegExp(`^check_liveproxy UNKNOWN - ${what}: not a Livestatus answer: 'ERR .*' \\(a gearmand\\)$`);
  await expects(3, words(address), "-H", address);
  await expects(3, words(`LMD ${address}`), "--lmd", address);
});

test("a master that is a zombie is not running", async (t) => {
  const core = await startCannedCore(t);
  const proxy = await startLiveproxyd(t, { sites: [{ id: "muc", target: core.socket }] });
  await proxy.untilState(/State: +ready/);
  const pidFile = join(temporaryFolder(t), "pid");
  writeFileSync(pidFile, `${await startZombie(t)}\n`);
  const words = /^check_liveproxy CRITICAL - Proxy: liveproxyd is not running \(pid file \S+ stale, /;
  await expects(2, words, "--pidfile", pidFile, "--state-file", join(proxy.root, "var/log/liveproxyd.state"));
});

// however soon the program starts
test("a site that there was no time to ask is not said to fail", async (t) => {
  const core = await startCannedCore(t);
  await expects(
    3,
    /^check_liveproxy UNKNOWN - 1 site not judged, the time was over \(\/.*\): -t \d+ would do$/,
    "-H",
    core.socket,
    "-t",
    "0.001",
  );
  assert.equal(core.connections().taken, 0);
});

test("more sites than any proxy has are not looked at", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "state");
  const list = (count: number) =>
    writeFileSync(file, `Current state:\n${"[x]\n".repeat(count).replace(/x/g, () => `s${n++}`)}`);
  let n = 0;
  list(1_000_000);
  await expects(3, /^check_liveproxy UNKNOWN - State file \S+ is too large$/, "--state-file", file, "-t", "5");
  await expects(3, /^check_liveproxy UNKNOWN - nothing to check/, "--state-file", file, "--socket-dir", folder);
  list(5000);
  const all = await expects(
    2,
    /no socket for site s/,
    "--state-file",
    file,
    "--socket-dir",
    folder,
    "--perfdata",
    "totals",
  );
  assert.equal(all.perfdata.find(({ label }) => label === "sites_down")?.value, 5000);
  const names = Array.from({ length: 5001 }, (_, one) => ["-s", `s${one}`]).flat();
  await expects(
    3,
    /^check_liveproxy UNKNOWN - 5001 sites are more than this check looks at/,
    "--socket-dir",
    folder,
    ...names,
  );
});

test("a pid that an editor of the proxy's files has now is not the proxy's", async (t) => {
  const folder = temporaryFolder(t);
  const script = `process.title = "vi /omd/sites/x/etc/check_mk/liveproxyd.mk"; process.stdout.write("up"); setInterval(() => {}, 1000)`;
  const child = spawnOwned(t, process.execPath, ["-e", script, "x".repeat(100)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout as NodeJS.ReadableStream, "data");
  const pidFile = join(folder, "pid");
  writeFileSync(pidFile, `${child.pid}\n`);
  const words = /Proxy: liveproxyd is not running \(pid file \S+ stale, process \d+ is vi /;
  await expects(2, words, "--socket-dir", folder, "--pidfile", pidFile, "-s", "muc");
});

test("two whole masters, each with site processes", async (t) => {
  const { proxy, args } = await cannedProxy(t);
  await expects(0, /2 sites ready/, ...args);
  const again = [join(proxy.root, "liveproxyd.mjs"), "master", join(proxy.root, "config.json")];
  spawnOwned(t, process.execPath, again, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  // the sockets go over to the second, whose pid is in the file
  const words =
    /Proxy: two masters \(pids (\d+), (\d+)\), each with site processes: the channels of each on every core/;
  let text = "";
  await until(
    async () => {
      ({ text } = await check(...args, "--reset-warning", "0"));
      return words.test(text);
    },
    async () => `two masters in ${text}`,
  );
  assert.ok(words.exec(text)?.includes(`${proxy.pid}`), text);
});

test("a state file that is a device, and a pid file that holds no pid", async (t) => {
  const { args } = await cannedProxy(t);
  const device = join(temporaryFolder(t), "state");
  symlinkSync("/dev/zero", device);
  const answer = await expects(
    0,
    /^check_liveproxy OK - 2 sites ready, slowest \S+ in \d+\.\d+ s$/,
    ...args,
    "--state-file",
    device,
  );
  assert.match(answer.stdout, /\nnote: State file \S+ is no state file\n/);
  assert.doesNotMatch(answer.stdout, /state_age|state file \d+/);
  const pidFile = join(temporaryFolder(t), "pid");
  writeFileSync(pidFile, "abc\n");
  utimesSync(pidFile, 1, 1);
  await expects(1, /Proxy: pid file \S+ holds no pid, yet 2 sites of 2 can be reached/, ...args, "--pidfile", pidFile);
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

const CA = join(memories, "ca.pem");
writeFileSync(CA, "-----BEGIN CERTIFICATE-----\n");

const USAGE: readonly (readonly [RegExp, ...string[]])[] = [
  [/nothing to check: need -O/],
  [/'\.\.\/x' is not the name of a site/, "-O", "../x"],
  [/'a\/b' is not the name of a site/, "-O", "x", "-s", "a/b"],
  [/-O and --omd-root exclude each other/, "-O", "x", "--omd-root", "/y"],
  [/'x:y:z' is not an address/, "-H", "x:y:z"],
  [/a Unix socket has an absolute path/, "-H", "unix:x"],
  [/'80%%' is neither a number nor a percentage/, "-H", "x", "--busy-warning", "80%%"],
  [/'soon' is not a time/, "-H", "x", "--grace", "soon"],
  [/'20:10' is not a threshold range/, "-H", "x", "--down-critical", "20:10"],
  [/^check_liveproxy UNKNOWN - no OMD site nosuch \(\/omd\/sites\/nosuch\)$/, "-O", "nosuch"],
  [/^check_liveproxy UNKNOWN - no OMD site at \/proc\/nowhere$/, "--omd-root", "/proc/nowhere"],
  [/-O is given twice/, "-O", "x", "-O", "y"],
  [/'' is not the name of a site/, "-O", "x", "-s", "muc,,ber"],
  [/leave them out of the address/, "--lmd", "http://a:b@c"],
  [/-s selects sites of a proxy or an LMD, and means nothing with -H alone/, "-H", "x", "-s", "muc"],
  [/--include selects sites of a proxy or an LMD, and means nothing with -H alone/, "-H", "x", "--include", "x*"],
  [/--exclude selects sites of a proxy or an LMD, and means nothing with -H alone/, "-H", "x", "--exclude", "y"],
  [/--tls means nothing here: no address that is asked can speak TLS/, "-H", "unix:/x", "--tls"],
  [/--tls-ca means nothing here/, "-H", "/x", "--tls-ca", CA],
  [/--tls-server-name means nothing here/, "--lmd", "http://x", "--tls-server-name", "y"],
  [/--tls-no-name-check means nothing here/, "-O", "x", "--tls-no-name-check"],
];

for (const [text, ...args] of USAGE) {
  test(`a command line refused: ${args.join(" ") || "nothing"}`, async () => {
    await expects(3, text, ...args);
  });
}
