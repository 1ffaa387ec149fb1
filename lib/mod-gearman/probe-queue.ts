/**
 * Names of the private queues in which a round-trip probe gets its results. They come and go with every probe, and a probe
 * that was killed leaves one behind; a check of queues has to know them, or it would alarm for them.
 */

const PREFIX = "check_";
const NAME = /^check_[a-z_]+-([0-9a-f]{1,10})-[0-9a-f]{32}$/;

/**
 * A queue's name, unlike any other probe's.
 *
 * @param plugin whose queue it is
 * @param random 32 hex digits
 * @param endSeconds when the probe is over for certain, in seconds since 1970
 */
export function probeQueueName(plugin: `check_${string}`, random: string, endSeconds: number): string {
  return `${plugin}-${endSeconds.toString(16)}-${random}`;
}

/** When the probe a queue belongs to is over, in seconds since 1970; undefined for any other queue. */
export function probeQueueEnd(name: string): number | undefined {
  // most names are none of these, and a server may have 100,000
  const [, end] = name.startsWith(PREFIX) ? (NAME.exec(name) ?? []) : [];
  return end === undefined ? undefined : Number.parseInt(end, 16);
}
