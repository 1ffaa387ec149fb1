import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

import { CheckError } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";
import { type Patience, reach } from "./reach.ts";

const SYSTEM_FOLDER = "/var/lib/monitoring-plugins";

/** What of the environment decides. */
interface Surroundings {
  readonly MP_STATE_PATH?: string | undefined;
  readonly XDG_STATE_HOME?: string | undefined;
  readonly HOME?: string | undefined;
}

/**
 * Reads the path of a folder for state: a relative one would be another folder for each one who starts the check.
 *
 * @throws Error naming the text
 */
export function parseStateFolder(text: string): string {
  if (!isAbsolute(text)) throw new Error(`'${text}' is not an absolute path`);
  return text;
}

/**
 * The folder for state, which exists when this returns: `chosen`, else `$MP_STATE_PATH`, else
 * `/var/lib/monitoring-plugins` when the caller may write there, else `monitoring-plugins` in the user's XDG state folder.
 * Never a folder that others may write to, such as `/tmp`: under systemd's PrivateTmp a service does not even see the
 * same one as a shell. On a network file system whose server does not answer there is none either.
 *
 * @throws Error naming the folder, or saying that there is none; CheckError UNKNOWN when `$MP_STATE_PATH` is no absolute path
 */
export async function stateFolder(
  chosen: string | undefined,
  environment: Surroundings,
  patience: Patience,
  system = SYSTEM_FOLDER,
): Promise<string> {
  const named = chosen ?? fromEnvironment(environment.MP_STATE_PATH);
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

function fromEnvironment(path: string | undefined): string | undefined {
  if (path === undefined || path === "") return undefined;
  try {
    return parseStateFolder(path);
  } catch (cause) {
    throw new CheckError(Status.UNKNOWN, `MP_STATE_PATH: ${(cause as Error).message}`, { cause });
  }
}

async function make(path: string, patience: Patience): Promise<string> {
  await reach(path, patience);
  try {
    makeFolder(path);
    return path;
  } catch (cause) {
    throw new Error(`cannot create ${path}: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}

/**
 * The folder, and those above it that are missing: one after the other, each tried twice at most. `recursive` of mkdirSync
 * never ends in Node 20 where mkdir(2) says ENOENT in a folder that exists, as in /proc and on a mount that was removed.
 */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  try {
    makeOne(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    makeOne(path);
  }
}

function makeOne(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // another run may have been faster
    if (!isFolder(path)) throw error;
  }
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
