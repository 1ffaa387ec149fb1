import assert from "node:assert/strict";
import { test } from "node:test";

import { JobClient, type JobRequest, randomUnique } from "../../../lib/gearman/client.ts";
import { ServerError } from "../../../lib/gearman/server-error.ts";
import { Session } from "../../../lib/gearman/session.ts";
import { type JobHandler, Worker } from "../../../lib/gearman/worker.ts";
import { CheckError, DeadlineError } from "../../../lib/plugin/error.ts";
import { Status } from "../../../lib/plugin/status.ts";
import { startGearmand } from "../../servers/gearmand.ts";
import { needs } from "../../support/needs.ts";
import { serve } from "../net/servers.ts";

const signal = new AbortController().signal;

const job = async (payload: string | Uint8Array, rest: Partial<JobRequest> = {}): Promise<JobRequest> => ({
  queue: "work",
  unique: await randomUnique("test_"),
  payload,
  ...rest,
});

test("a random unique id is recognisable, short enough and never the same", async () => {
  // the second one has no kernel to ask, the third one that says something else
  for (const kernel of [undefined, "/nonexistent", "/proc/version"]) {
    const [a, b] = [await randomUnique("probe_", kernel), await randomUnique("probe_", kernel)];
    assert.match(a, /^probe_[0-9a-f]{32}$/);
    assert.notEqual(a, b);
  }
});

test("jobs through a real gearmand", needs("gearmand"), async (t) => {
  const server = await startGearmand(t);
  const handlers: Readonly<Record<string, JobHandler>> = {
    echo: ({ payload }) => payload,
    parts: (job) => {
      job.data("part1 ");
      job.status(1, 2);
      job.warning("careful");
      job.data("part2 ");
      return "end";
    },
    nothing: () => {},
    throws: () => {
      throw new Error("no");
    },
    fails: (job) => void job.fail(),
    excepts: (job) => void job.exception("größer"),
  };
  const worker = await Worker.open(server, { signal });
  for (const name of Object.keys(handlers)) worker.register(name);
  const running = worker.run((job) => handlers[job.queue]?.(job));
  const client = await JobClient.open(server, { signal });

  await t.test("the answer comes back byte for byte", async () => {
    const payload = Buffer.from([0, 1, 10, 13, 255, 0]);
    for (const priority of ["low", "normal", "high"] as const) {
      const result = await client.submit(await job(payload, { queue: "echo", priority }));
      assert.deepEqual(result, { state: "complete", data: payload });
    }
  });

  await t.test("a long answer", async () => {
    const payload = Buffer.alloc(3 * 1024 * 1024, "abc");
    const result = await client.submit(await job(payload, { queue: "echo" }));
    assert.ok(result.state === "complete" && result.data.equals(payload));
  });

  await t.test("partial data is joined, progress and warnings are told", async () => {
    const seen: unknown[] = [];
    const result = await client.submit(await job("x", { queue: "parts" }), {
      created: (handle) => seen.push(/^H:/.test(handle)),
      progress: (...of) => seen.push(of),
      warning: (data) => seen.push(String(data)),
    });
    assert.deepEqual(result, { state: "complete", data: Buffer.from("part1 part2 end") });
    assert.deepEqual(seen, [true, [1, 2], "careful"]);
  });

  await t.test("an empty answer, failures and an exception are told apart", async () => {
    const submit = async (queue: string) => client.submit(await job("x", { queue }));
    assert.deepEqual(await submit("nothing"), { state: "complete", data: Buffer.alloc(0) });
    assert.deepEqual(await submit("throws"), { state: "fail" });
    assert.deepEqual(await submit("fails"), { state: "fail" });
    assert.deepEqual(await submit("excepts"), { state: "exception", text: "größer" });
  });

  client.close();
  worker.close();
  await running;
});

test("a refused job is critical and names the server's reason", needs("gearmand"), async (t) => {
  const server = await startGearmand(t);
  const session = await Session.open(server, { signal });
  const client = new JobClient(session);
  t.after(() => client.close());
  await client.submitBackground(await job("first"));
  // gearmand says OK for a queue it does not know yet, too, and then limits nothing
  session.sendLine("maxqueue work 1");
  assert.equal(await session.receiveLine(), "OK");
  await assert.rejects(client.submitBackground(await job("second")), (error) => {
    assert.ok(error instanceof ServerError);
    assert.equal(error.status, Status.CRITICAL);
    assert.equal(error.code, "QUEUE_ERROR");
    assert.equal(error.message, "job server refused the job: QUEUE_ERROR (Job queue is full)");
    return true;
  });
});

test("a unique id of 64 bytes is taken, a longer one refused before it is sent", {
  ...needs("gearmand"),
}, async (t) => {
  const client = await JobClient.open(await startGearmand(t), { signal });
  t.after(() => client.close());
  assert.match(await client.submitBackground(await job("x", { unique: "u".repeat(64) })), /^H:/);
  await assert.rejects(client.submitBackground(await job("x", { unique: "u".repeat(65) })), /longer than 64 bytes/);
});

test("the state of a background job, by handle and by unique id", needs("gearmand"), async (t) => {
  const server = await startGearmand(t);
  const client = await JobClient.open(server, { signal });
  const worker = await Worker.open(server, { signal });
  t.after(() => {
    client.close();
    worker.close();
  });
  const request = await job("x");
  const handle = await client.submitBackground(request);
  const queued = { known: true, running: false, numerator: 0, denominator: 0 };
  assert.deepEqual(await client.jobStatus(handle), queued);
  assert.deepEqual(await client.uniqueStatus(request.unique), { ...queued, clients: 0 });
  worker.register("work");
  const held = await worker.next();
  held.status(1, 3);
  await worker.flush();
  assert.deepEqual(await client.jobStatus(handle), { known: true, running: true, numerator: 1, denominator: 3 });
  held.complete();
  await worker.flush();
  assert.equal((await client.jobStatus(handle)).known, false);
  assert.equal((await client.uniqueStatus(request.unique)).known, false);
});

test("on the deadline the caller knows that the job was created", needs("gearmand"), async (t) => {
  const deadline = new AbortController();
  const client = await JobClient.open(await startGearmand(t), { signal: deadline.signal });
  let created = false;
  const submitting = client.submit(await job("x"), {
    created: () => {
      created = true;
      deadline.abort(new DeadlineError(Status.CRITICAL, 10));
    },
  });
  await assert.rejects(submitting, CheckError);
  assert.ok(created);
});

test("an HTTP server is no job server", async (t) => {
  const server = await serve(t, (socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
  const client = await JobClient.open(server, { signal });
  await assert.rejects(client.submit(await job("x")), (error) => {
    assert.ok(error instanceof CheckError);
    assert.equal(error.status, Status.UNKNOWN);
    assert.match(error.message, /^unexpected answer from 127\.0\.0\.1:\d+: 'HTTP\/1\.1 400 Bad Request'$/);
    return true;
  });
  client.close();
});
