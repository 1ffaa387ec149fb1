import { CheckError, type Context } from "monitoring-plugins-ts";
import { askWhile, fetchStatus, type QueueStatus, type ServerStatus } from "monitoring-plugins-ts/gearman";
import { type ConnectOptions, endpointLabel, formatEndpoint, type TcpEndpoint } from "monitoring-plugins-ts/net";

import type { ServerFacts } from "./evaluate.ts";

/** How to ask. */
export interface Probe {
  readonly servers: readonly TcpEndpoint[];
  readonly connect: ConnectOptions;
  /** How long "no worker" has to last to be believed, in seconds. */
  readonly confirmSeconds: number;
  /** Whether the verdict on this queue rests on its having no worker. */
  readonly isSuspect: (queue: QueueStatus) => boolean;
}

/** Asks all servers at once; one that is dead delays nobody else beyond the deadline. */
export async function probeServers(probe: Probe, context: Context): Promise<readonly ServerFacts[]> {
  return Promise.all(probe.servers.map((server) => probeServer(server, probe, context)));
}

async function probeServer(server: TcpEndpoint, probe: Probe, context: Context): Promise<ServerFacts> {
  const facts = { server: formatEndpoint(server), label: endpointLabel(server) };
  try {
    const ask = () => fetchStatus(server, probe.connect);
    const first = await ask();
    context.log(`${facts.server}: ${first.queues.length} queues in ${first.seconds.toFixed(3)} s`);
    return { ...facts, answer: await confirmQueues(first, ask, probe, context) };
  } catch (error) {
    if (error instanceof CheckError) return { ...facts, answer: error };
    throw error;
  }
}

/**
 * Asks again while a queue that matters seems to have no worker.
 *
 * @returns the newest answer, in which each queue that was in doubt has the most workers seen meanwhile
 */
function confirmQueues(
  first: ServerStatus,
  ask: () => Promise<ServerStatus>,
  { confirmSeconds, isSuspect }: Probe,
  context: Context,
): Promise<ServerStatus> {
  const mostWorkers = new Map<string, number>();
  const askAgain = async (previous: ServerStatus): Promise<ServerStatus> => {
    for (const queue of previous.queues) if (isSuspect(queue)) mostWorkers.set(queue.name, queue.worker);
    const again = await ask();
    const queues = again.queues.map((queue) => {
      const worker = Math.max(queue.worker, mostWorkers.get(queue.name) ?? 0);
      if (mostWorkers.has(queue.name)) mostWorkers.set(queue.name, worker);
      return { ...queue, worker };
    });
    // how fast the server is was measured when nobody was in doubt
    return { ...again, queues, seconds: first.seconds };
  };
  return askWhile(({ queues }) => queues.some(isSuspect), first, askAgain, confirmSeconds, context);
}
