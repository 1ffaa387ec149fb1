// On a real RabbitMQ, one for all tests of this file: each has queues of its own.

import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";

import { type Rabbitmq, startRabbitmq } from "#test/servers/rabbitmq.ts";
import { execPlugin, runPlugin, startPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";
import { until } from "#test/support/until.ts";

import { aged } from "./aged.ts";
import { loneHost, relay } from "./lone-host.ts";

const real = needs("rabbitmq-server");

// not started where it would be skipped
const broker = real.skip === false ? await startRabbitmq({ after }) : ({} as Rabbitmq);
const auth = join(await temporaryFolder({ after }), "auth");
await writeFile(auth, "admin:secret\nnot this\n", { mode: 0o600 });

const state = temporaryFolder({ after });

const check = (...args: readonly string[]) =>
  execPlugin("check_broker_queue", "-H", broker.url, "--auth-file", auth, "-t", "60", "--state-dir", state, ...args);

const growing = temporaryFolder({ after });
const lookAgain = () => check("-q", "stuck", "-q", "taken", "--confirm", "0", "--state-dir", growing);

const STRANGE_NAME = "it's ü/%2f|a=b";

/** What the tests find, made at once since the broker's statistics are late: queues and their messages. */
const QUEUES = {
  some: 1,
  more: 3,
  none: 0,
  served: 2,
  back: 1,
  [STRANGE_NAME]: 1,
  there: 0,
  well: 0,
  stuck: 1,
  taken: 1,
};

/** What a broker says of itself depends on the machine. */
const withoutUse = (stdout: string) => stdout.replace(/ 'memory'=[\d.]+%;;;0 'store'=[\d.]+%;;;0\n$/, "\n");

interface Counts {
  readonly name: string;
  readonly messages_ready?: number;
  readonly messages_unacknowledged?: number;
  readonly message_stats?: { readonly publish?: number; readonly deliver_no_ack?: number };
}

/** Waits until the broker's statistics tell so. */
async function untilCounted(isTrue: (queues: ReadonlyMap<string, Counts>) => boolean): Promise<void> {
  let queues: readonly Counts[] = [];
  const isCounted = async () => {
    queues = (await broker.api("queues")) as readonly Counts[];
    return isTrue(new Map(queues.map((queue) => [queue.name, queue])));
  };
  await until(isCounted, () => `counts in place of ${JSON.stringify(queues)}`, 200);
}

if (real.skip === false) {
  for (const [name, messages] of Object.entries(QUEUES)) {
    await broker.api(`queues/%2f/${encodeURIComponent(name)}`, { durable: true });
    await broker.publish(name, messages);
  }
  for (const name of ["served", "stuck"]) await broker.consume(name);
  await broker.consume("taken", { forGood: true });
  await untilCounted(
    (queues) =>
      Object.entries(QUEUES).every(
        ([name, messages]) =>
          ["served", "stuck", "taken"].includes(name) || queues.get(name)?.messages_ready === messages,
      ) &&
      queues.get("served")?.messages_unacknowledged === 2 &&
      queues.get("stuck")?.messages_unacknowledged === 1 &&
      queues.get("taken")?.message_stats?.deliver_no_ack === 1,
  );
}

test(
  "messages without a consumer are CRITICAL, the fullest queue first; an empty queue may be without",
  real,
  async () => {
    const { code, stdout } = await check("-q", "some", "-q", "more", "-q", "none", "--confirm", "0");
    assert.equal(
      withoutUse(stdout),
      "check_broker_queue CRITICAL - Queue more has 0 consumers and holds 3 messages. Queue some has 0 consumers and holds 1 message. | " +
        "'more_ready'=3;;;0 'more_unacknowledged'=0;;;0 'more_consumers'=0;;1:;0 " +
        "'none_ready'=0;;;0 'none_unacknowledged'=0;;;0 'none_consumers'=0;;;0 " +
        "'some_ready'=1;;;0 'some_unacknowledged'=0;;;0 'some_consumers'=0;;1:;0\n",
    );
    assert.equal(code, 2);
    const given = await check("-q", "none", "--confirm", "0", "--consumers-critical", "1:");
    assert.match(given.stdout, /^check_broker_queue CRITICAL - Queue none has 0 consumers \| /);
  },
);

test("with a consumer its messages are judged by number alone", real, async () => {
  const fine = await check("-q", "served");
  assert.equal(
    withoutUse(fine.stdout),
    "check_broker_queue OK - Queue served: 0 ready, 2 unacknowledged, 1 consumers | " +
      "'served_ready'=0;;;0 'served_unacknowledged'=2;;;0 'served_consumers'=1;;1:;0\n",
  );
  const { code, stdout } = await check("-q", "served", "--unacknowledged-warning", "1");
  assert.match(stdout, /^check_broker_queue WARNING - Queue served has 2 unacknowledged messages \| /);
  assert.equal(code, 1);
  await broker.publish("served", 1);
  const asked = await check("-q", "served", "--consumers-critical", "3:", "--confirm", "0");
  assert.match(asked.stdout, /^check_broker_queue CRITICAL - Queue served has 1 consumer and holds \d messages \| /);
});

test("a consumer that comes back while it asks again is none that is gone", real, async () => {
  const args = ["-H", broker.url, "--auth-file", auth, "-q", "back", "-t", "100", "--confirm", "90", "-vvv"];
  const { child, finished } = startPlugin("check_broker_queue", args);
  let log = "";
  child.stderr?.on("data", (chunk) => {
    log += chunk;
  });
  await until(
    () => log.includes("asking again"),
    () => `a second look: ${log}`,
  );
  await broker.consume("back");
  const { code, stdout } = await finished;
  assert.match(stdout, /^check_broker_queue OK - Queue back: \d ready, \d unacknowledged, 1 consumers \| /);
  assert.equal(code, 0);
});

test("a queue that was made a moment ago has no counts, which is never 0: it asks again", real, async () => {
  await broker.api("queues/%2f/fresh", { durable: true });
  const { code, stdout } = await check("-q", "fresh", "--confirm", "50");
  assert.match(stdout, /^check_broker_queue OK - Queue fresh: 0 ready, /);
  assert.equal(code, 0);
});

test("names with blanks, quotes, slashes and letters of all kinds are asked for and printed", real, async () => {
  const { code, stdout } = await check("-q", STRANGE_NAME, "--confirm", "0");
  assert.ok(
    stdout.startsWith("check_broker_queue CRITICAL - Queue it's ü/%2f/a=b has 0 consumers and holds 1 message | "),
  );
  assert.match(stdout, / 'it\.-[0-9a-f]+-s\.-[-0-9a-f.]+[^ ]*_ready'=1;;;0 /);
  assert.equal(code, 2);
});

test("a queue or vhost that is not there is named", real, async () => {
  const gone = await check("-q", "there", "-q", "gone");
  assert.match(gone.stdout, /^check_broker_queue CRITICAL - Queue gone not found in vhost \/ \| 'there_ready'=0;;;0 /);
  const one = await check("-q", "gone", "--missing", "warning");
  assert.match(one.stdout, /^check_broker_queue WARNING - Queue gone not found in vhost \/ \| 'memory'=/);
  const vhost = await check("--vhost", "nosuch");
  assert.match(vhost.stdout, /^check_broker_queue UNKNOWN - there is no vhost nosuch at 127\.0\.0\.1:\d+\n$/);
  await broker.api("vhosts/empty", {});
  const empty = await check("--vhost", "empty");
  assert.match(empty.stdout, /^check_broker_queue UNKNOWN - no queue left to check: vhost empty has no queue \| /);
});

test("who is refused is UNKNOWN, and told what was refused", real, async () => {
  await broker.api("users/blind", { password: "b", tags: "monitoring" });
  await broker.api("users/nobody", { password: "n", tags: "" });
  const as = async (login: string, ...args: readonly string[]) => {
    const all = ["-H", broker.url, "--auth-env", "LOGIN", ...args];
    const { code, stdout } = await runPlugin("check_broker_queue", all, { env: { LOGIN: login } });
    assert.equal(code, 3);
    return stdout
      .replace("check_broker_queue UNKNOWN - ", "")
      .replace(/127\.0\.0\.1:\d+/, "BROKER")
      .trim();
  };
  const blind = 'user blind has no rights on vhost /: rabbitmqctl set_permissions -p / blind "^$" "^$" "^$"';
  assert.equal(await as("blind:b"), blind);
  assert.equal(await as("blind:b", "-q", "there"), blind);
  assert.equal(
    await as("nobody:n"),
    "user nobody has no tag for the management API: rabbitmqctl set_user_tags nobody monitoring",
  );
  assert.equal(await as("admin:wrong"), "user admin is refused by BROKER: Login failed");
  const without = await execPlugin("check_broker_queue", "-H", broker.url);
  assert.match(
    without.stdout,
    /^check_broker_queue UNKNOWN - \S+ asks for user and password: give them by --auth-file\n$/,
  );
  await broker.api("users/manager", { password: "m", tags: "management" });
  await broker.api("permissions/%2f/manager", { configure: "^$", write: "^$", read: "^$" });
  const nodes = ["-q", "there", "--store-critical", "90"];
  const unseen = "user manager may not see the nodes: rabbitmqctl set_user_tags manager monitoring";
  assert.match(await as("manager:m", ...nodes), new RegExp(`^--store-critical cannot be judged: ${unseen} \\| `));
  // what the message names suffices
  await broker.api("permissions/%2f/blind", { configure: "^$", write: "^$", read: "^$" });
  const all = ["-H", broker.url, "--auth-env", "LOGIN", "-q", "there"];
  assert.equal((await runPlugin("check_broker_queue", all, { env: { LOGIN: "blind:b" } })).code, 0);
});

test("dead letters lie where the exchange of a policy leads", real, async () => {
  await broker.api("vhosts/graves", {});
  await broker.api("exchanges/graves/dead", { type: "direct" });
  for (const name of ["work", "grave", "other"]) await broker.api(`queues/graves/${name}`, { durable: true });
  await broker.api("bindings/graves/e/dead/q/grave", { routing_key: "dead" }, "POST");
  await broker.api("bindings/graves/e/dead/q/other", { routing_key: "other" }, "POST");
  const definition = { "dead-letter-exchange": "dead", "dead-letter-routing-key": "dead" };
  await broker.api("policies/graves/dead", { pattern: "^work$", "apply-to": "queues", definition });
  for (const routing_key of ["grave", "grave", "other"]) {
    const message = { properties: {}, routing_key, payload: "x", payload_encoding: "string" };
    await broker.api("exchanges/graves/amq.default/publish", message, "POST");
  }
  let stdout = "";
  // counts and policies are late
  await until(
    async () => {
      ({ stdout } = await check("--vhost", "graves", "--confirm", "0", "--dead-letters-warning", "1"));
      return stdout.includes(" 'dead_letters'=2;1;;0 ");
    },
    () => `2 dead letters in place of ${stdout}`,
    100,
  );
  assert.match(stdout, /2 dead letters/);
});

test("a file with a password that others can read is used, and said with -v", real, async () => {
  for (const mode of [0o600, 0o640]) {
    await chmod(auth, mode);
    assert.doesNotMatch((await check("-q", "there", "-v")).stdout, /chmod/);
  }
  await chmod(auth, 0o644);
  const { code, stdout } = await check("-q", "there", "-v");
  await chmod(auth, 0o600);
  assert.match(stdout, /can be read by every user: chmod o-r /);
  assert.equal(code, 0);
});

test("the broker's own port is named as what it is", real, async () => {
  const amqp = await execPlugin("check_broker_queue", "-H", broker.amqp.address);
  assert.match(
    amqp.stdout,
    /^check_broker_queue UNKNOWN - \S+ is the broker's AMQP port: -H takes its management API, port 15672\n$/,
  );
});

test(
  "consumers that acknowledge nothing while the queue grows are named, those that need not are no alarm",
  real,
  async () => {
    assert.equal((await lookAgain()).code, 0);
    await aged(growing, 7200);
    for (const name of ["stuck", "taken"]) await broker.publish(name, 2);
    await untilCounted(
      (queues) =>
        queues.get("stuck")?.messages_unacknowledged === 3 && queues.get("taken")?.message_stats?.deliver_no_ack === 3,
    );
    const { code, stdout } = await lookAgain();
    assert.match(
      stdout,
      /^check_broker_queue WARNING - Queue stuck: no message was acknowledged for 2 h(?: \d min)? by its 1 consumer, and it holds 3 messages \| /,
    );
    assert.match(
      stdout,
      /'stuck_growth'=1 'stuck_publish'=1;;;0 'stuck_deliver'=1;;;0 'stuck_ack'=0;;;0 'stuck_stalled'=72\d\ds;0;;0 /,
    );
    assert.match(stdout, /'taken_growth'=0 'taken_drain'=0s;;;0 .*'taken_ack'=1;;;0 'taken_stalled'=0s;0;;0 /);
    assert.equal(code, 1);
  },
);

test("without its management plugin the broker is no outage: the plugin to enable is named", real, async (t) => {
  const host = loneHost();
  await relay(t, host, 5672, broker.amqp);
  const { code, stdout } = await execPlugin("check_broker_queue", "-H", host);
  assert.match(
    stdout,
    /^check_broker_queue UNKNOWN - nobody listens on port 15672 of 127[\d.]+, where RabbitMQ runs without its management API: rabbitmq-plugins enable rabbitmq_management\n$/,
  );
  assert.equal(code, 3);
});

// the alarm stays until the broker is started anew
test("an alarm is CRITICAL although every queue looks well", real, async () => {
  assert.match((await check("-q", "well")).stdout, /^check_broker_queue OK - /);
  await broker.control("set_vm_memory_high_watermark", "0.00001");
  const { code, stdout } = await check("-q", "well");
  assert.match(
    stdout,
    /^check_broker_queue CRITICAL - memory alarm on rabbit@localhost: publishers are blocked \| 'well_ready'=0;/,
  );
  assert.equal(code, 2);
});

// the last one: it ends with the broker
test("a broker that begins anew gives no rate and no alarm by its counters", real, async () => {
  await broker.restart();
  await aged(growing, 7200);
  await broker.publish("stuck", 2);
  await untilCounted((queues) => queues.get("stuck")?.messages_ready === 2);
  const anew = await lookAgain();
  assert.match(anew.stdout, /^check_broker_queue CRITICAL - Queue stuck has 0 consumers and holds 2 messages \| /);
  assert.doesNotMatch(anew.stdout, /publish|stalled/);
});
