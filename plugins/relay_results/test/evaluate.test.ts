import assert from "node:assert/strict";
import { test } from "node:test";

import { readCommandLine, report } from "monitoring-plugins-ts";

import { evaluate } from "../evaluate.ts";
import { Ledger, type Snapshot } from "../ledger.ts";
import { quantities } from "../quantities.ts";

const NOW = 1_000_000_000_000;

/** A relay that delivers. */
const WELL: Snapshot = {
  pid: 7,
  started: NOW - 3_600_000,
  written: NOW - 4000,
  source: "mq1:61613/queue/a",
  sourceSince: NOW - 3_600_000,
  target: "https://icinga:5665",
  totals: { delivered: 1000, kept: 0, again: 0, poison: 0, undelivered: 0, gone: 0 },
  lastMinute: 12,
  poisonLastHour: 0,
  undeliveredLastHour: 0,
  keptLastHour: 0,
  underWay: 2,
  oldest: NOW - 3000,
  lastDelivery: NOW - 2000,
};

async function judge(changes: Partial<Snapshot>, args: readonly string[] = [], isRunning = true): Promise<string> {
  const gauges = await readCommandLine(quantities, args);
  return report("relay_results", evaluate({ ...WELL, ...changes }, { isRunning, now: NOW }, gauges), 0).trimEnd();
}

test("a relay that delivers is OK", async () => {
  assert.equal(
    await judge({}),
    "relay_results OK - 12 results in the last minute from mq1:61613/queue/a to https://icinga:5665, 2 under way | 'rate'=12;;;0 'oldest'=3s;60;300;0 'undelivered'=0;1;;0 'kept'=0;1;;0 'poison'=0;1;;0 'silence'=2s;;;0 'disconnected'=0s;15;60;0",
  );
});

test("what is wrong is said, by the numbers that tell", async () => {
  const texts: readonly (readonly [Partial<Snapshot>, readonly string[], string])[] = [
    [{ oldest: NOW - 61_000 }, [], "WARNING - a message has waited 1 min for its acknowledgement"],
    [
      { oldest: NOW - 600_000, away: "Connection refused" },
      [],
      "CRITICAL - a message has waited 10 min for its acknowledgement (https://icinga:5665: Connection refused)",
    ],
    [{ keptLastHour: 3 }, [], "WARNING - 3 results kept to be delivered later in the last hour"],
    [{ poisonLastHour: 1 }, [], "WARNING - 1 message without a result in the last hour"],
    [{ undeliveredLastHour: 2 }, ["--undelivered-critical", "2"], "CRITICAL - 2 results not taken in the last hour"],
    [{ source: undefined, sourceSince: NOW - 20_000 }, [], "WARNING - no broker for 20 s"],
    [
      { source: undefined, sourceSince: NOW - 90_000, sourceFailure: "mq1:61613/queue/a: Connection refused" },
      [],
      "CRITICAL - no broker for 2 min (mq1:61613/queue/a: Connection refused)",
    ],
    [{ lastDelivery: undefined }, ["--silence-warning", "600"], "WARNING - nothing was delivered for 1 h"],
    [{ lastMinute: 3 }, ["--rate-critical", "5:"], "CRITICAL - 3 results delivered in the last minute"],
  ];
  for (const [changes, args, text] of texts) {
    assert.equal((await judge(changes, args)).split(" | ")[0], `relay_results ${text}`);
  }
});

test("of a relay that is gone, or hangs, nothing is known", async () => {
  assert.equal(await judge({}, [], false), "relay_results UNKNOWN - the relay (process 7) is not running");
  assert.equal(
    await judge({ written: NOW - 31_000 }),
    "relay_results UNKNOWN - the relay (process 7) has written nothing for 31 s: it hangs",
  );
  assert.equal(
    await judge({ written: NOW + 3_600_000 }),
    "relay_results UNKNOWN - the relay (process 7) has written nothing since the clock was set back by 1 h: it hangs",
  );
});

test("counts of the last minute and hour forget what is older", () => {
  let now = NOW;
  const ledger = new Ledger("t", () => now);
  const message = {};
  ledger.taken(message);
  now += 5000;
  assert.equal(ledger.snapshot().oldest, NOW);
  ledger.settled(message, "delivered");
  ledger.settled({}, "poison");
  const counts = () => {
    const { lastMinute, poisonLastHour, underWay, oldest } = ledger.snapshot();
    return [lastMinute, poisonLastHour, underWay, oldest];
  };
  assert.deepEqual(counts(), [1, 1, 0, undefined]);
  now += 50_000;
  assert.deepEqual(counts(), [1, 1, 0, undefined]);
  now += 20_000;
  assert.deepEqual(counts(), [0, 1, 0, undefined]);
  now += 3_700_000;
  assert.deepEqual(counts(), [0, 0, 0, undefined]);
});
