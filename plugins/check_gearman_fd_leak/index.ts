import { CheckError, definePlugin } from "monitoring-plugins-ts";
import { hidesProcesses, readBoot } from "monitoring-plugins-ts/linux";
import { readNetworkOptions, withPort } from "monitoring-plugins-ts/net";

import { evaluate } from "./evaluate.ts";
import type { Facts } from "./facts.ts";
import type { ObservedName } from "./history.ts";
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
    const asked =
      endpoint && (await import("./server.ts")).askServer(endpoint, { ...readNetworkOptions(settings), signal });
    const found = await probeProcesses({ ...target, root, port, kinds: settings.kinds, signal });
    const server = await asked;
    const groups = target.isOpen ? onlyServer(found.groups, server) : found.groups;

    const {
      history,
      problem,
      path = "",
    } = await recall(
      groups.map((group) => observe(group, server)),
      { folder: settings.stateDir, target: target.key, isPid: settings.pid !== undefined, root, boot, window },
      context,
    );
    const facts: Facts = {
      groups: groups.map((group) => ({
        ...group,
        restarts: history?.lives[group.name]?.restarts.length,
        uptime: uptimeOf(group, boot.uptime),
        processes: group.processes.map((process) => ({ ...process, trend: trendsOf(history, process, window) })),
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

/** What is worth remembering of a group's processes. */
function observe(group: ObservedGroup, server: Facts["server"]): ObservedName {
  const answered = server === undefined || isFailure(server) ? undefined : server;
  const itself = answered && serverProcess(group, answered);
  const processes = group.processes.map((process) => {
    const { pid, startTicks, fds, rss } = process;
    const workers = process === itself ? answered?.workers : undefined;
    return { pid, startTicks, isChild: isChild(process, group), fds, rss, workers };
  });
  return { name: group.name, processes };
}

const isChild = ({ parent }: ObservedGroup["processes"][number], { processes }: ObservedGroup) =>
  processes.some(({ pid }) => pid === parent);

/** The kernel's clock ticks in a second, as it tells them: on all machines that Node runs on. */
const TICKS = 100;

function uptimeOf(group: ObservedGroup, now: number): number | undefined {
  const own = group.processes.filter((process) => !isChild(process, group));
  const youngest = Math.max(...own.map(({ startTicks }) => startTicks));
  return own.length === 0 ? undefined : Math.max(0, Math.round(now - youngest / TICKS));
}

/** Of several job servers on this machine the one that was asked, when it says which it is. */
function onlyServer(groups: readonly ObservedGroup[], server: Facts["server"]): readonly ObservedGroup[] {
  if (server === undefined || isFailure(server)) return groups;
  return groups.map((group) => {
    const itself = serverProcess(group, server);
    // behind a tunnel or a forwarded port it is none of these
    return itself === undefined ? group : { ...group, processes: [itself] };
  });
}

/** As it would have to be typed in a shell. */
const quoted = (argument: string) =>
  /^[\w.,:=@%/+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
