import { judge, Status } from "monitoring-plugins-ts";
import { firstLine, type SiteState } from "monitoring-plugins-ts/livestatus";

import { judgeChannels } from "./channels.ts";
import type { SiteAnswer, SiteFacts } from "./facts.ts";
import { judgeFailure, judgeNotReady } from "./failure.ts";
import type { Rules } from "./rules.ts";
import { type Finding, type Judged, RESTART_CYCLE, type SiteVerdict, type Surroundings, siteName } from "./verdict.ts";
import { shown, span } from "./words.ts";

/** All that is wrong with one site, and how it counts. */
export function judgeSite(site: SiteFacts, around: Surroundings, rules: Rules): SiteVerdict {
  const { id } = site;
  const isPlanned = rules.planned.includes(id);
  const judged = judgeAnswer(site, around, rules);
  const { standing, isCollateral } = judged;
  if (judged.findings.length === 0) return { id, standing, isCollateral, findings: [] };
  const findings = judged.findings
    .filter(({ status }) => status !== Status.OK)
    .map((finding) =>
      isPlanned && finding.status === Status.CRITICAL
        ? { ...finding, status: Status.WARNING, text: `${finding.text} (planned)` }
        : finding,
    );
  return { id, standing, isCollateral, findings };
}

function judgeAnswer(site: SiteFacts, around: Surroundings, rules: Rules): Judged {
  const { answer } = site;
  const ofProcess = judgeProcess(site, around, rules);
  const judged =
    answer === undefined
      ? judgeByState(site, around, rules)
      : answer instanceof Error
        ? judgeFailure(site, answer, around, rules)
        : judgeData(site, answer, around, rules);
  return ofProcess.length === 0 ? judged : { ...judged, findings: [...judged.findings, ...ofProcess] };
}

function judgeData(site: SiteFacts, answer: SiteAnswer, around: Surroundings, rules: Rules): Judged {
  const findings = [
    ...judgeCore(site, answer, around, rules),
    ...(around.state === undefined ? [] : judgeState(site, around.state, around, rules, answer)),
  ];
  return { standing: "ready", isCollateral: false, findings };
}

/** The verdict when nobody was asked and the state file is all there is. */
function judgeByState(site: SiteFacts, around: Surroundings, rules: Rules): Judged {
  const { state } = around;
  const name = `Site ${shown(site.id)}`;
  if (state === undefined) {
    const text = around.isUnlisted ? `${name} is not in the state file` : `${name}: no state to judge`;
    return {
      standing: around.isUnlisted ? "down" : "not judged",
      isCollateral: false,
      findings: [{ status: around.isUnlisted ? Status.CRITICAL : Status.UNKNOWN, text }],
    };
  }
  if (state.state !== "ready") return { ...judgeNotReady(site, state, around, rules), isCollateral: false };
  return { standing: "ready", isCollateral: false, findings: judgeState(site, state, around, rules, undefined) };
}

/** Livestatus connections of a core in use: on average where it says so, else at this moment. */
export const slotsUsed = ({ usage, threads, activeConnections }: SiteAnswer["core"]): number | undefined =>
  usage === undefined || threads === undefined ? activeConnections : Number((usage * threads).toFixed(1));

/** What the core itself said, and how fast. */
function judgeCore(site: SiteFacts, answer: SiteAnswer, { nowMs }: Surroundings, rules: Rules): readonly Finding[] {
  const { core, seconds, lastCheck } = answer;
  const name = siteName(site);
  const findings: Finding[] = [];
  const slow = judge(seconds, rules.time.warning, rules.time.critical);
  if (slow !== Status.OK) findings.push({ status: slow, text: `${name} took ${seconds.toFixed(3)} s to answer` });

  if (lastCheck === "never") {
    findings.push({ status: Status.UNKNOWN, text: `${name}: freshness not known, no service was ever checked` });
  } else if (lastCheck !== undefined) {
    const age = nowMs / 1000 - lastCheck;
    const status = judge(age, rules.fresh.warning, rules.fresh.critical);
    if (status !== Status.OK) findings.push({ status, text: `${name} answers, but checked nothing for ${span(age)}` });
  }
  if (core.programStart !== undefined) {
    const age = nowMs / 1000 - core.programStart;
    // the core's clock may be ahead of ours: that is a start just now
    if (rules.restart.seconds > 0 && age < rules.restart.seconds) {
      findings.push({ status: Status.WARNING, text: `${name}: core restarted or reloaded ${span(age)} ago` });
    }
  }
  const { threads } = core;
  const used = slotsUsed(core);
  if (used !== undefined && threads !== undefined) {
    const status = judge(used, rules.slots.warning.of(threads), rules.slots.critical.of(threads));
    if (status !== Status.OK) {
      findings.push({ status, text: `${name}: ${used} of ${threads} Livestatus connections of the core in use` });
    }
  }
  return findings;
}

/** What the state file adds about a site that is ready. */
function judgeState(
  site: SiteFacts,
  state: SiteState,
  around: Surroundings,
  rules: Rules,
  answer: SiteAnswer | undefined,
): readonly Finding[] {
  if (state.state !== "ready") return [];
  const name = siteName(site);
  const wasServedAtOnce = answer !== undefined && !rules.time.warning.alerts(answer.seconds);
  const findings = [...judgeChannels(name, state, rules, wasServedAtOnce, around.past)];
  const reset = judgeReset(name, state, around, rules);
  if (reset !== undefined) findings.push(reset);
  return findings;
}

/** A site that is ready now, but was connected anew lately, or often. */
function judgeReset(name: string, state: SiteState, around: Surroundings, rules: Rules): Finding | undefined {
  const { resetAge, lastError } = state;
  const { masterAge, process, stateAge, past } = around;
  // negative after the clock was set back
  if (resetAge === undefined || resetAge < 0) return undefined;
  const age = resetAge + (stateAge ?? 0);
  const why = lastError === "" ? "" : ` (last error ${firstLine(lastError)})`;
  if (past !== undefined && rules.resets.alerts(past.resets)) {
    const text = `${name} was reset ${past.resets} times within an hour, the last time ${span(age)} ago${why}`;
    return { status: Status.WARNING, text };
  }
  const processAge = typeof process === "object" ? process.age : masterAge;
  // the first reset comes with the start of the process itself
  const isReset = rules.reset.seconds > 0 && age < rules.reset.seconds && (processAge ?? 0) > age + RESTART_CYCLE;
  return isReset ? { status: Status.WARNING, text: `${name} was reset ${span(age)} ago${why}` } : undefined;
}

/** The site's process in the proxy. */
function judgeProcess({ id, isProxied, answer }: SiteFacts, around: Surroundings, rules: Rules): readonly Finding[] {
  const { process, past } = around;
  const isOfProcess = true;
  if (!isProxied || process === undefined) return [];
  const name = `Proxy: site process of ${shown(id)}`;
  if (process === "gone") {
    // what its socket does says more
    if (answer instanceof Error) return [];
    const since = past?.goneFor ? ` for ${span(past.goneFor)}` : "";
    const still = answer === undefined ? "" : ", yet the site answers";
    // nobody asked the site, so nothing speaks against it once the master should have started it again
    const isYoung = [around.masterAge, past?.goneFor].some((age) => age !== undefined && age < RESTART_CYCLE);
    const status = answer === undefined && !isYoung ? Status.CRITICAL : Status.WARNING;
    return [{ status, text: `${name} is missing${since}${still}`, isOfProcess }];
  }
  const { descriptors, descriptorLimit, threads } = process;
  const findings: Finding[] = [];
  if (descriptors !== undefined && descriptorLimit !== undefined) {
    const { warning, critical } = rules.descriptors;
    const status = judge(descriptors, warning.of(descriptorLimit), critical.of(descriptorLimit));
    if (status !== Status.OK) {
      const text = `${name} has ${descriptors} of ${descriptorLimit} files open (pid ${process.pid})`;
      findings.push({ status, text, isOfProcess });
    }
  }
  if (threads !== undefined && rules.threads?.alerts(threads)) {
    const text = `${name} has ${threads} threads (pid ${process.pid})`;
    findings.push({ status: Status.WARNING, text, isOfProcess });
  }
  if (past !== undefined && rules.threadsGrowth.alerts(past.threadsGained)) {
    const since = span(past.downFor ?? 0);
    const text = `${name} has gained ${past.threadsGained} threads in ${since}, while the site is down (pid ${process.pid})`;
    findings.push({ status: Status.WARNING, text, isOfProcess });
  }
  return findings;
}
