import assert from "node:assert/strict";
import { test } from "node:test";

import { runPlugin } from "#test/support/exec.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";

import { aged } from "./aged.ts";
import { classicQueue, fakeJolokia } from "./fake-jolokia.ts";
import { fakeManagement, type Row, row } from "./fake-management.ts";

/** What is printed of a queue with a consumer, or without, which has no unacknowledged message. */
const items = (label: string, ready: number, consumers = 1) =>
  `'${label}_ready'=${ready};;;0 '${label}_unacknowledged'=0;;;0 '${label}_consumers'=${consumers};${ready > 0 ? ";1:" : ";"};0`;

/** @returns all of stdout, without the name of the check */
async function answer(url: string, folder: string): Promise<string> {
  const all = ["-H", url, "--state-dir", folder, "--confirm", "0", "-t", "60"];
  const { stdout } = await runPlugin("check_broker_queue", all, { env: {} });
  return stdout.replace("check_broker_queue ", "");
}

/** Compares long texts, and shows the place where they differ. */
function same(actual: string, expected: string): void {
  let at = 0;
  while (at < expected.length && actual[at] === expected[at]) at++;
  const there = (text: string) => text.slice(Math.max(0, at - 100), at + 200);
  assert.equal(there(actual), there(expected));
  assert.equal(actual.length, expected.length);
}

test("10,000 queues are asked for in one request, and the answer is that of each one", async (t) => {
  const strange = "a..b ü";
  const rows = (step: number): readonly Row[] =>
    Array.from({ length: 10_000 }, (_, at) => {
      if (at === 1000) return row("lost", 50, 0);
      if (at === 2000) return { name: "dead", state: "down", node: "rabbit@two" };
      if (at === 3000) return row(strange, 2, 1);
      if (at === 4000) return row("stuck", 5 + 10 * step, 1, { message_stats: { publish: 10 * step } });
      if (at === 5000) return row("minor", 0, 1, { members: ["a", "b"], online: ["a"] });
      return row(`queue_${at}`, at % 3, 1);
    });
  const fake = await fakeManagement(t, ...rows(0));
  const folder = temporaryFolder(t);
  /** Of those of which something is said, by the label: one that takes nothing has no thresholds. */
  const earlier = {
    lost: " 'lost_growth'=0 'lost_publish'=0;;;0 'lost_deliver'=0;;;0 'lost_ack'=0;;;0 'lost_stalled'=0s;0;;0",
    minor:
      " 'minor_growth'=0 'minor_drain'=0s;;;0 'minor_publish'=0;;;0 'minor_deliver'=0;;;0 'minor_ack'=0;;;0 'minor_stalled'=0s;;;0",
    stuck: " 'stuck_growth'=N 'stuck_publish'=N;;;0 'stuck_deliver'=0;;;0 'stuck_ack'=0;;;0 'stuck_stalled'=Ns;0;;0",
  } as const;
  const perfdata = (step: number) => [
    ...rows(step).map(({ name, messages_ready: ready, consumers }) => {
      if (name === "dead") return "";
      return ` ${items(name === strange ? "a.-2e-.b.-20c3bc-" : name, Number(ready), Number(consumers))}`;
    }),
    ...(step > 0 ? [earlier.lost, earlier.stuck, earlier.minor] : []),
  ];
  const problems = [
    "Queue lost has 0 consumers and holds 50 messages",
    "Queue dead is down since its node rabbit@two is down",
    "Queue minor has no majority: 1 of 2 members online (a of a, b)",
  ];
  const broker = "'memory'=12%;;;0 'store'=1%;;;0";
  const first = `CRITICAL - ${problems.map((text) => `${text}.`).join(" ")} |${perfdata(0).join("")} ${broker}\n`;
  same(await answer(fake.url, folder), first);
  assert.deepEqual(fake.asked.toSorted(), [
    "/api/health/checks/alarms",
    "/api/nodes",
    "/api/overview",
    "/api/queues/%2F",
  ]);

  await aged(folder, 120);
  fake.queues = rows(1);
  const second = (await answer(fake.url, folder))
    .replaceAll(/('stuck_(?:growth|publish|stalled)')=\d+/g, "$1=N")
    .replace(/for \d+ min/g, "for T");
  const stuck = "Queue stuck: no message was acknowledged for T by its 1 consumer, and it holds 15 messages";
  const named = problems.map((text) => `${text}.`).join(" ");
  same(
    second,
    `CRITICAL - ${named} And 1 more. |${perfdata(1).join("")} ${broker} 'unroutable'=0;;;0\nWARNING - ${stuck}\n`,
  );
});

test("10,000 queues of ActiveMQ are printed by name, in whatever order they are told", async (t) => {
  const names = Array.from({ length: 10_000 }, (_, at) => `queue_${(at * 7919) % 10_000}`);
  const { url } = await fakeJolokia(t, "classic", ...names.map((name) => classicQueue(name, name.length, 1)));
  const perfdata = names
    .toSorted()
    .map((name) => ` ${items(name, name.length)}`)
    .join("");
  const ready = names.join("").length;
  same(
    await answer(url, temporaryFolder(t)),
    `OK - 10000 queues: ${ready} ready, 0 unacknowledged, 10000 consumers |${perfdata} 'dead_letters'=0;;;0 'memory'=2%;;;0 'store'=1%;;;0\n`,
  );
});
