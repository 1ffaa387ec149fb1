import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";

import { type Patience, reach } from "./reach.ts";

const SYSTEM_FOLDER = "/var/lib/monitoring-plugins";

/** What of the environment decides. */
interface Surroundings {
  readonly MP_STATE_PATH?: string | undefined;
  readonly XDG_STATE_HOME?: string | undefined;
  readonly HOME?: string | undefined;
}

/**
 * The folder for state, which exists when this returns: `chosen`, else `$MP_STATE_PATH`, else
 * `/var/lib/monitoring-plugins` when the caller may write there, else `monitoring-plugins` in the user's XDG state folder.
 * Never a folder that others may write to, such as `/tmp`: under systemd's PrivateTmp a service does not even see the
 * same one as a shell. On a network file system whose server does not answer there is none either.
 *
 * @throws Error naming the folder, or saying that there is none
 */
export async function stateFolder(
  chosen: string | undefined,
  environment: Surroundings,
  patience: Patience,
  system = SYSTEM_FOLDER,
): Promise<string> {
  const named = chosen ?? (environment.MP_STATE_PATH || undefined);
  if (named !== undefined) return make(named, patience);
  await reach(system, patience);
  try {
    accessSync(system, constants.W_OK | constants.X_OK);
    return system;
  } catch {
    // not there, or not ours: the user's own
  }
  const { XDG_STATE_HOME: xdg, HOME: home } = environment;
  if (xdg?.startsWith("/")) return make(join(xdg, "monitoring-plugins"), patience);
  if (home?.startsWith("/")) return make(join(home, ".local/state/monitoring-plugins"), patience);
  throw new Error(`no folder for state: ${system} cannot be written, and there is no HOME`);
}

async function make(path: string, patience: Patience): Promise<string> {
  await reach(path, patience);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  } catch (cause) {
    throw new Error(`cannot create ${path}: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}
