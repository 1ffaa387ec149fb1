import { type Context, sleep } from "monitoring-plugins-ts";
import { randomUnique } from "monitoring-plugins-ts/gearman";
import { Cipher } from "monitoring-plugins-ts/mod-gearman";

import type { ProbeFacts } from "./facts.ts";
import { Mailbox, mailboxName } from "./mailbox.ts";
import type { ProbeOrder } from "./order.ts";
import { ServerProbe } from "./server-probe.ts";

/** Time kept for saying how far the jobs came. */
const RESERVE_MS = 500;

/** Longest wait for the servers that are only listened on, before jobs are sent. */
const LISTEN_MS = 2000;

/** Sends the jobs and waits for their results, until the time is over. */
export async function probe(order: ProbeOrder, context: Context): Promise<ProbeFacts> {
  const cipher = await Cipher.load(order.key);
  const queue = mailboxName(await randomUnique(), context.now(), context.remainingMs());
  const mailbox = new Mailbox(queue, cipher);
  const servers = order.servers.map((server) => new ServerProbe(server, order, mailbox, cipher, context));
  const listeners = order.resultServers.map(({ server, isExpected }) => ({
    isExpected,
    probe: new ServerProbe(server, { ...order, queues: [] }, mailbox, cipher, context),
  }));
  const all = [...servers, ...listeners.map(({ probe }) => probe)];
  context.cleanUp(async () => {
    await Promise.all(all.map((server) => server.leave()));
  });
  const remaining = context.remainingMs();
  const giveUp = setTimeout(
    () => {
      for (const server of all) server.giveUp();
    },
    remaining - Math.min(RESERVE_MS, remaining / 2),
  );
  if (listeners.length > 0) {
    const listening = Promise.all(listeners.map(({ probe }) => probe.run()));
    await Promise.race([listening, sleep(Math.min(LISTEN_MS, remaining / 4))]);
    for (const { probe, isExpected } of listeners) {
      if (isExpected && probe.isListening) mailbox.copiesFrom.add(probe.peer);
    }
  }
  await Promise.all(servers.map((server) => server.run()));
  await Promise.all(listeners.map(({ probe }) => probe.drain()));
  clearTimeout(giveUp);
  await Promise.all(servers.map((server) => server.lastLook()));
  return {
    servers: servers.map((server) => server.facts()),
    resultServers: listeners.map(({ probe, isExpected }) => ({ ...probe.listenerFacts(), isExpected })),
    strays: mailbox.strays,
  };
}
