import assert from "node:assert/strict";
import { test } from "node:test";

import { AdminClient, parseWorkersLine } from "../../../lib/gearman/admin.ts";
import { JobClient, randomUnique } from "../../../lib/gearman/client.ts";
import { ServerError } from "../../../lib/gearman/server-error.ts";
import { Session } from "../../../lib/gearman/session.ts";
import { Worker } from "../../../lib/gearman/worker.ts";
import { CheckError } from "../../../lib/plugin/error.ts";
import { Status } from "../../../lib/plugin/status.ts";
import { startGearmand } from "../../servers/gearmand.ts";
import { needs } from "../../support/needs.ts";
import { serve } from "../net/servers.ts";

const signal = new AbortController().signal;

test("lines of the workers command", () => {
  const parse = (line: string) => {
    const client = parseWorkersLine(line);
    return client && [client.fd, client.ip, client.id, client.functions];
  };
  assert.deepEqual(parse("38 127.0.0.1 - : host service"), [38, "127.0.0.1", "-", ["host", "service"]]);
  assert.deepEqual(parse("41 127.0.0.1 - :"), [41, "127.0.0.1", "-", []]);
  assert.deepEqual(parse("38 127.0.0.1  : fA"), [38, "127.0.0.1", "", ["fA"]]);
  assert.deepEqual(parse("38 127.0.0.1 my : own id : f"), [38, "127.0.0.1", "my : own id", ["f"]]);
  assert.deepEqual(parse("37 ::6c69:7374:656e:5f63%2854580096 - :"), [37, "::6c69:7374:656e:5f63%2854580096", "-", []]);
  for (const line of ["", "x 127.0.0.1 - :", "38 127.0.0.1 -", "38 127.0.0.1 - :f"])
    assert.equal(parse(line), undefined);
});

test("one connection answers status, workers and single commands, again and again", {
  ...needs("gearmand"),
}, async (t) => {
  const server = await startGearmand(t);
  const admin = await AdminClient.open(server, { signal });
  t.after(() => admin.close());
  const worker = await Worker.open(server, { signal });
  worker.setClientId("here");
  worker.register("mine");
  worker.register("forger\n.\nOK 9.9.9\nfake");
  await worker.flush();

  for (let round = 0; round < 2; round++) {
    const { queues, version, oddLines } = await admin.status();
    assert.match(version, /^1\./);
    assert.deepEqual(oddLines, ["forger", ".", "OK 9.9.9"]);
    assert.deepEqual(
      queues.map(({ name }) => name),
      ["fake", "mine"],
    );
  }
  assert.deepEqual(await admin.queue("mine"), { name: "mine", waiting: 0, running: 0, worker: 1 });
  assert.equal(await admin.queue("nowhere"), undefined);

  const clients = await admin.workers();
  assert.deepEqual(clients.map(({ id, functions }) => [id, functions.length > 0]).sort(), [
    ["-", false],
    ["here", true],
  ]);
  assert.ok((await admin.getpid()) > 1);

  await assert.rejects(admin.dropFunction("mine"), (error) => {
    assert.ok(error instanceof ServerError);
    assert.equal(error.status, Status.UNKNOWN);
    assert.match(error.message, /^127\.0\.0\.1:\d+ refused 'drop function mine': there are still connected workers/);
    return true;
  });
  await assert.rejects(
    admin.cancelJob("H:nope:1"),
    (error) => error instanceof ServerError && error.code === "UNKNOWN_JOB",
  );
  worker.close();
});

test("a queue of one's own is dropped, and a queued job cancelled", needs("gearmand"), async (t) => {
  const session = await Session.open(await startGearmand(t), { signal });
  t.after(() => session.close());
  const [admin, client, worker] = [new AdminClient(session), new JobClient(session), new Worker(session)];
  worker.register("answers");
  worker.unregister("answers");
  await admin.dropFunction("answers");
  assert.equal(await admin.queue("answers"), undefined);
  const handle = await client.submitBackground({ queue: "idle", unique: await randomUnique(), payload: "x" });
  await admin.cancelJob(handle);
  worker.register("idle");
  assert.equal(await worker.grab(), undefined);
});

test("a name that cannot be written in a command is refused before it is sent", async (t) => {
  const admin = await AdminClient.open(await serve(t, () => {}), { signal });
  t.after(() => admin.close());
  for (const name of ["", "two words", "two\nlines", "nul\0"]) {
    await assert.rejects(admin.dropFunction(name), /cannot be written in a command/);
  }
});

test("a server that hangs up or talks nonsense is no answer", async (t) => {
  const closing = await AdminClient.open(await serve(t, (socket) => socket.once("data", () => socket.end("OK"))), {
    signal,
  });
  await assert.rejects(closing.getpid(), (error) => {
    assert.ok(error instanceof CheckError);
    assert.equal(error.status, Status.CRITICAL);
    assert.match(error.message, /closed the connection before the answer was complete \(2 bytes received\)$/);
    return true;
  });
  const babbling = await AdminClient.open(await serve(t, (socket) => socket.write("hello\n")), { signal });
  t.after(() => babbling.close());
  await assert.rejects(babbling.getpid(), /^CheckError: unexpected answer from 127\.0\.0\.1:\d+: 'hello'$/);
});

test("jobs are listed with the workers that went away with them", needs("gearmand"), async (t) => {
  const server = await startGearmand(t);
  const admin = await AdminClient.open(server, { signal });
  const client = await JobClient.open(server, { signal });
  const worker = await Worker.open(server, { signal });
  t.after(() => {
    for (const party of [admin, client, worker]) party.close();
  });
  assert.deepEqual(await admin.jobs(), []);
  const handle = await client.submitBackground({ queue: "work", unique: "", payload: "" });
  assert.deepEqual(await admin.jobs(), [{ handle, retries: 0 }]);
  worker.register("work");
  await worker.next();
  worker.close();
  while ((await admin.queue("work"))?.running !== 0);
  assert.deepEqual(await admin.jobs(), [{ handle, retries: 1 }]);
});
