import type { Context } from "monitoring-plugins-ts";
import { randomUnique } from "monitoring-plugins-ts/gearman";
import { Cipher } from "monitoring-plugins-ts/mod-gearman";

import type { ProbeFacts } from "./facts.ts";
import { Mailbox, mailboxName } from "./mailbox.ts";
import type { ProbeOrder } from "./order.ts";
import { ServerProbe } from "./server-probe.ts";

/** Time kept for saying how far the jobs came. */
const RESERVE_MS = 500;

/** Sends the jobs and waits for their results, until the time is over. */
export async function probe(order: ProbeOrder, context: Context): Promise<ProbeFacts> {
  const cipher = await Cipher.load(order.key);
  const queue = mailboxName(await randomUnique(), context.now(), context.remainingMs());
  const mailbox = new Mailbox(queue, cipher);
  const servers = order.servers.map((server) => new ServerProbe(server, order, mailbox, cipher, context));
  context.cleanUp(async () => {
    await Promise.all(servers.map((server) => server.leave()));
  });
  const remaining = context.remainingMs();
  const giveUp = setTimeout(
    () => {
      for (const server of servers) server.giveUp();
    },
    remaining - Math.min(RESERVE_MS, remaining / 2),
  );
  await Promise.all(servers.map((server) => server.run()));
  clearTimeout(giveUp);
  await Promise.all(servers.map((server) => server.lastLook()));
  return { servers: servers.map((server) => server.facts()), strays: mailbox.strays };
}
