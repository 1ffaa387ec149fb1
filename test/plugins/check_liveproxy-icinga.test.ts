// A real Icinga 2, and the proxy in front of it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";

import { type Icinga, startIcinga } from "../servers/icinga2.ts";
import { startLiveproxyd } from "../servers/liveproxyd/start.ts";
import { makeCertificates, tlsFront } from "../servers/tls.ts";
import { check, expects, labels, run, runWith } from "../support/liveproxy-check.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

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
    await core.freeze();
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
    assert.equal((await runWith({ OMD_ROOT: proxy.root }, "--reset-warning", "0")).code, 0);
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
    await core.freeze();
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
    await core.freeze();
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
      /^check_liveproxy CRITICAL - Proxy: liveproxyd is not running \(pid file .*liveproxyd\.pid stale, written (?:\d+ s|\d+m) ago, no process \d+, state file last written \d+ s ago\)$/,
      ...proxied(),
    );
  });
});
