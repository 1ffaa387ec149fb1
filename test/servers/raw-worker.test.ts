import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { needs } from "../support/needs.ts";
import { untilQueues } from "./admin.ts";
import { startGearmand } from "./gearmand.ts";
import { splitBody, Type } from "./packet.ts";
import { RawConnection } from "./raw-connection.ts";
import * as raw from "./raw-worker.ts";

/** Submits a foreground job; resolves with everything after JOB_CREATED, up to the final packet. */
async function ask(address: string, queue: string, payload: string): Promise<{ types: number[]; data: Buffer }> {
  const client = await RawConnection.open(address);
  client.send(Type.SUBMIT_JOB, queue, "", payload);
  const types: number[] = [];
  const data: Buffer[] = [];
  for (;;) {
    const { type, body } = await client.reply();
    if (type === Type.JOB_CREATED) continue;
    types.push(type);
    data.push(splitBody(body, 2)[1] ?? Buffer.alloc(0));
    if (type === Type.WORK_COMPLETE || type === Type.WORK_FAIL) break;
  }
  client.close();
  return { types, data: Buffer.concat(data) };
}

async function askWorker(t: TestContext, answer: raw.Answer, payload = "x") {
  const { address } = await startGearmand(t);
  await raw.startRawWorker(t, address, "q", answer);
  return ask(address, "q", payload);
}

test("a worker takes one job after the other, from the queue and from sleep", needs("gearmand"), async (t) => {
  const { address } = await startGearmand(t);
  const worker = await raw.startRawWorker(t, address, "q", raw.echoes);
  for (const payload of ["one", "two", "three"]) {
    assert.equal((await ask(address, "q", payload)).data.toString(), payload);
  }
  assert.deepEqual(
    worker.jobs.map(({ payload }) => payload),
    ["one", "two", "three"],
  );
  worker.stop();
  await untilQueues(address, (queues) => queues.get("q")?.workers === 0);
});

test("parts come before the end", needs("gearmand"), async (t) => {
  const { types, data } = await askWorker(t, raw.answersInParts("part1", "part2", "end"));
  assert.deepEqual(types, [Type.WORK_DATA, Type.WORK_DATA, Type.WORK_COMPLETE]);
  assert.equal(data.toString(), "part1part2end");
});

test("a failure and an exception both end the job", needs("gearmand"), async (t) => {
  assert.deepEqual((await askWorker(t, raw.fails)).types, [Type.WORK_FAIL]);
  assert.deepEqual((await askWorker(t, raw.throws("boom"))).types, [Type.WORK_FAIL]);
});

test("a worker that dies gives its job back; one that never answers keeps it", needs("gearmand"), async (t) => {
  for (const [answer, running] of [
    [raw.dies, 0],
    [raw.neverAnswers, 1],
  ] as const) {
    const { address } = await startGearmand(t);
    const worker = await raw.startRawWorker(t, address, "q", answer);
    const client = await RawConnection.open(address);
    t.after(() => client.close());
    client.send(Type.SUBMIT_JOB, "q", "", "x");
    await untilQueues(address, (queues) => {
      const queue = queues.get("q");
      return worker.jobs.length === 1 && queue?.total === 1 && queue.running === running && queue.workers === running;
    });
  }
});

test("Mod-Gearman's status is 65,536 bytes with the text before the first NUL", needs("gearmand"), async (t) => {
  const { data } = await askWorker(t, raw.modGearmanStatus("vm"));
  assert.equal(data.length, 65_536);
  assert.equal(
    data.toString("utf8", 0, data.indexOf(0)),
    "vm has 3 worker and is working on 0 jobs. Version: 5.2.4|worker=3;;;3;6 jobs=8c",
  );
});

test("Gearman-Proxy's status honours the filter and warns as the proxy does", needs("gearmand"), async (t) => {
  const warning = { backlog: 3, values: { total_errors: "7c", total_jobs: "5c" } };
  const filtered = await askWorker(t, raw.proxyStatus(warning), "perfdatafilter=^(backlog|total_)");
  assert.equal(
    filtered.data.toString(),
    "1:WARNING - proxy version v2.08 running. backlog contains 3 jobs.| 'backlog'=3;;; 'total_errors'=7c;;; 'total_jobs'=5c;;;",
  );
  const none = await askWorker(t, raw.proxyStatus(), "perfdatafilter=nothing");
  assert.equal(none.data.toString(), "0:OK - proxy version v2.08 running.|");
});
