import { CheckError } from "monitoring-plugins-ts";

import type { Queue, Told } from "./facts.ts";
import { rabbitmqMetrics } from "./metrics.ts";
import { isCountless } from "./queue.ts";
import type { Connection } from "./source.ts";
import { within } from "./within.ts";

/** Longest wait for a source that is not needed for a verdict, in seconds. */
const PATIENCE = 2;

/**
 * Fills in what RabbitMQ's management does not tell, by the Prometheus endpoint, where a queue that matters has no counts.
 *
 * @param seconds what is left of the time
 * @param matters whether a queue is checked, and not known to be down
 */
export async function filled(
  told: Told,
  metrics: readonly Connection[],
  seconds: number,
  matters: (queue: Queue) => boolean,
): Promise<Told> {
  let best = told;
  for (const second of metrics) {
    const isLacking = best.queues.some((queue) => isCountless(queue) && matters(queue));
    if (!isLacking) break;
    const { options } = second.http;
    best = await within(Math.min(PATIENCE, seconds), options, async (http) => {
      try {
        return merged(best, await rabbitmqMetrics({ ...second, http }));
      } catch (error) {
        if (!(error instanceof CheckError) || options.signal.aborted) throw error;
        return { ...best, countless: `${best.countless}, and the Prometheus endpoint does not help: ${error.message}` };
      }
    });
  }
  return best;
}

function merged(told: Told, more: Told): Told {
  const known = new Map(more.queues.map((queue) => [queue.name, queue]));
  return {
    ...told,
    queues: told.queues.map((queue) => {
      const { ready, unacknowledged, consumers } = known.get(queue.name) ?? queue;
      return isCountless(queue) ? { ...queue, ready, unacknowledged, consumers } : queue;
    }),
    memory: told.memory ?? more.memory,
    store: told.store ?? more.store,
    unroutable: told.unroutable ?? more.unroutable,
    uptimes: told.uptimes.size === 0 ? more.uptimes : told.uptimes,
    countless: `${told.countless}, and ${more.peer} does not tell of it`,
  };
}
