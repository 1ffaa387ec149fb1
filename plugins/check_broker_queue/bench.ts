import { EMPTY_NODE, plugin, race, raceTable } from "#test/bench/measure.ts";
import type { Owner } from "#test/support/owner.ts";

import { fakeManagement, row } from "./test/fake-management.ts";

const ROUNDS = 21;

/** How long check_broker_queue takes beside a Node that does nothing, at a stand-in of RabbitMQ's management API. */
export default async function bench(owner: Owner): Promise<string> {
  const many = Array.from({ length: 10_000 }, (_, at) => row(`queue_${at}`, 1, 1));
  const check = async (...queues: typeof many) =>
    plugin("check_broker_queue", "-H", (await fakeManagement(owner, ...queues)).url);
  return raceTable(
    await race(
      [
        EMPTY_NODE,
        { name: "one queue", command: await check(row("results", 1, 1)) },
        { name: "10,000 queues", command: await check(...many) },
      ],
      ROUNDS,
    ),
  );
}
