import assert from "node:assert/strict";
import { test } from "node:test";

import { AdminClient } from "../../../lib/gearman/admin.ts";
import { JobClient, randomUnique } from "../../../lib/gearman/client.ts";
import { Session } from "../../../lib/gearman/session.ts";
import { Worker } from "../../../lib/gearman/worker.ts";
import { startGearmand } from "../../servers/gearmand.ts";
import { needs } from "../../support/needs.ts";

const signal = new AbortController().signal;

test("several workers share the jobs of a queue", needs("gearmand"), async (t) => {
  const server = await startGearmand(t);
  const workers = await Promise.all([1, 2, 3].map(() => Worker.open(server, { signal })));
  const running = workers.map((worker) => {
    worker.register("work");
    return worker.run(({ payload }) => payload);
  });
  const clients = await Promise.all([1, 2, 3].map(() => JobClient.open(server, { signal })));
  await Promise.all(
    clients.map(async (client) => {
      for (let number = 0; number < 20; number++) {
        const payload = `${number}`;
        const result = await client.submit({ queue: "work", unique: await randomUnique(), payload });
        assert.deepEqual(result, { state: "complete", data: Buffer.from(payload) });
      }
    }),
  );
  for (const party of [...clients, ...workers]) party.close();
  await Promise.all(running);
});

test("a job tells its queue, unique id and payload; an empty queue gives none", {
  ...needs("gearmand"),
}, async (t) => {
  const server = await startGearmand(t);
  const worker = await Worker.open(server, { signal });
  const client = await JobClient.open(server, { signal });
  t.after(() => {
    worker.close();
    client.close();
  });
  worker.register("gr\xc3\xb6\xc3\x9fe");
  assert.equal(await worker.grab(), undefined);
  const handle = await client.submitBackground({ queue: "gr\xc3\xb6\xc3\x9fe", unique: "id", payload: "a\0b" });
  const job = await worker.next();
  assert.deepEqual(
    [job.handle, job.queue, job.unique, String(job.payload)],
    [handle, "gr\xc3\xb6\xc3\x9fe", "id", "a\0b"],
  );
  job.complete();
});

test("a round trip through another worker, with the answer queue on the same connection", {
  ...needs("gearmand"),
}, async (t) => {
  const server = await startGearmand(t);
  const remote = await Worker.open(server, { signal });
  const results = await JobClient.open(server, { signal });
  remote.register("service");
  const running = remote.run(async ({ payload }) => {
    await results.submitBackground({ queue: String(payload), unique: "", payload: "result" });
  });

  const session = await Session.open(server, { signal });
  const [admin, client, worker] = [new AdminClient(session), new JobClient(session), new Worker(session)];
  const queue = await randomUnique("probe_");
  assert.equal((await admin.queue("service"))?.worker, 1);
  worker.register(queue);
  const sent = await client.submit({ queue: "service", unique: await randomUnique(), payload: queue });
  assert.equal(sent.state, "complete");
  const answer = await worker.next();
  assert.equal(String(answer.payload), "result");
  answer.complete();
  worker.unregister(queue);
  await admin.dropFunction(queue);
  assert.deepEqual(
    (await admin.status()).queues.map(({ name }) => name),
    ["service"],
  );

  for (const party of [session, results, remote]) party.close();
  await running;
});

test("a worker whose server goes away fails, one that was closed ends", needs("gearmand"), async (t) => {
  const server = await startGearmand(t);
  const deadline = new AbortController();
  const lost = await Worker.open(server, { signal: deadline.signal });
  const closed = await Worker.open(server, { signal });
  const runs = [lost.run(() => {}), closed.run(() => {})] as const;
  deadline.abort();
  closed.close();
  await assert.rejects(runs[0], /no complete answer/);
  await runs[1];
});
