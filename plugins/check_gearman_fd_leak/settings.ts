import { UsageError, type Values } from "monitoring-plugins-ts";
import { Users } from "monitoring-plugins-ts/linux";

import { options } from "./options.ts";
import { readPidFile } from "./pid-file.ts";
import type { Rules } from "./rules.ts";

/** What the user typed. */
export type Settings = Values<typeof options>;

/** The thresholds. @throws UsageError when one lacks what it needs */
export function readRules(settings: Settings, given: ReadonlySet<string>): Rules {
  const rules: Rules = {
    fds: { warning: settings.warning, critical: settings.critical },
    sockets: { warning: settings.socketsWarning, critical: settings.socketsCritical },
    closeWait: { warning: settings.closeWaitWarning, critical: settings.closeWaitCritical },
    growth: { warning: settings.growthWarning, critical: settings.growthCritical },
    eta: { warning: settings.etaWarning, critical: settings.etaCritical },
    perWorker: { warning: settings.perWorkerWarning, critical: settings.perWorkerCritical },
    rss: { warning: settings.rssWarning, critical: settings.rssCritical },
    rssGrowth: { warning: settings.rssGrowthWarning, critical: settings.rssGrowthCritical },
    restarts: { warning: settings.restartsWarning, critical: settings.restartsCritical },
    processes: settings.processes,
    window: settings.window,
    kinds: settings.kinds,
    asked: { options, given, unjudged: settings.unjudged },
  };
  if (settings.server === undefined && (rules.perWorker.warning ?? rules.perWorker.critical) !== undefined) {
    throw new UsageError("--per-worker-warning and --per-worker-critical need -H: gearmand knows its workers");
  }
  return rules;
}

/** What the key of a target named by its pid begins with. */
export const PID_TARGET = "pid ";

/** Which processes to look at. */
export interface Target {
  readonly names: readonly string[];
  /** Instead of names. */
  readonly pid: number | undefined;
  readonly uid: number | undefined;
  /** No process was named: the job server (-H) may say which one it is. */
  readonly isOpen: boolean;
  /** The same at each run with these options, and different for other processes. */
  readonly key: string;
}

/** @throws UsageError when options contradict each other; CheckError when the pid file cannot be read */
export function readTarget({ command, pid, pidFile, user, server, port, window }: Settings): Target {
  const given = [command.length > 0, pid !== undefined, pidFile !== undefined];
  if (given.filter(Boolean).length > 1) throw new UsageError("-C, --pid and --pidfile exclude each other");
  const uid = user === undefined ? undefined : new Users().id(user);
  if (user !== undefined && uid === undefined) throw new UsageError(`there is no user '${user}'`);

  const names = command.length === 0 ? ["gearmand"] : [...new Set(command)];
  const isOpen = !given.includes(true);
  const what =
    pid !== undefined ? `${PID_TARGET}${pid}` : pidFile !== undefined ? `pidfile ${pidFile}` : names.join(",");
  const at = server?.port ?? port;
  const host = isOpen && server !== undefined ? ` at ${server.host}${at === 4730 ? "" : ` ${at}`}` : "";
  // each run forgets what is older than its window, and processes it does not see
  const over = window === 3600 ? "" : ` over ${window} s`;
  return {
    names,
    pid: pidFile === undefined ? pid : readPidFile(pidFile),
    uid,
    isOpen,
    key: `${what}${user === undefined ? "" : ` of ${user}`}${host}${over}`,
  };
}
