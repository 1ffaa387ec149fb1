// What a real RabbitMQ cannot be made to answer, or only with more nodes.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { after, type TestContext, test } from "node:test";

import { listen } from "#test/servers/address.ts";
import { closesAfter, own, refused, resets, silent } from "#test/servers/misbehaving.ts";
import { makeCertificates } from "#test/servers/tls.ts";
import { runPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";

import { fakeManagement, node, row } from "./fake-management.ts";
import { loneHost } from "./lone-host.ts";
import { asking } from "./verdict.ts";

const { folder, check, verdict } = asking({ after });

const serve = async (t: TestContext, listener: RequestListener) =>
  `http://${(await own(t, createServer(listener))).address}`;

const saying = (t: TestContext, body: string, headers: Readonly<Record<string, string>> = {}, status = 200) =>
  serve(t, (_asked, response) => response.writeHead(status, headers).end(body));

test("a queue on a dead node is down, with the node's name, also when it alone is asked for", async (t) => {
  const dead = { name: "lost", state: "down", node: "rabbit@two", type: "classic" };
  const { url } = await fakeManagement(t, row("well", 0, 1), dead);
  const down = "CRITICAL - Queue lost is down since its node rabbit@two is down";
  assert.equal(await verdict("-H", url), down);
  assert.equal(await verdict("-H", url, "-q", "lost"), down);
});

test("a quorum queue without a majority is CRITICAL, whatever it says of itself", async (t) => {
  const quorum = (online: readonly string[]) =>
    row("q", 0, 1, { members: ["rabbit@one", "rabbit@two"], online, leader: "rabbit@one" });
  const fake = await fakeManagement(t, quorum(["rabbit@one"]));
  assert.equal(
    await verdict("-H", fake.url),
    "CRITICAL - Queue q has no majority: 1 of 2 members online (rabbit@one of rabbit@one, rabbit@two)",
  );
  fake.queues = [quorum(["rabbit@one", "rabbit@two"])];
  assert.equal(await verdict("-H", fake.url), "OK - Queue q: 0 ready, 0 unacknowledged, 1 consumers");
});

test("a queue that another names for dead letters may be one of work, and needs a consumer like any", async (t) => {
  const wait = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "work" };
  const { url } = await fakeManagement(t, row("wait", 0, 0, { arguments: wait }), row("work", 2, 0));
  assert.equal(await verdict("-H", url), "CRITICAL - Queue work has 0 consumers and holds 2 messages");
});

test("counts that are absent are not 0, and counts that are no numbers are named", async (t) => {
  const fake = await fakeManagement(t, { name: "new", node: "rabbit@one" });
  const port = "failed to connect to address 127.0.0.1 and port 15692: Connection refused";
  const absent =
    "UNKNOWN - Queue new has no counts: it is younger than 5 s, or the broker's management statistics are off, " +
    `and the Prometheus endpoint does not help: ${port}`;
  assert.equal(await verdict("-H", fake.url), absent);
  assert.equal(await verdict("-H", fake.url, "-q", "new"), absent);
  for (const wrong of ["3", -1, 1.5, [3], 1e300]) {
    fake.queues = [row("odd", 0, 1, { messages_ready: wrong })];
    assert.equal(
      await verdict("-H", fake.url),
      "UNKNOWN - BROKER answers with a queue whose messages_ready is no count: 'odd'",
    );
  }
});

test("memory and store are those of the node that is worst off, and what may not be seen is said", async (t) => {
  const fake = await fakeManagement(t, row("results", 0, 1));
  fake.nodes = [
    node("rabbit@one", { mem_used: 850_000_000 }),
    node("rabbit@two", { disk_free: 60_000_000 }),
    // a dead one tells nothing, and a disk that cannot be looked at no number
    { name: "rabbit@three" },
    node("rabbit@four", { disk_free: "NaN" }),
  ];
  const { stdout } = await check("-H", fake.url);
  assert.match(stdout, / 'memory'=85%;;;0 'store'=83.3%;;;0\n$/);
  assert.equal(
    await verdict("-H", fake.url, "--memory-warning", "80", "--store-critical", "80"),
    "CRITICAL - 83.3% of the store is used on rabbit@two. 85% of the memory is used on rabbit@one.",
  );
  fake.nodes = undefined;
  const blind = "user me may not see the nodes: rabbitmqctl set_user_tags me monitoring";
  const as = async (...args: readonly string[]) =>
    (
      await runPlugin("check_broker_queue", ["-H", fake.url, "--auth-env", "LOGIN", "--state-dir", folder, ...args], {
        env: { LOGIN: "me:x" },
      })
    ).stdout;
  assert.match(await as(), /^check_broker_queue OK - [^\n]*_consumers'=1;;;0\n$/);
  assert.ok((await as("-v")).includes(`\n${blind}\n`));
  assert.ok(
    (await as("--memory-critical", "90")).startsWith(
      `check_broker_queue UNKNOWN - --memory-critical cannot be judged: ${blind} | `,
    ),
  );
  assert.match(await as("--memory-critical", "90", "--unjudged", "ok"), /^check_broker_queue OK - /);
});

test("dead letters are those in the queues that others name for them", async (t) => {
  const names = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "lost" };
  const fake = await fakeManagement(t, row("results", 0, 1, { arguments: names }), row("lost", 7, 1));
  assert.equal(
    await verdict("-H", fake.url, "-q", "results", "--dead-letters-warning", "5"),
    "WARNING - 7 dead letters",
  );
  // not without need: it takes the list of all queues
  assert.doesNotMatch((await check("-H", fake.url, "-q", "results")).stdout, /dead_letters/);
  fake.queues = [row("results", 0, 1)];
  assert.equal(
    await verdict("-H", fake.url, "--dead-letters-warning", "5"),
    "UNKNOWN - --dead-letters-warning cannot be judged: no queue of dead letters is known",
  );
});

test("the oldest message is as old as its publisher's time stamp says", async (t) => {
  const ago = (seconds: number) => ({ head_message_timestamp: Math.round(Date.now() / 1000) - seconds });
  const fake = await fakeManagement(
    t,
    row("results", 5, 1, ago(7300)),
    row("ahead", 1, 1, ago(-3600)),
    row("none", 0, 1),
  );
  const { stdout } = await check("-H", fake.url, "--oldest-warning", "3600");
  assert.match(stdout, /^check_broker_queue WARNING - Queue results has a message that is 2 h 2 min old \| /);
  assert.match(stdout, / 'ahead_oldest'=0s;3600;;0 /);
  assert.doesNotMatch(stdout, /none_oldest/);
  fake.queues = [row("untold", 1, 1)];
  assert.equal(
    await verdict("-H", fake.url, "--oldest-warning", "3600"),
    "UNKNOWN - --oldest-warning cannot be judged: the messages of queue untold have no time that is told",
  );
});

test("of many queues the worst are named and the others counted", async (t) => {
  const many = Array.from({ length: 6 }, (_, at) => row(`q${at}`, at, 0));
  const { url } = await fakeManagement(t, ...many);
  assert.equal(
    await verdict("-H", url),
    "CRITICAL - Queue q5 has 0 consumers and holds 5 messages. Queue q4 has 0 consumers and holds 4 messages. " +
      "Queue q3 has 0 consumers and holds 3 messages. And 2 more.\n" +
      "CRITICAL - Queue q2 has 0 consumers and holds 2 messages\nCRITICAL - Queue q1 has 0 consumers and holds 1 message",
  );
  assert.equal(
    await verdict("-H", url, "--include", "q[12]", "--include", "q0"),
    "OK - Queue q0: 0 ready, 0 unacknowledged, 0 consumers",
  );
  assert.equal(
    await verdict("-H", url, "--exclude", "*"),
    "UNKNOWN - no queue left to check: the filters leave out all 6 queues of vhost /",
  );
  assert.equal(
    await verdict("-H", url, "-q", "q3", "-w", "2", "--consumers-critical", "0:"),
    "WARNING - Queue q3 has 3 messages ready",
  );
});

test("the first node that answers decides, and one that does not is named", async (t) => {
  const standby = (await refused()).address;
  const { url } = await fakeManagement(t, row("results", 0, 1));
  const unreachable = "failed to connect to address 127.0.0.1 and port";
  const { code, stdout } = await check("-H", standby, "-H", url);
  assert.match(
    stdout,
    new RegExp(`^check_broker_queue OK - Queue results: .*\\nno answer: ${unreachable} \\d+: Connection refused\\n$`),
  );
  assert.equal(code, 0);
  const none = await check("-H", standby, "-H", (await refused()).address);
  assert.match(
    none.stdout,
    new RegExp(`^check_broker_queue CRITICAL - ${unreachable} ${standby.split(":")[1]}: Connection refused\\n$`),
  );
  // one that is silent leaves time for the next
  const late = await check("-t", "8", "-H", (await silent(t)).address, "-H", url);
  assert.match(late.stdout, /^check_broker_queue OK - .*\nno answer: no complete answer from \S+ within [\d.]+ s/);
});

test("no answer is CRITICAL", async (t) => {
  assert.match(
    await verdict("-t", "10", "-H", (await silent(t)).address),
    /^CRITICAL - no complete answer from BROKER within 10 s/,
  );
  assert.match(
    await verdict("-H", (await resets(t)).address),
    /^CRITICAL - connection to BROKER lost: Connection reset by peer/,
  );
  assert.match(
    await verdict("-H", (await closesAfter(t, "")).address),
    /^CRITICAL - BROKER closed the connection before the answer/,
  );
  assert.equal(await verdict("-H", await saying(t, "", {}, 503)), "CRITICAL - BROKER answers with HTTP status 503");
});

test("nobody on the management's port is an outage, unless RabbitMQ's own port answers", async (t) => {
  const host = loneHost();
  const down = `CRITICAL - failed to connect to address ${host} and port 15672: Connection refused`;
  assert.equal(await verdict("-H", host), down);
  let greeting = Buffer.from("SSH-2.0-OpenSSH_9.2\r\n");
  const server = createTcpServer((socket) => socket.on("error", () => {}).write(greeting));
  await listen(server, host, 5672);
  t.after(() => server.close());
  for (const text of ["SSH-2.0-OpenSSH_9.2\r\n", "AMQP\0\x01\0\0 of another kind", ""]) {
    greeting = Buffer.from(text);
    assert.equal(await verdict("-H", host), down);
  }
  greeting = Buffer.from([1, 0, 0, 0, 0, 1, 240, 0, 10, 0, 10, 0, 9]);
  assert.equal(
    await verdict("-H", host),
    `UNKNOWN - nobody listens on port 15672 of ${host}, where RabbitMQ runs without its management API: rabbitmq-plugins enable rabbitmq_management`,
  );
  // another node of the cluster may have it
  const { url } = await fakeManagement(t, row("results", 0, 1));
  assert.match(await verdict("-H", host, "-H", url), /^OK - .*\nno answer: nobody listens on port 15672 /);
});

test("what is not RabbitMQ's management API is UNKNOWN, in one line", async (t) => {
  const html = { "content-type": "text/html" };
  const json = { "content-type": "application/json" };
  const strange = "UNKNOWN - BROKER is not RabbitMQ's management API: it answers with";
  const cases: readonly (readonly [string, string])[] = [
    [await saying(t, "<h1>Hello|you</h1>", html), `${strange} text/html, not its JSON: '<h1>Hello/you</h1>'`],
    [
      await saying(t, '[{"name":"cut","mess', json),
      `${strange} application/json, not its JSON: '[{"name":"cut","mess'`,
    ],
    [await saying(t, "17", json), `${strange} application/json, not its JSON: '17'`],
    [await saying(t, '{"value":[]}', json), `${strange} application/json, not its JSON: '{"value":[]}'`],
    [await saying(t, "[null]", json), "UNKNOWN - BROKER answers with a queue whose name is no text: 'undefined'"],
    [await saying(t, "", {}, 404), `${strange} HTTP status 404`],
    [
      await saying(t, "", { location: "https://login.example.com/" }, 302),
      "UNKNOWN - BROKER redirects to https://login.example.com/, which is not followed: give -H the address itself",
    ],
    [`http://${(await closesAfter(t, "SSH-2.0-OpenSSH_9.2\r\n")).address}`, "UNKNOWN - BROKER does not speak HTTP"],
  ];
  for (const [url, text] of cases) assert.equal(await verdict("-H", url), text);
});

test("an answer of any length is given up at 24 MiB", async (t) => {
  const line = Buffer.from(`${JSON.stringify(row("x".repeat(1000), 0, 1))},`.repeat(64));
  const url = await serve(t, (_asked, response) => {
    response.write("[");
    const pour = () => {
      while (!response.destroyed && response.write(line));
    };
    response.on("drain", pour);
    pour();
  });
  assert.equal(await verdict("-t", "60", "-H", url), "UNKNOWN - answer from BROKER is longer than 24 MiB");
});

test("an address or a login that cannot be used is refused, and no password repeated", async (t) => {
  const { url } = await fakeManagement(t);
  const line = async (...args: readonly string[]) => (await check(...args)).stdout.split("\n")[0];
  for (const address of ["http://me:hidden@broker", "me:hidden@broker", "http://me:hidden@"]) {
    const said = (await check("-H", address)).stdout;
    assert.match(said, /^check_broker_queue UNKNOWN - .*no user and password in the address.* use --auth-file/);
    assert.doesNotMatch(said, /hidden/);
  }
  assert.match(
    (await line("-H", "ftp://broker")) ?? "",
    /UNKNOWN - .*'ftp:\/\/broker' is neither http:\/\/ nor https:\/\//,
  );
  assert.match((await line("-H", `${url}/?x=1`)) ?? "", /has more than host, port and path/);
  assert.match((await line("-H", url, "--tls")) ?? "", /options of TLS are for https:\/\/, and -H says http:\/\//);
  assert.match((await line("-H", url, "--auth-file", "/nowhere")) ?? "", /cannot read '\/nowhere': no such file/);
  assert.match(
    (await line("-H", url, "--auth-env", "NO_SUCH")) ?? "",
    /there is no variable 'NO_SUCH' in the environment/,
  );
  assert.match(
    (await line("-H", url, "--auth-file", "/etc/hostname")) ?? "",
    /the first line of '\/etc\/hostname' is not USER:PASSWORD/,
  );
});

test("TLS is judged as everywhere", needs("openssl"), async (t) => {
  const files = await makeCertificates(t);
  const start = async (cert: string) => {
    const options = { cert: await readFile(cert), key: await readFile(files.key) };
    const server = createTlsServer(options, (asked, response) => {
      response.end(asked.url?.includes("alarms") ? '{"status":"ok"}' : JSON.stringify([row("results", 0, 1)]));
    });
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return (await own(t, server)).address;
  };
  const address = await start(files.cert);
  const fine = "OK - Queue results: 0 ready, 0 unacknowledged, 1 consumers";
  assert.equal(await verdict("-H", `https://${address}`, "--tls-ca", files.ca), fine);
  assert.equal(await verdict("-H", address, "--tls-ca", files.ca), fine);
  assert.match(await verdict("-H", `https://${address}`), /^CRITICAL - certificate of BROKER not trusted: /);
  const other = await start(files.otherNameCert);
  assert.match(await verdict("-H", other, "--tls-ca", files.ca), /^CRITICAL - certificate is not for 127\.0\.0\.1 \(/);
});
