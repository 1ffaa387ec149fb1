import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";

import { fetchStatus } from "../../../lib/gearman/status.ts";
import { Worker } from "../../../lib/gearman/worker.ts";
import { CheckError, DeadlineError } from "../../../lib/plugin/error.ts";
import { Status } from "../../../lib/plugin/status.ts";
import { startGearmand } from "../../servers/gearmand.ts";
import { needs } from "../../support/needs.ts";
import { serve } from "../net/servers.ts";

const signal = new AbortController().signal;
const ANSWER = "service\t5\t1\t3\n.\nOK 1.1.20\n";

/** A server that says the same to everybody, once it was asked. */
const say = (answer: string | Buffer) => (socket: Socket) => void socket.once("data", () => socket.write(answer));

function failsWith(status: Status, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof CheckError);
    assert.match(error.message, message);
    assert.equal(error.status, status);
    return true;
  };
}

test("commands and echo go out in one write and the facts come back", async (t) => {
  let asked = "";
  const server = await serve(t, (socket) => {
    socket.once("data", (data) => {
      asked = String(data);
      socket.write(ANSWER);
    });
  });
  const { seconds, ...status } = await fetchStatus(server, { signal });
  assert.equal(asked, "status\nversion\n\0REQ\0\0\0\x10\0\0\0\x03end");
  assert.ok(seconds > 0);
  assert.equal(status.version, "1.1.20");
  assert.deepEqual(status.queues, [{ name: "service", waiting: 4, running: 1, worker: 3 }]);
});

test("what follows a forged end is read too", async (t) => {
  const server = await serve(t, (socket) => {
    socket.once("data", () => socket.write("a\t0\t0\t1\nevil\n.\nOK 9.9.9\n"));
    socket.on("end", () => socket.end("x\t0\t0\t1\nlost\t50\t0\t0\n.\nOK 1.1.20\n"));
  });
  const status = await fetchStatus(server, { signal });
  assert.equal(status.version, "1.1.20");
  assert.deepEqual(status.oddLines, ["evil", ".", "OK 9.9.9"]);
  assert.deepEqual(
    status.queues.map(({ name }) => name),
    ["a", "lost", "x"],
  );
});

test("a connection closed before the end is critical, however much came", async (t) => {
  for (const [part, bytes] of [
    ["", 0],
    ["service\t0\t0\t3\n", 14],
    [ANSWER.slice(0, -1), ANSWER.length - 1],
  ] as const) {
    const server = await serve(t, (socket) => socket.once("data", () => socket.end(part)));
    const message = new RegExp(
      `^127\\.0\\.0\\.1:\\d+ closed the connection before the answer was complete \\(${bytes} bytes`,
    );
    await assert.rejects(fetchStatus(server, { signal }), failsWith(Status.CRITICAL, message));
  }
});

test("no final dot and no end: the deadline decides", async (t) => {
  const deadline = new AbortController();
  const server = await serve(t, (socket) => {
    socket.once("data", () => {
      socket.write("service\t0\t0\t3\n", () => deadline.abort(new DeadlineError(Status.UNKNOWN, 10)));
    });
  });
  const message = /^no complete answer from 127\.0\.0\.1:\d+ within 10 s \(\d+ bytes received\)$/;
  await assert.rejects(fetchStatus(server, { signal: deadline.signal }), failsWith(Status.UNKNOWN, message));
});

test("no socket is left behind, whatever the end", async (t) => {
  for (const answer of [ANSWER, "HTTP/1.1 400 Bad Request\r\n", "x\n".repeat(600_000)]) {
    let closed: Promise<void> | undefined;
    const server = await serve(t, (socket) => {
      closed = new Promise((resolve) => socket.on("close", () => resolve()));
      say(answer)(socket);
    });
    await fetchStatus(server, { signal, maxBytes: 1024 * 1024 }).catch(() => {});
    await closed;
  }
});

test("an answer beyond the limit is unknown", async (t) => {
  const server = await serve(t, say("service\t0\t0\t3\n".repeat(100_000)));
  const fetching = fetchStatus(server, { signal, maxBytes: 1024 * 1024 });
  await assert.rejects(fetching, failsWith(Status.UNKNOWN, /is longer than 1 MiB$/));
});

test("a real gearmand", needs("gearmand"), async (t) => {
  const server = await startGearmand(t);
  const empty = await fetchStatus(server, { signal });
  assert.deepEqual(empty.queues, []);
  assert.match(empty.version, /^\d+\.\d+/);

  const worker = await Worker.open(server, { signal });
  t.after(() => worker.close());
  const names = ["service", "tab\there", ".", "", "gr\xc3\xb6\xc3\x9fe\xff", "x".repeat(8192)];
  for (const name of names) worker.register(name);
  await worker.flush();
  const status = await fetchStatus(server, { signal });
  const bytewise = [...names].sort((a, b) => Buffer.compare(Buffer.from(a, "latin1"), Buffer.from(b, "latin1")));
  assert.deepEqual(
    status.queues,
    bytewise.map((name) => ({ name, waiting: 0, running: 0, worker: 1 })),
  );
  assert.equal(status.oddCount, 0);

  worker.register("evil\n.\nOK 9.9.9");
  worker.register("worse\n.\nOK 9.9.9\nfake");
  await worker.flush();
  const forged = await fetchStatus(server, { signal });
  assert.equal(forged.version, empty.version);
  assert.equal(forged.oddCount, 6);
  assert.equal(forged.queues.length, names.length + 1);
});

test("five thousand queues of a real gearmand", needs("gearmand"), async (t) => {
  const server = await startGearmand(t);
  const worker = await Worker.open(server, { signal });
  t.after(() => worker.close());
  for (let number = 0; number < 5000; number++) worker.register(`queue_${number}`);
  await worker.flush();
  const { queues, oddCount, duplicates } = await fetchStatus(server, { signal });
  assert.equal(queues.length, 5000);
  assert.equal(oddCount, 0);
  assert.deepEqual(duplicates, []);
});
