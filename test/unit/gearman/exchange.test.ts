import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { AdminClient } from "../../../lib/gearman/admin.ts";
import { JobClient, type JobResult, type JobStatus, randomUnique } from "../../../lib/gearman/client.ts";
import { Exchange } from "../../../lib/gearman/exchange.ts";
import { Session } from "../../../lib/gearman/session.ts";
import { type Job, Worker } from "../../../lib/gearman/worker.ts";
import type { TcpEndpoint } from "../../../lib/net/endpoint.ts";
import type { CheckError } from "../../../lib/plugin/error.ts";
import { startGearmand } from "../../servers/gearmand.ts";
import { needs } from "../../support/needs.ts";

const needsGearmand = needs("gearmand");

const signal = new AbortController().signal;

/** A value that comes later. */
function later<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function openExchange(t: TestContext, server: TcpEndpoint) {
  const lost = later<CheckError>();
  const jobs: Job[] = [];
  const first = later<Job>();
  const job = (job: Job) => {
    jobs.push(job);
    first.resolve(job);
  };
  const exchange = await Exchange.open(server, { signal }, { job, lost: lost.resolve });
  t.after(() => exchange.close());
  return { exchange, jobs, firstJob: first.promise, lost: lost.promise };
}

async function openAll(t: TestContext, server: TcpEndpoint) {
  const worker = await Worker.open(server, { signal });
  const client = await JobClient.open(server, { signal });
  const admin = await AdminClient.open(server, { signal });
  t.after(() => {
    for (const party of [worker, client, admin]) party.close();
  });
  return { worker, client, admin };
}

/** Submits a job; what becomes of it. */
function submit(exchange: Exchange, queue: string, payload: string) {
  const created = later<string>();
  const refused = later<CheckError>();
  const status = later<JobStatus>();
  const ended = later<JobResult>();
  exchange.submit(
    { queue, unique: "", payload },
    { created: created.resolve, refused: refused.resolve, status: status.resolve, ended: ended.resolve },
  );
  return { created: created.promise, refused: refused.promise, status: status.promise, ended: ended.promise };
}

test("jobs run side by side while commands are answered on the same connection", needsGearmand, async (t) => {
  const server = await startGearmand(t);
  const { worker } = await openAll(t, server);
  const { exchange } = await openExchange(t, server);
  worker.register("echo");
  await worker.flush();
  const handle = (job: Job) => {
    if (String(job.payload) === "fail") throw new Error("as told");
    if (String(job.payload) === "throw") job.exception("boom");
    return job.payload;
  };
  worker.run(handle).catch(() => {});
  const payloads = ["a", "b", "c"];
  const ended = payloads.map((payload) => submit(exchange, "echo", payload).ended);
  const failed = submit(exchange, "echo", "fail").ended;
  const thrown = submit(exchange, "echo", "throw").ended;
  const { queues } = await exchange.admin.status();
  assert.deepEqual(
    queues.map(({ name }) => name),
    ["echo"],
  );
  assert.deepEqual(
    (await Promise.all(ended)).map((result) => result.state === "complete" && String(result.data)),
    payloads,
  );
  assert.deepEqual(await failed, { state: "fail" });
  assert.deepEqual(await thrown, { state: "exception", text: "boom" });
});

test("jobs of an offered queue come one after the other, also those that wait already", needsGearmand, async (t) => {
  const server = await startGearmand(t);
  const { client } = await openAll(t, server);
  const { exchange, jobs } = await openExchange(t, server);
  for (const payload of ["1", "2"]) await client.submitBackground({ queue: "answers", unique: "", payload });
  exchange.offer("answers");
  for (let round = 0; round < 3; round++) await exchange.flush();
  await client.submitBackground({ queue: "answers", unique: "", payload: "3" });
  while (jobs.length < 3) await exchange.flush();
  assert.deepEqual(
    jobs.map(({ payload }) => String(payload)),
    ["1", "2", "3"],
  );
  for (const job of jobs) job.complete();
  await exchange.flush();
  assert.deepEqual((await exchange.admin.status()).queues[0]?.waiting, 0);
});

test("the server tells whether a worker has the job", needsGearmand, async (t) => {
  const server = await startGearmand(t);
  const { worker } = await openAll(t, server);
  const { exchange } = await openExchange(t, server);
  worker.register("work");
  await worker.flush();
  const waiting = submit(exchange, "work", "");
  exchange.askStatus(await waiting.created);
  assert.equal((await waiting.status).running, false);
  const running = submit(exchange, "work", "");
  await running.created;
  await worker.next();
  await worker.next();
  exchange.askStatus(await running.created);
  assert.equal((await running.status).running, true);
});

test("a job the server refuses fails alone", needsGearmand, async (t) => {
  const server = await startGearmand(t);
  const { worker } = await openAll(t, server);
  const { exchange } = await openExchange(t, server);
  const session = await Session.open(server, { signal });
  t.after(() => session.close());
  worker.register("full");
  await worker.flush();
  session.sendLine("maxqueue full 1");
  assert.equal(await session.receiveLine(), "OK");
  const first = submit(exchange, "full", "");
  const second = submit(exchange, "full", "");
  assert.equal((await second.refused).message, "job server refused the job: QUEUE_ERROR (Job queue is full)");
  (await worker.next()).complete("done");
  assert.equal((await first.ended).state, "complete");
});

test("who leaves takes along the queue it offered and the jobs nobody fetched", needsGearmand, async (t) => {
  const server = await startGearmand(t);
  const { worker, admin } = await openAll(t, server);
  const { exchange } = await openExchange(t, server);
  worker.register("work");
  await worker.flush();
  exchange.offer(await randomUnique("answers-"));
  const handle = await submit(exchange, "work", "").created;
  worker.close();
  while ((await admin.queue("work"))?.worker !== 0);
  await exchange.leave({ jobs: [handle], deserted: ["work"] });
  const { queues } = await admin.status();
  assert.deepEqual(queues, [{ name: "work", waiting: 0, running: 0, worker: 0 }]);
  assert.equal(await exchange.leave(), undefined, "once more does no harm");
});

test("somebody else's job in a deserted queue stays there", needsGearmand, async (t) => {
  const server = await startGearmand(t);
  const { client, admin, worker } = await openAll(t, server);
  const { exchange, jobs } = await openExchange(t, server);
  const handle = await submit(exchange, "work", "ours").created;
  await client.submitBackground({ queue: "work", unique: "", payload: "theirs" });
  await exchange.leave({ jobs: [handle], deserted: ["work"] });
  assert.deepEqual(jobs, []);
  while ((await admin.queue("work"))?.running !== 0);
  worker.register("work");
  assert.equal(String((await worker.next()).payload), "theirs");
});

test("a server that goes away is told once, and to everybody who waits", needsGearmand, async (t) => {
  const server = await startGearmand(t);
  const life = new AbortController();
  const losses: CheckError[] = [];
  const events = { job: () => {}, lost: (failure: CheckError) => losses.push(failure) };
  const exchange = await Exchange.open(server, { signal: life.signal }, events);
  const status = exchange.admin.status();
  const flushed = exchange.flush();
  life.abort(new Error("over"));
  await assert.rejects(status, /no complete answer/);
  await flushed;
  assert.equal(losses.length, 1);
  await exchange.leave();
  await exchange.flush();
});

test("drain() waits for all jobs that the offered queues held", needsGearmand, async (t) => {
  const server = await startGearmand(t);
  const { exchange, jobs } = await openExchange(t, server);
  const { exchange: sender } = await openExchange(t, server);
  exchange.offer("mine");
  await exchange.drain();
  assert.equal(jobs.length, 0);
  // sent in one go, fetched one by one
  await Promise.all(Array.from({ length: 100 }, (_, nth) => submit(sender, "mine", `${nth}`).created));
  await exchange.drain();
  assert.equal(jobs.length, 100);
});
