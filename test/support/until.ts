import { setTimeout } from "node:timers/promises";

/** Far above what anything takes on a busy machine: reached only by what never comes. */
const LIMIT_MS = 120_000;

const PAUSE_MS = 20;

/**
 * Waits for something to become true, however long a busy machine takes. Whatever cannot become true any more, such as the
 * answer of a server that has ended, is better thrown by `isTrue`.
 *
 * @param what was waited for, and what there is in its place
 * @throws Error that says so when it never comes
 */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  what: () => string | Promise<string>,
  pauseMs = PAUSE_MS,
): Promise<void> {
  for (const end = Date.now() + LIMIT_MS; !(await isTrue()); await setTimeout(pauseMs)) {
    if (Date.now() > end) throw new Error(`waited in vain for ${await what()}`);
  }
}
