import { statSync } from "node:fs";

import { CheckError, Status } from "monitoring-plugins-ts";

/** What was found out, as plain data. */
export interface Facts {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/**
 * Finds out, and judges nothing.
 *
 * @throws CheckError when it cannot
 */
export function probe(path: string): Facts {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new CheckError(Status.CRITICAL, `${path}: no such file`);
  return { path, size: stats.size };
}
