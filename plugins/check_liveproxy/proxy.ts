import { counted, judge, Status } from "monitoring-plugins-ts";
import { localTimeMs, type SiteState } from "monitoring-plugins-ts/livestatus";

import type { DaemonFacts, ProxyFacts, StateFileFacts } from "./facts.ts";
import type { Rules } from "./rules.ts";
import { CLOCK_SLACK, type Finding } from "./verdict.ts";
import { shown, span } from "./words.ts";

/** A starting daemon may not have written its pid yet. */
const EMPTY_SECONDS = 10;

/** How many of the proxy's sites answered, be it with an error. */
export interface Reach {
  readonly sites: number;
  readonly reached: number;
}

/** Whether the pid file says that the daemon is not there. */
export function isDaemonDown({ state, writtenMs }: DaemonFacts, nowMs: number): boolean {
  if (state === "empty" || state === "no pid") return secondsSince(writtenMs, nowMs) > EMPTY_SECONDS;
  return state === "missing" || state === "dead" || state === "other program";
}

/** The daemon's processes. When sites are reached, somebody serves them, whatever the pid file says. */
export function judgeDaemon(
  daemon: DaemonFacts,
  stateFile: StateFileFacts | undefined,
  { sites, reached }: Reach,
  nowMs: number,
): readonly Finding[] {
  const findings: Finding[] = [];
  const [orphan] = daemon.orphans;
  if (orphan !== undefined) {
    const more = daemon.orphans.length === 1 ? "" : ` and ${daemon.orphans.length - 1} more`;
    const text = `Proxy: orphaned site process ${shown(orphan.title)} (pid ${orphan.pid})${more}: an old instance without master, sockets may be its own`;
    findings.push({ status: Status.CRITICAL, text });
  }
  if (daemon.masters.length > 0) {
    const number = daemon.masters.length === 2 ? "two" : `${daemon.masters.length}`;
    const text = `Proxy: ${number} masters (pids ${daemon.masters.join(", ")}), each with site processes: the channels of each on every core`;
    findings.push({ status: Status.WARNING, text });
  }
  if (daemon.state === "unreadable") {
    findings.push({
      status: reached > 0 ? Status.OK : Status.UNKNOWN,
      text: `Proxy: pid file ${shown(daemon.pidFile)} is not readable`,
    });
  }
  if (isDaemonDown(daemon, nowMs)) {
    const why = pidFileWords(daemon, nowMs);
    const written = stateFile?.writtenMs;
    const last = written === undefined ? "" : `, state file last written ${span(secondsSince(written, nowMs))} ago`;
    findings.push(
      reached > 0
        ? {
            status: Status.WARNING,
            text: `Proxy: ${why}, yet ${counted(reached, "site")} of ${sites} can be reached`,
          }
        : { status: Status.CRITICAL, text: `Proxy: liveproxyd is not running (${why}${last})` },
    );
  }
  return findings;
}

function pidFileWords({ pidFile, state, pid, title, writtenMs }: DaemonFacts, nowMs: number): string {
  const file = `pid file ${shown(pidFile)}`;
  const since = `since ${span(secondsSince(writtenMs, nowMs))}`;
  if (state === "missing") return `no ${file}`;
  if (state === "empty") return `${file} empty ${since}`;
  if (state === "no pid") return `${file} holds no pid`;
  if (state === "dead") return `${file} stale, written ${span(secondsSince(writtenMs, nowMs))} ago, no process ${pid}`;
  return `${file} stale, process ${pid} is ${shown((title ?? "another program").slice(0, 60))}`;
}

const secondsSince = (thenMs: number | undefined, nowMs: number) =>
  thenMs === undefined ? Number.POSITIVE_INFINITY : (nowMs - thenMs) / 1000;

/** Seconds since the file was written: by the file system, and by what the file says itself. */
export function stateFileAge({ problem, writtenMs, sites }: StateFileFacts, nowMs: number): number | undefined {
  // what is of no use is not fresh or stale
  if (problem !== undefined || writtenMs === undefined) return undefined;
  const dumps = sites.map((site) => dumpAge(site, writtenMs, nowMs)).filter((age) => age !== undefined);
  return Math.max((nowMs - writtenMs) / 1000, ...(dumps.length === 0 ? [] : [Math.min(...dumps)]));
}

/** Seconds since a site's part of the state file was made; negative when that lies in the future. */
export function dumpAge({ dumped }: SiteState, writtenMs: number | undefined, nowMs: number): number | undefined {
  const then = dumped === undefined ? undefined : localTimeMs(dumped, writtenMs ?? nowMs);
  return then === undefined ? undefined : (nowMs - then) / 1000;
}

/** The state file as a whole. */
export function judgeStateFile(
  facts: StateFileFacts,
  proxy: Pick<ProxyFacts, "socketDir">,
  { sites, reached }: Reach,
  rules: Rules,
  nowMs: number,
): readonly Finding[] {
  const path = shown(facts.path);
  if (facts.problem !== undefined) {
    // queries tell the same, and better
    const status = proxy.socketDir === undefined ? Status.UNKNOWN : Status.OK;
    return [
      {
        status,
        text: `State file ${path} is ${facts.problem === "not a state file" ? "no state file" : facts.problem}`,
      },
    ];
  }
  const findings: Finding[] = [];
  if (facts.sites.length === 0 && sites === 0) {
    findings.push({ status: Status.WARNING, text: `Proxy: no sites configured (state file ${path})` });
  }
  const age = stateFileAge(facts, nowMs) ?? 0;
  const isAnswered = reached > 0 && reached === sites;
  const judged = judge(age, rules.stateAge.warning, rules.stateAge.critical);
  if (judged !== Status.OK) {
    const status = isAnswered ? Status.WARNING : judged;
    findings.push({
      status,
      text: `Proxy: state file is ${span(age)} old (${path}): master or site process hangs${isAnswered ? ", yet all sites answer" : ""}`,
    });
  }
  const ages = facts.sites.map((site) => ({ site, age: dumpAge(site, facts.writtenMs, nowMs) }));
  const future = ages.find((dump) => dump.age !== undefined && dump.age < -CLOCK_SLACK);
  if (future !== undefined || (facts.writtenMs ?? 0) > nowMs + CLOCK_SLACK * 1000) {
    const ahead = Math.max(-(future?.age ?? 0), ((facts.writtenMs ?? 0) - nowMs) / 1000);
    findings.push({
      status: Status.WARNING,
      text: `Proxy: state file is dated ${span(ahead)} in the future (${path}): clock or time zone`,
    });
  }
  if (judged === Status.OK) {
    for (const dump of ages) {
      const lag = judge(dump.age ?? 0, rules.stateAge.warning, rules.stateAge.critical);
      if (lag !== Status.OK) {
        const status = isAnswered ? Status.WARNING : lag;
        const text = `Proxy: state of site ${shown(dump.site.id)} is ${span(dump.age ?? 0)} old, while others are fresh`;
        findings.push({ status, text });
      }
    }
  }
  return findings;
}
