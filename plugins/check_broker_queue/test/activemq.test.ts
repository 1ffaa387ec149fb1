// On a real ActiveMQ, one for all tests of this file that do not stop it.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { runPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";
import { until } from "#test/support/until.ts";
import { ACTIVEMQ, type Activemq, startActivemq } from "./activemq/start.ts";
import { aged } from "./aged.ts";
import { said } from "./verdict.ts";

const real = needs(...ACTIVEMQ);

// not started where it would be skipped
const broker = real.skip === false ? await startActivemq({ after }) : ({} as Activemq);

/** As JMX cannot write it: its own signs, and a letter of two bytes. */
const STRANGE_NAME = "it's ü|a=b:*\"";

if (real.skip === false) {
  const stomp = await broker.stomp();
  await stomp.send("some", 1);
  await stomp.send("more", 3);
  await broker.run("addQueue", ["none"]);
  await stomp.send(STRANGE_NAME, 1);
  await stomp.send("served", 2);
  await stomp.subscribe("served");
}

const state = temporaryFolder({ after });

const ask = (login: string, ...args: readonly string[]) =>
  runPlugin("check_broker_queue", ["--auth-env", "LOGIN", "-t", "60", "--state-dir", state, ...args], {
    env: { LOGIN: login },
  });

const check = (...args: readonly string[]) => ask("admin:secret", "-H", broker.url, "--confirm", "0", ...args);

test(
  "messages without a consumer are CRITICAL, the fullest queue first; an empty queue may be without",
  real,
  async () => {
    const { code, stdout } = await check("-q", "some", "-q", "more", "-q", "none");
    assert.equal(
      stdout,
      "check_broker_queue CRITICAL - Queue more has 0 consumers and holds 3 messages. Queue some has 0 consumers and holds 1 message. | " +
        "'more_ready'=3;;;0 'more_unacknowledged'=0;;;0 'more_consumers'=0;;1:;0 " +
        "'none_ready'=0;;;0 'none_unacknowledged'=0;;;0 'none_consumers'=0;;;0 " +
        "'some_ready'=1;;;0 'some_unacknowledged'=0;;;0 'some_consumers'=0;;1:;0 " +
        "'dead_letters'=0;;;0 'memory'=0%;;;0 'store'=0%;;;0\n",
    );
    assert.equal(code, 2);
  },
);

test("what is in flight is unacknowledged, and not ready as well", real, async () => {
  const fine = await check("-q", "served", "-w", "0");
  assert.equal(said(fine), "OK - Queue served: 0 ready, 2 unacknowledged, 1 consumers");
  const late = await check("-q", "served", "--unacknowledged-warning", "1");
  assert.equal(said(late), "WARNING - Queue served has 2 unacknowledged messages");
});

test("a name that an MBean cannot have is found, and no other is taken for it", real, async () => {
  const name = STRANGE_NAME.replace("|", "/");
  assert.equal(said(await check("-q", STRANGE_NAME)), `CRITICAL - Queue ${name} has 0 consumers and holds 1 message`);
  assert.equal(said(await check("-q", "nosuch")), "CRITICAL - Queue nosuch not found in broker one");
  // written in the same way as the other
  const like = STRANGE_NAME.replace("'", "_");
  assert.match(said(await check("-q", like)), /^CRITICAL - Queue it_s .* not found in broker one$/);
});

test("a queue that is paused is CRITICAL although it has consumers", real, async () => {
  const stomp = await broker.stomp();
  await stomp.send("held", 1);
  await stomp.subscribe("held");
  await broker.run("pause", [], "held");
  assert.equal(said(await check("-q", "held")), "CRITICAL - Queue held is paused: its consumers get nothing");
  await broker.run("resume", [], "held");
  assert.match(said(await check("-q", "held")), /^OK - Queue held: /);
});

test("a wrong password, no password, a right that is missing, another path: who was refused what", real, async () => {
  const url = broker.url;
  assert.equal(
    said(await ask("admin:wrong", "-H", url)),
    "UNKNOWN - user admin is refused by BROKER: wrong user or password",
  );
  assert.equal(
    said(await runPlugin("check_broker_queue", ["-H", url])),
    "UNKNOWN - BROKER asks for user and password: give them by --auth-file",
  );
  assert.equal(
    said(await ask("reader:weak", "-H", url)),
    "UNKNOWN - user reader has no right to Jolokia at BROKER (HTTP status 403)",
  );
  assert.match(
    said(await ask("admin:secret", "-H", url.replace("/api/", "/elsewhere/"))),
    /^UNKNOWN - BROKER is not Jolokia: it answers with HTTP status 40[45]$/,
  );
  assert.equal(
    said(await check("-q", "some", "--vhost", "one")),
    "UNKNOWN - ActiveMQ has no vhosts: --vhost is for RabbitMQ",
  );
});

test("what Jolokia refuses is named, and a list that it cuts off is no answer", real, async () => {
  const at = async (place: string, ...args: readonly string[]) =>
    said(await ask("admin:secret", "-H", broker.url.replace("/api/", `/${place}/`), ...args));
  assert.equal(
    await at("strict"),
    "UNKNOWN - Jolokia at BROKER refuses (status 403): Origin http://localhost is not allowed to call this agent: " +
      "allow http://localhost in its jolokia-access.xml",
  );
  assert.equal(
    await at("few"),
    "UNKNOWN - Jolokia at BROKER lists no more than 3 (its maxCollectionSize): queues may be missing",
  );
  assert.equal(
    await at("short"),
    "UNKNOWN - Jolokia at BROKER cuts its answer off (its maxObjects): queues would be missing",
  );
});

test("a full store or memory blocks publishers, and is CRITICAL although every queue looks well", real, async () => {
  const stomp = await broker.stomp();
  await stomp.send("stored", 1, { persistent: "true" });
  await stomp.subscribe("stored");
  const fine = "OK - Queue stored: 0 ready, 1 unacknowledged, 1 consumers";
  for (const [resource, limit] of [
    ["store", "StoreLimit"],
    ["memory", "MemoryLimit"],
  ] as const) {
    assert.equal(said(await check("-q", "stored")), fine);
    await broker.set(limit, 1);
    const full = await check("-q", "stored");
    assert.equal(said(full), `CRITICAL - ${resource} alarm on one: publishers are blocked`);
    assert.match(full.stdout, new RegExp(` '${resource}'=[1-9]\\d{2,}%;`));
    await broker.set(limit, 64 * 1024 * 1024);
  }
  assert.equal(said(await check("-q", "stored")), fine);
});

// the last of this broker: queues that were made meanwhile are never counted
test("a broker that does not count says 0 of all: that is UNKNOWN", real, async () => {
  await broker.run("disableStatistics");
  await (await broker.stomp()).send("uncounted", 2);
  const { code, stdout } = await check("-q", "uncounted");
  assert.match(
    stdout,
    /^check_broker_queue UNKNOWN - Queue uncounted has no counts: the broker's statistics are off \| 'memory'=0%/,
  );
  assert.equal(code, 3);
});

test("a standby is named, and the active broker decides; when it dies the standby does", real, async (t) => {
  const one = await startActivemq(t);
  const two = await startActivemq(t, { name: "two", folder: one.folder, isStandby: true });
  const stomp = await one.stomp();
  await stomp.send("results", 2, { persistent: "true" });
  const both = (...args: readonly string[]) =>
    ask("admin:secret", "-H", two.url, "-H", one.url, "--confirm", "0", ...args);
  const waits = "BROKER is a standby, or still starts: it waits for its store";
  const alone = await ask("admin:secret", "-H", two.url);
  assert.equal(said(alone), `UNKNOWN - ${waits}: name the active one by another -H`);
  const lost = "CRITICAL - Queue results has 0 consumers and holds 2 messages";
  assert.equal(said(await both()), `${lost}\nno answer: ${waits}`);

  // one look and the next, ten minutes later
  const history = temporaryFolder(t);
  const served = () => both("-q", "served", "--state-dir", history);
  await stomp.send("served", 2, { persistent: "true" });
  await (await one.stomp()).subscribe("served");
  assert.match(said(await served()), /^OK - Queue served: 0 ready, 2 unacknowledged, 1 consumers/);
  await aged(history, 600);
  await stomp.send("served", 3, { persistent: "true" });
  const stalled = await served();
  assert.match(
    said(stalled),
    /^WARNING - Queue served: no message was acknowledged for 10 min by its 1 consumer, and it holds 5 messages/,
  );
  assert.match(stalled.stdout, / 'served_publish'=1[78];/);

  // a dead letter, and what becomes of it in the next life
  await stomp.send("tried", 1, { persistent: "true", expires: "1" });
  await until(
    async () => said(await both("-q", "ActiveMQ.DLQ")).startsWith("OK - Queue ActiveMQ.DLQ: 1 ready"),
    () => "a dead letter",
  );
  await one.stop();
  assert.match(
    said(await ask("admin:secret", "-H", one.url)),
    /^CRITICAL - failed to connect to address 127\.0\.0\.1 and port \d+: Connection refused$/,
  );
  await two.stomp();
  const after = await both("--dead-letters-warning", "0");
  assert.match(said(after), /^CRITICAL - .*Queue results has 0 consumers and holds 2 messages\. 1 dead letter\./);
  assert.match(after.stdout, / 'dead_letters'=1;0;;0 /);

  // its counters start at 0
  await aged(history, 600);
  const anew = "CRITICAL - Queue served has 0 consumers and holds 5 messages";
  for (const rates of [
    /^[^|]*\| (?!.*_publish)/,
    / 'served_publish'=0;;;0 'served_deliver'=0;;;0 'served_ack'=0;;;0 /,
  ]) {
    const next = await served();
    assert.equal(said(next), anew);
    assert.match(next.stdout, rates);
    await aged(history, 600);
  }
});
