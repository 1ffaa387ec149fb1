import type { AdminClient } from "./admin.ts";
import type { UniqueStatus } from "./client.ts";
import type { QueueStatus } from "./queue-status.ts";
import { ServerError } from "./server-error.ts";

/** A list of jobs is for all queues, so a server with more jobs than this is not asked for one. */
export const MOST_JOBS = 10_000;

/** The programs that mark their jobs. */
const PLUGINS = ["check_gearman", "check_mod_gearman"] as const;

/**
 * A unique id for a check's job, by which later checks know it and its queue; at most 64 bytes.
 *
 * @param token up to 32 bytes, unlike any other's
 */
export const markedUnique = (plugin: (typeof PLUGINS)[number], queue: string, token: string) =>
  `${plugin}-${hashOf(queue)}-${token}`;

/** Where jobs are asked for: an `Exchange`, or both clients of one server. */
export interface JobSource {
  readonly admin: Pick<AdminClient, "uniques">;
  /** May be called again before it has answered. */
  uniqueStatus(unique: string): Promise<UniqueStatus>;
}

/**
 * How many jobs of earlier checks wait in each of the queues: gearmand counts one that was withdrawn until a worker asks for a
 * job. Those of checks that run have a client, and are none of them. Queues of which nothing is known are not in the answer.
 */
export async function countWithdrawn(
  source: JobSource,
  queues: readonly QueueStatus[],
  isAsked: (name: string) => boolean,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const asked = queues.filter(({ name, waiting }) => waiting > 0 && isAsked(name));
  const jobs = queues.reduce((sum, { waiting, running }) => sum + waiting + running, 0);
  if (asked.length === 0 || jobs > MOST_JOBS) return counts;
  const uniques = await source.admin.uniques().catch((error) => {
    // an old server does not know the command
    if (error instanceof ServerError) return [];
    throw error;
  });
  for (const { name } of asked) {
    const marks = PLUGINS.map((plugin) => markedUnique(plugin, name, ""));
    const ours = uniques.filter((unique) => marks.some((mark) => unique.startsWith(mark)));
    const all = await Promise.all(ours.map((unique) => source.uniqueStatus(unique)));
    counts.set(name, all.filter(({ known, running, clients }) => known && !running && clients === 0).length);
  }
  return counts;
}

/** A queue's name may be longer than a unique id: 32 bits of it (FNV-1a) tell queues of one server apart. */
function hashOf(queue: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < queue.length; at++) hash = Math.imul(hash ^ queue.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
