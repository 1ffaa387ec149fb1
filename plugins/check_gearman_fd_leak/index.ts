import { CheckError, definePlugin } from "monitoring-plugins-ts";
import { hidesProcesses, readBoot } from "monitoring-plugins-ts/linux";
import { readNetworkOptions, withPort } from "monitoring-plugins-ts/net";

import { evaluate } from "./evaluate.ts";
import type { Facts } from "./facts.ts";
import { isOf, type ObservedName } from "./history.ts";
import { options } from "./options.ts";
import { type ObservedGroup, probeProcesses } from "./probe.ts";
import { recall } from "./remembrance.ts";
import { serverProcess } from "./server-process.ts";
import { readRules, readTarget } from "./settings.ts";
import { trendsOf } from "./trends.ts";
import { isFailure } from "./words.ts";

const notes = `
Examples:
  check_gearman_fd_leak
  check_gearman_fd_leak --processes 1:1 --growth-warning 60 --eta-critical 6h
  check_gearman_fd_leak -H 127.0.0.1 --per-worker-warning 5 --growth-warning 60
  check_gearman_fd_leak -C icinga2 -C naemon --close-wait-critical 20

Counting takes no rights on Linux 6.2 and later. What kind the descriptors are
is seen by root and by the process' own user only; without that right sockets on
the Gearman port are counted for the process' user as a whole.
`;

export default definePlugin({
  name: "check_gearman_fd_leak",
  summary: "Alerts when gearmand, or a process that talks to it, leaks descriptors, before it reaches its limit.",
  usage: "[-C name] [--pid pid] [-H host[:port]] [-w range] [-c range] [--growth-warning n] ...",
  options,
  notes,
  async check(settings, context) {
    const { proc: root, window, server: address } = settings;
    const { signal } = context;
    const rules = readRules(settings, context.given);
    const target = readTarget(settings);
    const boot = readBoot(root);
    const endpoint = address === undefined ? undefined : withPort(address, settings.port);
    const port = endpoint?.port ?? settings.port;

    // side by side: how full a server is matters most when it does not answer
    const { askServer, isLocal } = endpoint === undefined ? {} : await import("./server.ts");
    const asked = endpoint && askServer?.(endpoint, { ...readNetworkOptions(settings), signal });
    const found = await probeProcesses({ ...target, root, port, kinds: settings.kinds, signal });
    const server = await asked;
    const groups = target.isOpen
      ? onlyServer(found.groups, server, isLocal?.(endpoint?.host ?? "") === true)
      : found.groups;

    const place = {
      folder: settings.stateDir,
      target: target.key,
      isPid: settings.pid !== undefined,
      root,
      boot,
      window,
    };
    const observed = groups.map((group) => observe(group, server));
    // of a server whose process is not known there is nothing new, and what is kept may count again
    const past = groups.length === 0 ? undefined : await recall(observed, place, context);
    const { history, problem, path = "" } = past ?? { history: undefined, problem: undefined };
    const idleOf = (process: ObservedProcess) =>
      history?.series.find(isOf(process))?.idle ??
      observed.flatMap(({ processes }) => processes).find(isOf(process))?.idle;
    const facts: Facts = {
      groups: groups.map((group) => ({
        ...group,
        restarts: history?.lives[group.name]?.restarts.length,
        uptime: uptimeOf(group, boot.uptime),
        processes: group.processes.map((process) => ({
          ...process,
          trend: trendsOf(history, process, window),
          idleFds: idleOf(process),
        })),
      })),
      server,
      timeOver: signal.aborted && signal.reason instanceof CheckError ? signal.reason : undefined,
      hidden: found.denied > 0 || hidesProcesses(root),
      historyProblem: problem,
      unjudged: history?.unjudged && {
        seconds: context.now() / 1000 - history.unjudged.since,
        runs: history.unjudged.runs,
        path,
      },
      commandLine: context.commandLine.map(quoted).join(" "),
    };
    return evaluate(facts, rules);
  },
});

type ObservedProcess = ObservedGroup["processes"][number];

/** What is worth remembering of a group's processes. */
function observe(group: ObservedGroup, server: Facts["server"]): ObservedName {
  const answered = server === undefined || isFailure(server) ? undefined : server;
  const itself = answered && serverProcess(group, answered);
  const processes = group.processes.map((process) => {
    const { pid, startTicks, fds, rss } = process;
    const isServer = process === itself && answered !== undefined;
    const workers = isServer ? answered.workers : undefined;
    const idle = isServer && fds !== undefined ? Math.max(0, fds - answered.connections) : undefined;
    return { pid, startTicks, isChild: isChild(process, group), fds, rss, workers, idle };
  });
  return { name: group.name, processes };
}

const isChild = ({ parent }: ObservedProcess, { processes }: ObservedGroup) =>
  processes.some(({ pid }) => pid === parent);

/** The kernel's clock ticks in a second, as it tells them: on all machines that Node runs on. */
const TICKS = 100;

function uptimeOf(group: ObservedGroup, now: number): number | undefined {
  const own = group.processes.filter((process) => !isChild(process, group));
  const youngest = Math.max(...own.map(({ startTicks }) => startTicks));
  return own.length === 0 ? undefined : Math.max(0, Math.round(now - youngest / TICKS));
}

/**
 * Of the job servers on this machine the one that was asked, when it says which it is; when it does not answer, the one that
 * listens on its port. None where that is not known: the figures of another one would be taken for its own.
 */
function onlyServer(
  groups: readonly ObservedGroup[],
  server: Facts["server"],
  local: boolean,
): readonly ObservedGroup[] {
  if (server === undefined) return groups;
  return groups.flatMap((group) => {
    const listening = local ? group.processes.filter(({ listens }) => listens) : [];
    // behind a tunnel or a forwarded port it is none of these
    const itself = isFailure(server)
      ? listening.length === 1
        ? listening[0]
        : undefined
      : serverProcess(group, server);
    return itself === undefined ? [] : [{ ...group, processes: [itself] }];
  });
}

/** As it would have to be typed in a shell. */
const quoted = (argument: string) =>
  /^[\w.,:=@%/+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
