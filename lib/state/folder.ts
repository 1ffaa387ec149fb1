import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";

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
 * same one as a shell.
 *
 * @throws Error naming the folder, or saying that there is none
 */
export function stateFolder(chosen: string | undefined, environment: Surroundings, system = SYSTEM_FOLDER): string {
  const named = chosen ?? (environment.MP_STATE_PATH || undefined);
  if (named !== undefined) return make(named);
  try {
    accessSync(system, constants.W_OK | constants.X_OK);
    return system;
  } catch {
    // not there, or not ours: the user's own
  }
  const { XDG_STATE_HOME: xdg, HOME: home } = environment;
  if (xdg?.startsWith("/")) return make(join(xdg, "monitoring-plugins"));
  if (home?.startsWith("/")) return make(join(home, ".local/state/monitoring-plugins"));
  throw new Error(`no folder for state: ${system} cannot be written, and there is no HOME`);
}

function make(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  } catch (cause) {
    throw new Error(`cannot create ${path}: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}
