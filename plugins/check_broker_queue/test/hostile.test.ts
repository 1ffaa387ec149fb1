// Answers that would make it lie, hang or break its output.

import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import { after, type TestContext, test } from "node:test";

import { own } from "#test/servers/misbehaving.ts";
import { parseOutput } from "#test/support/perfdata.ts";

import { fakeManagement, node, row } from "./fake-management.ts";
import { asking } from "./verdict.ts";

const { check, verdict } = asking({ after });

const fine = /^OK - Queue q: 0 ready, 0 unacknowledged, 1 consumers$/;

/** One answer for queues, whatever it is; all others are as they should be. */
async function answering(t: TestContext, answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/api/queues")) return answer(response);
    response.end(request.url?.startsWith("/api/nodes") ? "[]" : "{}");
  });
  return `http://${(await own(t, server)).address}`;
}

test("names of all kinds leave the output one line with a label for each", async (t) => {
  const names = [
    "a|b",
    "it's",
    'say "x"',
    "ü€😀",
    "",
    "x".repeat(255),
    "a=b",
    "a b",
    "a::b",
    "__proto__",
    "new\nline",
    "\u0007",
    "ä".repeat(127),
  ];
  const fake = await fakeManagement(t, ...names.map((name) => row(name, 1, 0)));
  const { stdout } = await check("-H", fake.url);
  const [first = "", ...long] = stdout.split("\n");
  assert.equal(first.split("|").length, 2, first);
  assert.equal(long.filter((line) => line !== "").length, names.length - 3, stdout);
  const labels = parseOutput(stdout).perfdata.map(({ label }) => label);
  assert.equal(new Set(labels.filter((label) => label.endsWith("_ready"))).size, names.length);
  for (const name of names.filter((one) => one !== "")) {
    assert.match(
      (await check("-H", fake.url, "-q", name)).stdout,
      /^check_broker_queue CRITICAL - Queue [^|]* has 0 consumers and holds 1 message \| /,
    );
  }
});

test("what is told beside the counts may be anything", async (t) => {
  const fake = await fakeManagement(t);
  const odd = [null, 17, "x", [], {}, [null], true];
  for (const value of odd) {
    fake.queues = [
      row("q", 0, 1, {
        members: value,
        online: value,
        state: value,
        node: value,
        arguments: value,
        head_message_timestamp: value,
      }),
    ];
    fake.nodes = [node("rabbit@one", { uptime: value, mem_used: value, mem_limit: value, disk_free: value })];
    fake.overview = { message_stats: value, disable_stats: value === true ? false : value };
    assert.match(await verdict("-H", fake.url), fine, JSON.stringify(value));
  }
  for (const value of [-1, 1e300, "3", [3], 0.5]) {
    fake.queues = [row("q", 0, 1, { message_stats: { ack: value } })];
    assert.equal(await verdict("-H", fake.url), "UNKNOWN - BROKER answers with a queue whose ack is no count: 'q'");
  }
  for (const value of [-1, 1e300, "3", 0]) {
    fake.queues = [row("q", 0, 1, { head_message_timestamp: value })];
    fake.nodes = [node("rabbit@one", { mem_used: value, mem_limit: value, disk_free: value, uptime: value })];
    assert.match(await verdict("-H", fake.url), fine);
  }
});

test("alarms of any shape are alarms", async (t) => {
  const fake = await fakeManagement(t, row("q", 0, 1));
  const odd = [null, 17, { node: 5 }] as unknown as typeof fake.alarms;
  for (const alarm of odd) {
    fake.alarms = [alarm];
    assert.match(await verdict("-H", fake.url), /^CRITICAL - .* alarm on .*: publishers are blocked$/);
  }
});

test("an answer that comes a byte a second is given up in time", async (t) => {
  const url = await answering(t, (response) => {
    const timer = setInterval(() => response.write(" "), 300);
    response.on("close", () => clearInterval(timer));
  });
  assert.match(
    await verdict("-t", "10", "-H", url),
    /^CRITICAL - no complete answer from BROKER within 10 s \(\d+ bytes received\)$/,
  );
});

test("an answer that is packed, deep, empty or repeats itself is named", async (t) => {
  const strange = "UNKNOWN - BROKER is not RabbitMQ's management API: it answers with";
  const json = { "content-type": "application/json" };
  const cases: readonly (readonly [(response: ServerResponse) => void, string])[] = [
    [
      (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(Buffer.from([31, 139, 8, 0])),
      "UNKNOWN - BROKER answers in an encoding that was not asked for: gzip",
    ],
    [
      (response) => response.writeHead(200, json).end("[".repeat(20_000_000)),
      `${strange} application/json, not its JSON: '${"[".repeat(37)}...'`,
    ],
    [(response) => response.writeHead(200, json).end(), `${strange} application/json, not its JSON: ''`],
    [(response) => response.writeHead(204, json).end(), `${strange} HTTP status 204`],
    [
      (response) => response.writeHead(302, { location: `${"x".repeat(5000)}` }).end(),
      `UNKNOWN - BROKER redirects to ${"x".repeat(97)}..., which is not followed: give -H the address itself`,
    ],
  ];
  for (const [answer, text] of cases) assert.equal(await verdict("-t", "60", "-H", await answering(t, answer)), text);
});
