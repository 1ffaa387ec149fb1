import { mkdtempSync, rmSync } from "node:fs";

import { EMPTY_NODE, plugin, race, raceTable } from "#test/bench/measure.ts";
import type { Owner } from "#test/support/owner.ts";

import { queuesOf } from "./activemq.ts";
import { classicQueue, fakeJolokia } from "./test/fake-jolokia.ts";
import { fakeManagement, row } from "./test/fake-management.ts";

const ROUNDS = 21;

/** Where RabbitMQ tells its queues, and what makes ActiveMQ tell them. */
const LIST = "/api/queues/%2F";
const { pattern: mbean, attributes: attribute } = queuesOf("*");
const QUESTION = JSON.stringify([{ type: "read", mbean, attribute }]);

/**
 * How long check_broker_queue takes beside a Node that does nothing, at stand-ins of RabbitMQ's management API and of ActiveMQ's Jolokia,
 * with what earlier runs left.
 */
export default async function bench(owner: Owner): Promise<string> {
  const state = mkdtempSync("/tmp/bench-broker-");
  owner.after(() => rmSync(state, { recursive: true, force: true }));
  const check = ({ url }: { readonly url: string }) =>
    plugin("check_broker_queue", "-H", url, "--state-dir", state, "-t", "60");
  /** What is not the check's own: a Node that asks for the same queues and does nothing with them. */
  const bare = (url: string, question = "") => [
    process.execPath,
    "-e",
    `require("node:http").request("${url}", { method: "${question === "" ? "GET" : "POST"}" }, (answer) =>
      answer.resume().on("end", () => process.exit())).end(${JSON.stringify(question)})`,
  ];
  const names = Array.from({ length: 10_000 }, (_, at) => `queue_${at}`);
  const single = await fakeManagement(owner, row("results", 1, 1));
  const one = { name: "one queue", command: check(single) };
  const many = await fakeManagement(owner, ...names.map((name) => row(name, 1, 1)));
  const activemq = await fakeJolokia(owner, "classic", classicQueue("results", 1, 1));
  const manyOfActivemq = await fakeJolokia(owner, "classic", ...names.map((name) => classicQueue(name, 1, 1)));
  const start = await race(
    [
      EMPTY_NODE,
      { name: "one request by node:http", command: bare(`${single.url}${LIST}`) },
      one,
      { name: "one queue of ActiveMQ", command: check(activemq) },
    ],
    ROUNDS,
  );
  const sizes = await race(
    [
      one,
      { name: "10,000 queues, the request alone", command: bare(`${many.url}${LIST}`) },
      { name: "10,000 queues", command: check(many) },
      { name: "10,000 queues of ActiveMQ, the request alone", command: bare(manyOfActivemq.url, QUESTION) },
      { name: "10,000 queues of ActiveMQ", command: check(manyOfActivemq) },
    ],
    ROUNDS,
  );
  return [raceTable(start), raceTable(sizes)].join("\n\n");
}
