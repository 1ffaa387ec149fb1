import assert from "node:assert/strict";
import { once } from "node:events";
import { symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { startCannedCore, status } from "../servers/canned-core.ts";
import { startGearmand } from "../servers/gearmand.ts";
import { fixed16 } from "../servers/liveproxyd/answer.ts";
import { startLiveproxyd } from "../servers/liveproxyd/start.ts";
import { startZombie } from "../servers/zombie.ts";
import { cannedProxy, check, expects, run } from "../support/liveproxy-check.ts";
import { needs } from "../support/needs.ts";
import { spawnOwned } from "../support/owner.ts";
import { temporaryFolder } from "../support/proc-tree.ts";
import { until } from "../support/until.ts";

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

test("what is late has the state that -t names", async (t) => {
  const core = await startCannedCore(t);
  core.hold(true);
  const unix = `unix:${core.socket}`;
  await Promise.all([
    expects(
      3,
      /^check_liveproxy UNKNOWN - unix:\S+: no answer within \d(?:\.\d)? s \(connected\)$/,
      "-H",
      unix,
      "-t",
      "4:UNKNOWN",
    ),
    expects(
      1,
      /^check_liveproxy WARNING - LMD \S+: no answer within \d(?:\.\d)? s \(connected\)$/,
      "--lmd",
      unix,
      "-t",
      "4:warning",
    ),
  ]);
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
  proxy.startAgain(t);
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

const CA = join(temporaryFolder({ after }), "ca.pem");
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
