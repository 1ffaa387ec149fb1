import { CheckError, type Context, Status } from "monitoring-plugins-ts";
import { askWhile, fetchStatus, type ServerStatus } from "monitoring-plugins-ts/gearman";
import { type ConnectOptions, endpointLabel, formatEndpoint, type TcpEndpoint } from "monitoring-plugins-ts/net";

import type { ServerFacts } from "./evaluate.ts";
import { type Confirmation, cutShort, type Doubts } from "./evaluate-queue.ts";

/** How to ask. */
export interface Probe {
  readonly servers: readonly TcpEndpoint[];
  readonly connect: ConnectOptions;
  /** How long "no worker" has to last to be believed, in seconds. */
  readonly confirmSeconds: number;
}

/** Asks all servers at once; one that is dead delays nobody else beyond the deadline. */
export async function probeServers(probe: Probe, doubts: Doubts, context: Context): Promise<readonly ServerFacts[]> {
  // once something is CRITICAL for certain, waiting changes nothing
  const verdict = { isCritical: false };
  const probeServer = async (server: TcpEndpoint): Promise<ServerFacts> => {
    const facts = { server: formatEndpoint(server), label: endpointLabel(server), nowSeconds: context.now() / 1000 };
    try {
      const ask = () => fetchStatus(server, probe.connect);
      const first = await ask();
      context.log(`${facts.server}: ${first.queues.length} queues in ${first.seconds.toFixed(3)} s`);
      if (probe.servers.length > 1 && doubts.isCritical(first)) verdict.isCritical = true;
      return { ...facts, ...(await confirmQueues(first, ask, probe.confirmSeconds, doubts, verdict, context)) };
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      if (doubts.isFailureCritical && error.status === Status.CRITICAL) verdict.isCritical = true;
      return { ...facts, answer: error, confirmation: { seconds: 0, unconfirmed: undefined } };
    }
  };
  return Promise.all(probe.servers.map(probeServer));
}

/**
 * Asks again while a queue that matters seems to have no worker, or is not there.
 *
 * @returns the newest answer, in which each queue that was in doubt has the most workers seen meanwhile
 */
async function confirmQueues(
  first: ServerStatus,
  ask: () => Promise<ServerStatus>,
  wantedSeconds: number,
  { isSuspect, isIncomplete, isCritical }: Doubts,
  verdict: { isCritical: boolean },
  context: Context,
): Promise<{ answer: ServerStatus; confirmation: Confirmation }> {
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
  let isInDoubt = false;
  const inDoubt = (status: ServerStatus) => {
    isInDoubt = status.queues.some(isSuspect) || isIncomplete(status);
    if (isInDoubt && isCritical(status)) verdict.isCritical = true;
    return isInDoubt && !verdict.isCritical;
  };
  const { facts, seconds, isCutShort } = await askWhile(inDoubt, first, askAgain, wantedSeconds, context);
  const isGivenUp = isInDoubt && verdict.isCritical && seconds < wantedSeconds;
  return {
    answer: facts,
    confirmation: {
      seconds,
      unconfirmed: isCutShort
        ? cutShort(wantedSeconds)
        : isGivenUp
          ? "not looked at again, since something else is CRITICAL"
          : undefined,
    },
  };
}
