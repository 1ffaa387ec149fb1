import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";

import { needs } from "../support/needs.ts";
import { adminCommand, queueCounts, untilQueues } from "./admin.ts";
import { fillQueue, registerQueues, startWorkers } from "./gearman-worker.ts";
import { startGearmand } from "./gearmand.ts";

test("a server stops, restarts empty on its port, and leaves with its owner", needs("gearmand"), async (t) => {
  const stops: (() => unknown)[] = [];
  t.after(() => Promise.all(stops.map((stop) => stop())));
  const server = await startGearmand({ after: (stop) => stops.push(stop) });
  const { pid } = server;
  await fillQueue(server.address, "q", 100);
  assert.deepEqual((await queueCounts(server.address)).get("q"), { total: 100, running: 0, workers: 0 });

  await server.restart();
  assert.notEqual(server.pid, pid);
  assert.equal(await adminCommand(server.address, "status"), ".\n");

  await server.stop();
  await assert.rejects(adminCommand(server.address, "version"), /ECONNREFUSED/);

  await server.restart();
  for (const stop of stops) await stop();
  assert.throws(() => process.kill(server.pid, 0), /ESRCH/);
});

test("a frozen server takes connections and answers only when thawed", needs("gearmand"), async (t) => {
  const server = await startGearmand(t);
  server.freeze();
  const socket = connect(server.port, server.host);
  await once(socket, "connect");
  socket.write("version\n");
  let answered = false;
  const answer = once(socket, "data").then(() => {
    answered = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(answered, false);
  server.thaw();
  await answer;
  socket.destroy();
});

test("a port that is taken is an error that says so", needs("gearmand"), async (t) => {
  const { port } = await startGearmand(t);
  await assert.rejects(startGearmand(t, { port }), /belongs to another server/);
});

test("it listens on IPv6 as well", needs("gearmand"), async (t) => {
  const { address } = await startGearmand(t, { host: "::1" });
  assert.match(await adminCommand(address, "version"), /^OK /);
});

test("real workers are counted, do jobs, and go", needs("gearmand", "gearman"), async (t) => {
  const { address } = await startGearmand(t);
  const workers = await startWorkers(t, address, ["a", "b"], { count: 2 });
  await fillQueue(address, "a", 3, "x");
  await untilQueues(address, (queues) => queues.get("a")?.total === 0);
  assert.deepEqual((await queueCounts(address)).get("b"), { total: 0, running: 0, workers: 2 });
  await workers.stop();
  assert.deepEqual((await queueCounts(address)).get("b"), { total: 0, running: 0, workers: 0 });
});

test("5,000 queues are there at once, with and without a worker", needs("gearmand"), async (t) => {
  const { address } = await startGearmand(t);
  const names = Array.from({ length: 5000 }, (_, i) => `queue_${i}`);
  const registered = await registerQueues(t, address, names);
  const workers = async () => new Set([...(await queueCounts(address)).values()].map((queue) => queue.workers));
  assert.equal((await queueCounts(address)).size, 5000);
  assert.deepEqual(await workers(), new Set([1]));
  await registered.release();
  assert.equal((await queueCounts(address)).size, 5000);
  assert.deepEqual(await workers(), new Set([0]));
});
