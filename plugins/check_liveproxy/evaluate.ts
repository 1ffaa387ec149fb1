import { combine, counted, type Detail, judge, type Result, Status, verdict } from "monitoring-plugins-ts";
import type { Peer } from "monitoring-plugins-ts/livestatus";

import type { Facts, LmdFacts, ProxyFacts, SiteFacts } from "./facts.ts";
import { judgeLmd } from "./lmd.ts";
import { metrics } from "./metrics.ts";
import { isDaemonDown, judgeDaemon, judgeStateFile, stateFileAge } from "./proxy.ts";
import type { Rules } from "./rules.ts";
import { judgeSite } from "./site.ts";
import { judgeUnjudged } from "./unjudged.ts";
import { byUrgency, type Finding, type SiteVerdict, type Standing, type Surroundings } from "./verdict.ts";
import { shown, span } from "./words.ts";

/**
 * The verdict on the proxies, and every site behind them.
 *
 * @param around in the order of `facts.sites`
 */
export function evaluate(
  facts: Facts,
  around: readonly Surroundings[],
  selectPeers: (lmd: LmdFacts) => readonly Peer[],
  rules: Rules,
): Result {
  const { nowMs, proxy, sites, remembered } = facts;
  const reached = sites.filter((site) => isReached(site)).length;
  const reach = { sites: sites.length, reached };
  const findings: Finding[] = [];
  if (proxy?.daemon !== undefined) findings.push(...judgeDaemon(proxy.daemon, proxy.stateFile, reach, nowMs));
  if (proxy?.socketDirProblem !== undefined) findings.push(judgeSocketDir(proxy));
  if (proxy?.stateFile !== undefined) {
    findings.push(...judgeStateFile(proxy.stateFile, proxy, reach, rules, nowMs));
  }

  const surroundings = sites.map(({ id, isProxied }, index) => {
    const past = isProxied ? remembered.pasts.get(id) : undefined;
    return { ...(around[index] as Surroundings), past };
  });
  const verdicts = sites.map((site, index) => judgeSite(site, surroundings[index] as Surroundings, rules));
  const lmds = facts.lmds.map((lmd) => ({ lmd, peers: selectPeers(lmd) }));
  const judgedLmds = lmds.map(({ lmd, peers }) => judgeLmd(lmd, peers, remembered, rules, nowMs));
  for (const judged of judgedLmds) findings.push(...judged.findings);

  const all = [...verdicts, ...judgedLmds.flatMap(({ peers }) => peers)];
  const isDaemonGone = proxy?.daemon !== undefined && reached === 0 && isDaemonDown(proxy.daemon, nowMs);
  findings.push(...judgeAll(all, rules, isDaemonGone), ...judgeUnjudged({ facts, verdicts, surroundings }, rules));
  const cut = sites.filter(({ isCut }) => isCut);
  if (cut.length > 0) findings.push(judgeCut(cut, facts.secondsNeeded));
  if (all.length === 0 && findings.every(({ status }) => status === Status.OK)) {
    findings.push({ status: Status.UNKNOWN, text: "nothing to check: no site found, or none left by the filters" });
  }

  const parts = byUrgency(findings)
    .filter(({ status }) => status !== Status.OK)
    .map(({ status, text }) => verdict(status, text));
  const details: Detail[] = [
    { verbosity: 0, lines: notes(findings, all, rules) },
    { verbosity: 0, lines: [...blindSpots(surroundings, proxy), ...(remembered.problem ? [remembered.problem] : [])] },
    { verbosity: 1, lines: siteLines(sites, surroundings, nowMs) },
    { verbosity: 1, lines: peerLines(lmds) },
  ];
  const ok = verdict(Status.OK, okText(facts, all, lmds));
  return combine(ok.text, parts.length === 0 ? [ok] : parts, {
    details,
    metrics: metrics({ facts, verdicts: all, surroundings, lmds }, rules),
  });
}

/** Somebody served the site's socket: it answered, be it with an error. */
const isReached = ({ answer }: SiteFacts) =>
  answer !== undefined && (!(answer instanceof Error) || answer.kind === "error answer");

function judgeSocketDir({ socketDir = "", socketDirProblem }: ProxyFacts): Finding {
  const folder = shown(socketDir);
  return socketDirProblem === "ENOENT" || socketDirProblem === "ENOTDIR"
    ? {
        status: Status.CRITICAL,
        text: `Proxy: no folder of sockets (${folder}): liveproxyd not running, or its site is stopped`,
      }
    : { status: Status.UNKNOWN, text: `Cannot list the sockets in ${folder}: ${shown(socketDirProblem ?? "")}` };
}

/** Longest list of sites in a sentence. */
const MOST_NAMED = 3;

/** Sites there was no time for: that says nothing of them. */
function judgeCut(cut: readonly SiteFacts[], secondsNeeded: number): Finding {
  const named = cut.slice(0, MOST_NAMED).map(({ id }) => shown(id));
  const more = cut.length > MOST_NAMED ? ` and ${cut.length - MOST_NAMED} more` : "";
  const text = `${counted(cut.length, "site")} not judged, the time was over (${named.join(", ")}${more}): -t ${secondsNeeded} would do`;
  return { status: Status.UNKNOWN, text };
}

/** The sites one by one, or their number where that is what the user wants to hear of. */
function judgeAll(verdicts: readonly SiteVerdict[], rules: Rules, isDaemonGone: boolean): readonly Finding[] {
  const { warning, critical } = rules.down;
  const isCounted = warning !== undefined || critical !== undefined;
  const downs = verdicts.filter(({ standing }) => standing === "down");
  const unplanned = downs.filter(({ id }) => !rules.planned.includes(id));
  const isNothingLeft = downs.length > 0 && downs.length === verdicts.length;
  const findings: Finding[] = [];
  for (const { standing, isCollateral, findings: own } of verdicts) {
    if (standing === "down" && isCounted && !isNothingLeft) {
      findings.push(...own.filter(({ isOfProcess }) => isOfProcess));
      continue;
    }
    // one sentence about the daemon says it all
    if (isDaemonGone && isCollateral) continue;
    findings.push(...own);
  }
  if (isCounted && downs.length > 0) {
    const status = judge(unplanned.length, warning, critical);
    findings.push({ status, text: `${unplanned.length} of ${verdicts.length} sites down` });
  }
  return findings;
}

/** What is not wrong enough to be a problem, but worth a line. */
function notes(findings: readonly Finding[], verdicts: readonly SiteVerdict[], { down }: Rules): readonly string[] {
  const lines = findings.filter(({ status }) => status === Status.OK).map(({ text }) => `note: ${text}`);
  if (down.warning === undefined && down.critical === undefined) return lines;
  const downs = verdicts.filter(({ standing }) => standing === "down");
  const said = new Set(findings.map(({ text }) => text));
  return [
    ...lines,
    ...downs.flatMap(({ findings: own }) =>
      own.filter(({ text }) => !said.has(text)).map(({ text }) => `down: ${text}`),
    ),
  ];
}

/** What could not be looked at, so that nobody takes it for looked at and found well. */
function blindSpots(surroundings: readonly Surroundings[], proxy: ProxyFacts | undefined): readonly string[] {
  if (proxy?.daemon?.state === "hidden") {
    return ["note: the proxy's processes are hidden from this account: neither missing ones nor their files are seen"];
  }
  const uncounted = surroundings.filter(
    ({ process }) => typeof process === "object" && process.descriptors === undefined,
  );
  if (uncounted.length === 0) return [];
  const processes = uncounted.length === 1 ? "1 site process" : `${uncounted.length} site processes`;
  return [`note: open files of ${processes} not counted: that takes the proxy's user, root, or Linux 6.2`];
}

function* siteLines(
  sites: readonly SiteFacts[],
  surroundings: readonly Surroundings[],
  nowMs: number,
): Iterable<string> {
  for (const [index, { id, place, answer }] of sites.entries()) {
    const { state, stateAge } = surroundings[index] ?? {};
    const told =
      state === undefined
        ? ""
        : `, state ${shown(state.state)} ${span(stateAge ?? 0)} ago, ${counted(state.channels.length, "channel")}`;
    if (answer === undefined) {
      yield `${shown(id)}: not asked${told}`;
    } else if (answer instanceof Error) {
      yield `${shown(id)} (${shown(place)}): ${shown(answer.message)}${told}`;
    } else {
      const { programStart, programVersion } = answer.core;
      const core = programVersion === undefined ? "core of unknown version" : shown(programVersion);
      const since = programStart === undefined ? "" : `, started ${span(nowMs / 1000 - programStart)} ago`;
      yield `${shown(id)} (${shown(place)}): ${core}${since}, answered in ${answer.seconds.toFixed(3)} s${told}`;
    }
  }
}

function* peerLines(lmds: readonly { lmd: LmdFacts; peers: readonly Peer[] }[]): Iterable<string> {
  for (const { lmd, peers } of lmds) {
    for (const { key, name, state, idling } of peers) {
      yield `${shown(lmd.address)}: ${shown(key)} (${shown(name)}) ${state}${idling ? ", idling" : ""}`;
    }
  }
}

function okText(
  { sites, proxy, nowMs }: Facts,
  verdicts: readonly SiteVerdict[],
  lmds: readonly { lmd: LmdFacts; peers: readonly Peer[] }[],
): string {
  const clauses: string[] = [];
  const asked = sites.flatMap(({ id, answer }) =>
    answer === undefined || answer instanceof Error ? [] : [{ id, seconds: answer.seconds }],
  );
  const count = (standing: Standing) => verdicts.filter((one) => one.standing === standing).length;
  const [ready, down] = [count("ready"), count("down")];
  const others = verdicts.length - ready - down;
  clauses.push(
    ready === verdicts.length ? `${counted(ready, "site")} ready` : `${ready} of ${verdicts.length} sites ready`,
    ...(down > 0 ? [`${down} down`] : []),
    ...(others > 0 ? [`${others} neither`] : []),
  );
  const [first, ...rest] = asked;
  if (first !== undefined) {
    const slowest = rest.reduce((most, site) => (site.seconds > most.seconds ? site : most), first);
    clauses.push(
      `${asked.length === 1 ? "answered" : `slowest ${shown(slowest.id)}`} in ${slowest.seconds.toFixed(3)} s`,
    );
  }
  const age = proxy?.stateFile === undefined ? undefined : stateFileAge(proxy.stateFile, nowMs);
  if (age !== undefined) clauses.push(`state file ${span(age)} old`);
  const idling = lmds.flatMap(({ peers }) => peers).filter((peer) => peer.idling).length;
  if (idling > 0) clauses.push(`${idling} idling`);
  return clauses.join(", ");
}
