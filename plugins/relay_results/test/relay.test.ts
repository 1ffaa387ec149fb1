import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { type Address, freePort } from "#test/servers/address.ts";
import { queueCounts } from "#test/servers/admin.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { own, silent } from "#test/servers/misbehaving.ts";
import { prepareNagios } from "#test/servers/nagios.ts";
import { type Rabbitmq, startRabbitmq } from "#test/servers/rabbitmq.ts";
import { type Certificates, makeCertificates, tlsFront } from "#test/servers/tls.ts";
import { runPlugin, type Started, startPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import type { Owner } from "#test/support/owner.ts";
import { until } from "#test/support/until.ts";
import { fakeIcinga } from "./fake-icinga.ts";
import { reply } from "./ruby.ts";

const real = needs("rabbitmq-server", "openssl");

const tasks: (() => unknown)[] = [];
const owner: Owner = { after: (task: () => unknown) => void tasks.push(task) };
let broker: Rabbitmq;
let certificates: Certificates;
let folder: string;
let queues = 0;

before(async () => {
  if (real.skip) return;
  folder = mkdtempSync(join(tmpdir(), "test-relay-"));
  certificates = await makeCertificates(owner);
  broker = await startRabbitmq(owner, { certificates });
  writeFileSync(join(folder, "broker"), "admin:secret\n", { mode: 0o600 });
  writeFileSync(join(folder, "wrong"), "admin:wrong\n", { mode: 0o600 });
  writeFileSync(join(folder, "icinga"), "sender:secret\n", { mode: 0o600 });
});

after(async () => {
  for (const task of tasks.reverse()) await task();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** A queue of its own for each test; what is refused goes to `NAME-dead`. */
async function makeQueue(): Promise<string> {
  const name = `results${++queues}`;
  left[name] = 0;
  left[`${name}-dead`] = 0;
  await broker.api(`queues/%2f/${name}-dead`, { durable: true });
  await broker.api(`queues/%2f/${name}`, {
    durable: true,
    arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": `${name}-dead` },
  });
  return name;
}

/** A way to the broker whose connections can be cut. */
async function wayToBroker(owner: Owner): Promise<Address & { cut(): void }> {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect({ host: broker.stomp.host, port: broker.stomp.port });
    for (const [one, other] of [[socket, onward] as const, [onward, socket] as const]) {
      one.on("error", () => {}).once("close", () => other.destroy());
      one.pipe(other);
    }
    connections.add(socket);
  });
  const address = await own(owner, server);
  return {
    ...address,
    cut() {
      for (const socket of connections) socket.destroy();
    },
  };
}

/** Messages that are to be in each queue when all tests are over, those under way included. */
const left: Record<string, number> = {};

interface Relay extends Started {
  /** What it printed so far. */
  text(): string;
}

/** Starts the program, which ends with the test. */
function relay(t: Owner, ...args: readonly string[]): Relay {
  const started = startPlugin("relay_results", args, { owner: t });
  let text = "";
  started.child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  return { ...started, text: () => text };
}

const from = (queue: string) => ["--from", `stomp://${broker.stomp.address}/amq/queue/${queue}`];

/** Where to, for a stand-in of Icinga 2. */
const to = ({ url }: { readonly url: string }) => [
  ...["--to", url, "--auth-file", join(folder, "icinga"), "--ca", certificates.ca],
  ...["--from-auth-file", join(folder, "broker"), "-v"],
];

const result = (service: string, changes: object = {}) =>
  Buffer.from(JSON.stringify({ host: "a", service, exit_code: 0, output: "fine", time: 1_000_000_000, ...changes }));

const PLAIN = ["--format", "result"];

async function stopped({ child, finished, text }: Relay): Promise<void> {
  child.kill("SIGTERM");
  const { code, signal, stderr } = await finished;
  assert.deepEqual([code, signal, stderr], [0, null, ""], text());
}

const ready = (running: Relay) =>
  until(
    () => running.text().includes("takes results from"),
    () => `a subscription: ${running.text()}`,
  );

test(
  "messages of a queue become results; each is acknowledged when the core has it; SIGTERM ends it with 0",
  real,
  async (t) => {
    const [queue, icinga, way] = [await makeQueue(), await fakeIcinga(t, certificates), await wayToBroker(t)];
    await broker.send(queue, [
      result("one"),
      reply({ sender: "twp1" }),
      result("two", { exit_code: 2, output: "bad | a=1" }),
    ]);
    const source = `${way.address}/amq/queue/${queue}`;
    const running = relay(t, "--from", `stomp://${source}`, ...to(icinga), "--no-verify-signatures");
    await until(
      () => icinga.results.length === 3,
      () => running.text(),
    );
    const names = icinga.results.map(({ name, exitCode, output }) => [name, exitCode, output]);
    assert.deepEqual(names.sort(), [
      ["a!one", 0, "fine"],
      ["a!two", 2, "bad"],
      ["twp1!load", 0, "OK - load average: 0.82, 0.75, 0.71"],
    ]);
    // a broker that was killed has forgotten acknowledgements, and that it had delivered
    way.cut();
    await until(
      () => running.text().split("takes results from").length === 3,
      () => running.text(),
    );
    await broker.send(queue, [result("one"), result("three")]);
    await until(
      () => icinga.results.length === 4 && running.text().includes("came again"),
      () => running.text(),
    );
    await stopped(running);
    assert.match(running.text(), /^a one of 2001-09-09T01:46:40\.000Z: came again, was delivered before$/m);
    assert.match(running.text(), new RegExp(`^takes results from ${source}\n`));
  },
);

test("what is no result, or is for nobody, is kept with its reason, and stops no other", real, async (t) => {
  const [queue, icinga] = [await makeQueue(), await fakeIcinga(t, certificates)];
  icinga.say = ({ name }) => (name === "a!unknown" ? 404 : 200);
  const dead = join(folder, "dead");
  await broker.send(queue, [
    Buffer.from("rubbish!"),
    Buffer.alloc(3_000_000, "x"),
    result("unknown"),
    Buffer.alloc(0),
    result("last"),
  ]);
  const running = relay(t, ...from(queue), ...to(icinga), ...PLAIN, "--dead-letter-dir", dead);
  await until(
    () => icinga.results.length === 1 && readdirSync(dead).length === 8,
    () => running.text(),
  );
  await stopped(running);
  const files = readdirSync(dead).sort();
  const read = (end: string) =>
    files.filter((name) => name.endsWith(end)).map((name) => readFileSync(join(dead, name)));
  assert.deepEqual(read(".reason").map(String).sort(), [
    "a message of 3000000 bytes, more than are taken\n",
    "a unknown of 2001-09-09T01:46:40.000Z: unknown object: no such service, or user sender has no right to it (404: said by the stand-in)\n",
    "it is empty\n",
    "it is neither JSON, YAML, Ruby Marshal nor base64 of one\n",
  ]);
  // the one that was cut has left nothing
  assert.deepEqual(read(".message").map(String).sort(), ["", "", "rubbish!", result("unknown").toString()]);
});

test("without a folder the broker gets back what cannot be delivered, for its dead letter queue", real, async (t) => {
  const [queue, icinga] = [await makeQueue(), await fakeIcinga(t, certificates)];
  await broker.send(queue, [Buffer.from("rubbish!"), Buffer.alloc(3_000_000, "x"), result("last")]);
  const running = relay(t, ...from(queue), ...to(icinga), ...PLAIN);
  left[`${queue}-dead`] = 2;
  await until(
    () => icinga.results.length === 1,
    () => running.text(),
  );
  await stopped(running);
});

test("while the core is away the broker keeps the results; of one object none overtakes another", real, async (t) => {
  const [queue, icinga] = [await makeQueue(), await fakeIcinga(t, certificates)];
  await icinga.stop();
  const running = relay(t, ...from(queue), ...to(icinga), ...PLAIN);
  await broker.send(
    queue,
    Array.from({ length: 20 }, (_, index) => result("same", { output: `${index}`, time: 1_000_000_000 + index })),
  );
  await until(
    () => running.text().includes("takes no results: failed to connect"),
    () => running.text(),
  );
  await icinga.start();
  await until(
    () => icinga.results.length === 20,
    () => running.text(),
  );
  assert.deepEqual(
    icinga.results.map(({ output }) => output),
    Array.from({ length: 20 }, (_, index) => `${index}`),
  );
  assert.match(running.text(), / takes results again, after \d+ s\n/);
  await stopped(running);
});

test("with --queue-dir they are kept there while the core is away, and delivered when it is back", real, async (t) => {
  const [queue, icinga] = [await makeQueue(), await fakeIcinga(t, certificates)];
  await icinga.stop();
  await broker.send(queue, [result("one"), result("two")]);
  const running = relay(t, ...from(queue), ...to(icinga), ...PLAIN, "--queue-dir", join(folder, "kept"));
  await until(
    () => running.text().split(": kept: ").length === 3,
    () => running.text(),
  );
  await icinga.start();
  await until(
    () => icinga.results.length === 2,
    () => running.text(),
  );
  await stopped(running);
});

test("told to end while the core is away, it leaves the results to the broker", real, async (t) => {
  const [queue, icinga] = [await makeQueue(), await fakeIcinga(t, certificates)];
  await icinga.stop();
  await broker.send(queue, [result("one"), result("two")]);
  const running = relay(t, ...from(queue), ...to(icinga), ...PLAIN);
  await until(
    () => running.text().includes("is tried again"),
    () => running.text(),
  );
  left[queue] = 2;
  await stopped(running);
});

test("a wrong password, a queue that is missing: it ends, and says so", real, async (t) => {
  const icinga = await fakeIcinga(t, certificates);
  const refused = async (args: readonly string[], why: RegExp) => {
    const running = relay(t, ...args);
    const { code, stdout, stderr } = await running.finished;
    assert.deepEqual([code, stderr], [2, ""]);
    assert.match(stdout, why);
    assert.match(stdout, /every broker has refused: nothing can be relayed\n$/);
    assert.doesNotMatch(stdout, /takes results/);
  };
  const queue = await makeQueue();
  const wrong = to(icinga).map((arg) => (arg.endsWith("/broker") ? join(folder, "wrong") : arg));
  await refused([...from(queue), ...wrong, ...PLAIN], /: Bad CONNECT: Access refused for user 'admin'/);
  await refused([...from("missing"), ...to(icinga), ...PLAIN], /amq\/queue\/missing: not_found: NOT_FOUND/);
});

test("a queue that is deleted: said, looked for again, and then it ends", real, async (t) => {
  const [queue, icinga] = [await makeQueue(), await fakeIcinga(t, certificates)];
  const running = relay(t, ...from(queue), ...to(icinga), ...PLAIN);
  await ready(running);
  await broker.api(`queues/%2f/${queue}`, undefined, "DELETE");
  delete left[queue];
  const { code, stdout } = await running.finished;
  assert.equal(code, 2);
  assert.match(stdout, /Server cancelled subscription.*not_found/s);
});

test("of several brokers the next is taken when one is away or does not answer", real, async (t) => {
  const [queue, icinga, mute, closed] = [
    await makeQueue(),
    await fakeIcinga(t, certificates),
    await silent(t),
    await freePort(),
  ];
  await broker.send(queue, [result("one")]);
  const others = [`127.0.0.1:${closed}`, mute.address].flatMap((address) => ["--from", `stomp://${address}/queue/a`]);
  const running = relay(t, ...others, ...from(queue), ...to(icinga), ...PLAIN, "-t", "2");
  await until(
    () => icinga.results.length === 1,
    () => running.text(),
  );
  const lines = running.text().split("\n");
  assert.match(lines[0] ?? "", /queue\/a: failed to connect to address 127.0.0.1 and port \d+: Connection refused$/);
  assert.match(lines[1] ?? "", /queue\/a: no complete answer from .* within 2 s/);
  await stopped(running);
});

test(
  "stomps: the broker is trusted by --from-ca alone; what is wrong with a certificate is one line",
  real,
  async (t) => {
    const [queue, icinga] = [await makeQueue(), await fakeIcinga(t, certificates)];
    await broker.send(queue, [result("one")]);
    const { expiredCert, otherNameCert, key } = certificates;
    const [expired, other] = await Promise.all(
      [expiredCert, otherNameCert].map((cert) => tlsFront(t, broker.stomp.address, { cert, key })),
    );
    const [good, plain] = [broker.stomps.address, broker.stomp.address];
    const sources = [expired?.address, other?.address, plain, good].flatMap((address) => [
      "--from",
      `stomps://${address}/amq/queue/${queue}`,
    ]);
    const running = relay(t, ...sources, ...to(icinga), ...PLAIN, "--from-ca", certificates.ca);
    await until(
      () => icinga.results.length === 1,
      () => running.text(),
    );
    await stopped(running);
    const where = `/amq/queue/${queue}`;
    assert.deepEqual(running.text().split("\n").slice(0, 4), [
      `${expired?.address}${where}: certificate of ${expired?.address} not trusted: certificate has expired`,
      `${other?.address}${where}: certificate is not for 127.0.0.1 (IP: 127.0.0.1 is not in the cert's list: )`,
      `${plain}${where}: TLS handshake with ${plain} failed: the server seems to speak plaintext`,
      `takes results from ${good}${where}`,
    ]);
    const distrusting = relay(t, ...sources.slice(-2), ...to(icinga), ...PLAIN, "--from-ca", certificates.wrongCa);
    await until(
      () => distrusting.text().includes("\n"),
      () => "a line",
    );
    await stopped(distrusting);
    const untrusted = `${good}${where}: certificate of ${good} not trusted: `;
    assert.ok(distrusting.text().startsWith(untrusted), distrusting.text());
  },
);

const others = needs("rabbitmq-server", "openssl", "nagios4", "gearmand");

test("a Nagios that starts later and a gearmand as targets", others, async (t) => {
  const [toNagios, toGearmand] = [await makeQueue(), await makeQueue()];
  const passive = "check_command never\nmax_check_attempts 1\nactive_checks_enabled 0\n}\n";
  const nagios = await prepareNagios(t, [
    "define command {\ncommand_name never\ncommand_line /bin/false\n}\n",
    `define host {\nuse generic-host\nhost_name web\n${passive}`,
    `define service {\nuse generic-service\nhost_name web\nservice_description load\n${passive}`,
  ]);
  const message = result("load", { host: "web", exit_code: 2, output: "bad | a=1", time: Date.now() / 1000 });
  await Promise.all([toNagios, toGearmand].map((queue) => broker.send(queue, [message])));
  const login = ["--from-auth-file", join(folder, "broker")];
  const running = relay(t, ...from(toNagios), ...login, "--to", `command-file:${nagios.commandFile}`, ...PLAIN);
  await until(
    () => running.text().includes(`${nagios.commandFile} takes no results: cannot write to `),
    () => running.text(),
  );
  await nagios.start();
  await until(
    async () => (await nagios.objects()).some(({ output, state }) => output === "bad" && state === 2),
    nagios.log,
  );
  await stopped(running);

  const gearmand = await startGearmand(t);
  const key = join(folder, "key");
  writeFileSync(key, "a key of more than sixteen bytes\n", { mode: 0o600 });
  const submitting = relay(
    t,
    ...from(toGearmand),
    ...login,
    "--to",
    `gearman:${gearmand.address}`,
    "--key-file",
    key,
    ...PLAIN,
  );
  const waiting = async () => (await queueCounts(gearmand.address)).get("check_results")?.total;
  await until(
    async () => (await waiting()) === 1,
    () => submitting.text(),
  );
  await stopped(submitting);
});

test("it says how it is: --status judges the file that it writes, and knows when it is gone", real, async (t) => {
  const [queue, icinga] = [await makeQueue(), await fakeIcinga(t, certificates)];
  const file = join(folder, "status");
  const status = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runPlugin("relay_results", ["--status", file, ...args]);
    assert.equal(stderr, "");
    return { code, text: stdout };
  };
  const running = relay(t, ...from(queue), ...to(icinga), ...PLAIN, "--status-file", file);
  await broker.send(queue, [result("one"), Buffer.from("rubbish!")]);
  left[`${queue}-dead`] = 1;
  await until(
    async () => (await status()).text.includes("'rate'=1;"),
    async () => (await status()).text,
  );
  const source = `${broker.stomp.address}/amq/queue/${queue}`;
  assert.match((await status()).text, /^relay_results WARNING - 1 message without a result in the last hour \| /);
  const well = await status("--poison-warning", "2");
  assert.equal(well.code, 0);
  const text = `relay_results OK - 1 results in the last minute from ${source} to https://${icinga.address}, 0 under way | `;
  assert.ok(well.text.startsWith(text), well.text);
  assert.match(readFileSync(file, "utf8"), /^\{"pid":\d+,(?!.*secret).*\}\n$/);
  running.child.kill("SIGSTOP");
  const old = JSON.parse(readFileSync(file, "utf8")) as object;
  writeFileSync(file, JSON.stringify({ ...old, written: Date.now() - 40_000 }));
  assert.match(
    (await status()).text,
    /UNKNOWN - the relay \(process \d+\) has written nothing for (?:[4-9]\d|\d{3,}) s: it hangs\n/,
  );
  running.child.kill("SIGKILL");
  await running.finished;
  const gone = await status();
  assert.deepEqual([gone.code, /UNKNOWN - the relay \(process \d+\) is not running\n/.test(gone.text)], [3, true]);
  writeFileSync(file, "{}");
  assert.match((await status()).text, /UNKNOWN - '.*status' is no status of relay_results\n/);
  const again = relay(t, ...from(queue), ...to(icinga), ...PLAIN, "--status-file", file);
  await ready(again);
  await stopped(again);
  assert.match((await status()).text, /UNKNOWN - cannot read '.*status': no such file\n/);
});

test("systemd is told that it is ready, that it lives, and that it ends", real, async (t) => {
  const [queue, icinga] = [await makeQueue(), await fakeIcinga(t, certificates)];
  const told = join(folder, "told");
  writeFileSync(join(folder, "systemd-notify"), `#!/bin/sh\necho "$*" >> ${told}\n`, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env.PATH}`, NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "100000" };
  const { child, finished } = startPlugin("relay_results", [...from(queue), ...to(icinga), ...PLAIN], {
    env,
    owner: t,
  });
  const lines = () => (existsSync(told) ? readFileSync(told, "utf8").split("\n") : []);
  await until(
    () => lines().filter((line) => line === "WATCHDOG=1").length > 1,
    () => lines().join(),
  );
  assert.equal(lines()[0], "--ready");
  child.kill("SIGTERM");
  assert.equal((await finished).code, 0);
  await until(
    () => lines().includes("--stopping"),
    () => lines().join(),
  );
});

test("every message was acknowledged, or is where it was left to the broker", real, async () => {
  const listed = await broker.control("-q", "list_queues", "--no-table-headers", "name", "messages");
  const counts = listed.split("\n").filter((line) => /\t/.test(line));
  assert.deepEqual(
    counts.sort(),
    Object.entries(left)
      .map((entry) => entry.join("\t"))
      .sort(),
  );
});

test("what it is told in vain", async () => {
  const refused = async (args: readonly string[], why: string) => {
    const { finished } = startPlugin("relay_results", args);
    const { code, stdout } = await finished;
    assert.equal(code, 3);
    assert.ok(stdout.startsWith(`relay_results UNKNOWN - ${why}`), stdout);
  };
  const option = "option '--from <url>': ";
  await refused(["--from", "amqp://a/b"], `${option}'amqp://a/b' is not stomp[s]://HOST[:PORT]/DESTINATION`);
  await refused(["--from", "stomp://u:secret@a/b"], `${option}a user in the address: use --from-auth-file`);
  await refused(["--from", "stomp://a"], `${option}'stomp://a' is not`);
  await refused(["--prefetch", "0"], "option '--prefetch <n>': '0' is not a whole number from 1 to 1000");
  await refused([], "say what to do");
  await refused(["--from", "stomp://a/queue/b", ...PLAIN], "--to is missing");
});

test("SIGTERM before there is a broker", async (t) => {
  const file = join(mkdtempSync(join(tmpdir(), "test-relay-")), "auth");
  t.after(() => rmSync(join(file, ".."), { recursive: true }));
  writeFileSync(file, "a:b\n", { mode: 0o600 });
  const [nobody, mute] = [`127.0.0.1:${await freePort()}`, await silent(t)];
  const target = ["--to", `icinga2:https://${nobody}`, "--auth-file", file];
  const running = relay(t, "--from", `stomp://${nobody}/queue/a`, ...target, ...PLAIN);
  await until(
    () => running.text().includes("Connection refused"),
    () => running.text(),
  );
  await stopped(running);
  const waiting = relay(
    t,
    ...["--from", `stomp://${nobody}/queue/a`, "--from", `stomp://${mute.address}/queue/a`, "-t", "1h"],
    ...target,
    ...PLAIN,
  );
  // the next one is asked
  await until(
    () => waiting.text().includes("Connection refused"),
    () => waiting.text(),
  );
  await stopped(waiting);
});
