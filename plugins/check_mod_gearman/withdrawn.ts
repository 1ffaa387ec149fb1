import { type Exchange, type QueueStatus, ServerError } from "monitoring-plugins-ts/gearman";

/** A list of jobs is for all queues, so a server with more jobs than this is not asked for one. */
export const MOST_JOBS = 10_000;

const PREFIX = "check_mod_gearman-";

/** A job's unique id, by which later runs know the queue that it was sent to; at most 64 bytes. */
export const uniqueId = (queue: string, token: string) => `${prefixOf(queue)}${token}`;

/**
 * How many jobs of earlier runs wait in each of the queues: withdrawn ones are counted until a worker asks for a job. Those
 * of runs that live have a client, and are none of them.
 */
export async function countWithdrawn(
  exchange: Exchange,
  queues: readonly QueueStatus[],
  isAsked: (name: string) => boolean,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const asked = queues.filter(({ name, waiting }) => waiting > 0 && isAsked(name));
  const jobs = queues.reduce((sum, { waiting, running }) => sum + waiting + running, 0);
  if (asked.length === 0 || jobs > MOST_JOBS) return counts;
  const uniques = await exchange.admin.uniques().catch((error) => {
    // an old server does not know the command
    if (error instanceof ServerError) return [];
    throw error;
  });
  for (const { name } of asked) {
    const ours = uniques.filter((unique) => unique.startsWith(prefixOf(name)));
    const all = await Promise.all(ours.map((unique) => exchange.uniqueStatus(unique)));
    counts.set(name, all.filter(({ known, running, clients }) => known && !running && clients === 0).length);
  }
  return counts;
}

/** A queue's name may be longer than a unique id: 32 bits of it (FNV-1a) tell queues of one server apart. */
function prefixOf(queue: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < queue.length; at++) hash = Math.imul(hash ^ queue.charCodeAt(at), 0x01000193);
  return `${PREFIX}${(hash >>> 0).toString(16).padStart(8, "0")}-`;
}
