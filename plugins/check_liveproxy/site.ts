import { judge, Status, urgency } from "monitoring-plugins-ts";
import type { ProcessFacts, ProcessUse } from "monitoring-plugins-ts/linux";
import { firstLine, type LivestatusError, type SiteState } from "monitoring-plugins-ts/livestatus";

import { judgeChannels } from "./channels.ts";
import type { SiteAnswer, SiteFacts } from "./facts.ts";
import type { Rules } from "./rules.ts";
import { counted, shown, span } from "./words.ts";

/** What is said of something: a state and the words for it. */
export interface Finding {
  readonly status: Status;
  readonly text: string;
}

/** Where a site stands, for the totals. */
export type Standing = "ready" | "starting" | "down" | "not judged";

/** The verdict on one site. */
export interface SiteVerdict {
  readonly id: string;
  readonly standing: Standing;
  /** It does not answer because the whole proxy is gone: nothing else than that is wrong with it. */
  readonly isCollateral: boolean;
  readonly findings: readonly Finding[];
}

/** What is known of the proxy when one of its sites is judged. */
export interface Surroundings {
  readonly nowMs: number;
  /** The daemon's master process is alive. */
  readonly isMasterAlive: boolean;
  /** Seconds since the master started. */
  readonly masterAge: number | undefined;
  /** The state file was read, and lists sites. */
  readonly isStateKnown: boolean;
  /** What the state file says of the site, unless it is too old to count. */
  readonly state: SiteState | undefined;
  /** Seconds since the state file was written. */
  readonly stateAge: number | undefined;
  /** The site's own process; `gone` when the master has none for it. */
  readonly process: (ProcessFacts & ProcessUse) | "gone" | undefined;
}

/** A master restarts a site process within so many seconds. */
const RESTART_CYCLE = 10;

const BUSY = /channels?\b.*\bbusy\b|\bbusy\b.*\bchannels?\b/i;
const CERTIFICATE = /certificate|\bSSL|\bTLS/i;

/** Code that only a proxy sends: the certificate of the site was not accepted. */
const UNTRUSTED_CODE = 495;

/** Whether an error answer says that all channels of the proxy are in use. */
export const soundsBusy = ({ kind, message }: LivestatusError) => kind === "error answer" && BUSY.test(message);

/** All that is wrong with one site, and how it counts. */
export function judgeSite(site: SiteFacts, around: Surroundings, rules: Rules): SiteVerdict {
  const { id } = site;
  const isPlanned = rules.planned.includes(id);
  const judged = judgeAnswer(site, around, rules);
  const findings = judged.findings
    .filter(({ status }) => status !== Status.OK)
    .map(({ status, text }) =>
      isPlanned && status === Status.CRITICAL
        ? { status: Status.WARNING, text: `${text} (planned)` }
        : { status, text },
    );
  return { id, ...judged, findings };
}

type Judged = Omit<SiteVerdict, "id">;

function judgeAnswer(site: SiteFacts, around: Surroundings, rules: Rules): Judged {
  const { answer } = site;
  if (answer === undefined) return judgeByState(site, around, rules);
  if (answer instanceof Error) return judgeFailure(site, answer, around, rules);
  const findings = [
    ...judgeCore(site, answer, around, rules),
    ...(around.state === undefined ? [] : judgeState(site, around.state, around, rules, answer)),
    ...judgeProcess(site, around, rules),
  ];
  return { standing: "ready", isCollateral: false, findings };
}

/** The verdict when nobody was asked and the state file is all there is. */
function judgeByState(site: SiteFacts, around: Surroundings, rules: Rules): Judged {
  const { state } = around;
  const name = `Site ${shown(site.id)}`;
  if (state === undefined) {
    const text = around.isStateKnown ? `${name} is not in the state file` : `${name}: no state to judge`;
    return {
      standing: around.isStateKnown ? "down" : "not judged",
      isCollateral: false,
      findings: [{ status: around.isStateKnown ? Status.CRITICAL : Status.UNKNOWN, text }],
    };
  }
  if (state.state !== "ready") return { ...judgeNotReady(site, state, around, rules), isCollateral: false };
  const findings = [...judgeState(site, state, around, rules, undefined), ...judgeProcess(site, around, rules)];
  return { standing: "ready", isCollateral: false, findings };
}

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
    findings.push({ status, text: `${name} answers, but checked nothing for ${span(age)}` });
  }
  if (core.programStart !== undefined) {
    const age = nowMs / 1000 - core.programStart;
    // the core's clock may be ahead of ours: that is a start just now
    const status = rules.restart.seconds > 0 && age < rules.restart.seconds ? Status.WARNING : Status.OK;
    findings.push({ status, text: `${name}: core restarted or reloaded ${span(age)} ago` });
  }
  const { activeConnections: active, threads } = core;
  if (active !== undefined && threads !== undefined) {
    const status = judge(active, rules.slots.warning.of(threads), rules.slots.critical.of(threads));
    findings.push({ status, text: `${name}: ${active} of ${threads} Livestatus connections of the core in use` });
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
  const findings = [...judgeChannels(name, state, rules, wasServedAtOnce)];
  const { resetAge, lastError } = state;
  const processAge = typeof around.process === "object" ? around.process.age : around.masterAge;
  if (resetAge !== undefined && processAge !== undefined && rules.reset.seconds > 0) {
    const age = resetAge + (around.stateAge ?? 0);
    // the first reset comes with the start of the process itself
    if (age < rules.reset.seconds && processAge > age + RESTART_CYCLE) {
      const why = lastError === "" ? "" : ` (last error ${firstLine(lastError)})`;
      findings.push({ status: Status.WARNING, text: `${name} was reset ${span(age)} ago${why}` });
    }
  }
  return findings;
}

/** The site's process in the proxy. */
function judgeProcess({ id, isProxied }: SiteFacts, around: Surroundings, rules: Rules): readonly Finding[] {
  const { process } = around;
  if (!isProxied || process === undefined) return [];
  const name = `Proxy: site process of ${shown(id)}`;
  if (process === "gone") return [{ status: Status.WARNING, text: `${name} is missing, yet the site answers` }];
  const { descriptors, descriptorLimit, threads } = process;
  const findings: Finding[] = [];
  if (descriptors !== undefined && descriptorLimit !== undefined) {
    const { warning, critical } = rules.descriptors;
    const status = judge(descriptors, warning.of(descriptorLimit), critical.of(descriptorLimit));
    findings.push({ status, text: `${name} has ${descriptors} of ${descriptorLimit} files open (pid ${process.pid})` });
  }
  if (threads !== undefined && rules.threads?.alerts(threads)) {
    findings.push({ status: Status.WARNING, text: `${name} has ${threads} threads (pid ${process.pid})` });
  }
  return findings;
}

const down = (text: string, isCollateral = false): Judged => ({
  standing: "down",
  isCollateral,
  findings: [{ status: Status.CRITICAL, text }],
});

const notJudged = (text: string): Judged => ({
  standing: "not judged",
  isCollateral: false,
  findings: [{ status: Status.UNKNOWN, text }],
});

function judgeFailure(site: SiteFacts, error: LivestatusError, around: Surroundings, rules: Rules): Judged {
  const { id, place, isProxied } = site;
  const name = siteName(site);
  const at = isProxied ? ` (socket ${shown(place)})` : "";
  const message = shown(error.message);
  switch (error.kind) {
    case "denied":
      return notJudged(
        "path" in site || place.startsWith("/")
          ? `Cannot judge site ${shown(id)}: permission denied on ${shown(place)}, add the check's user to the group of the socket`
          : `${name}: ${message}`,
      );
    case "no socket":
    case "path too long":
    case "own fault":
      return notJudged(`${name}: ${message}`);
    case "missing":
      if (!isProxied) return down(`${name}: no such socket`);
      return down(
        `Proxy: no socket for site ${shown(id)} (${shown(place)}): not configured in the proxy or its process never started`,
        true,
      );
    case "refused":
      return isProxied ? judgeStaleSocket(site, around) : down(`${name}: ${message}`);
    case "not accepting":
      return down(isProxied ? `Proxy: process for site ${shown(id)} ${message}${at}` : `${name} ${message}`);
    case "error answer":
      return judgeErrorAnswer(site, error, around, rules);
    case "no answer":
      return down(`${name}: ${message}${at}${hint(around)}`);
    default:
      return down(`${name}: ${message}${at}`);
  }
}

/** What the state file makes likely when a site's socket accepts and stays silent. */
function hint({ state }: Surroundings): string {
  if (state === undefined) return "";
  if (state.state !== "ready") return `, state ${shown(state.state)}`;
  return ", state file says ready: hung site process, hung core, or all its connections taken";
}

/** Nobody listens at a socket of the proxy. */
function judgeStaleSocket({ id, place, isNamed }: SiteFacts, around: Surroundings): Judged {
  const at = shown(place);
  if (!isNamed && around.isMasterAlive && around.isStateKnown && around.state === undefined) {
    const text = `Proxy: stale socket of ${shown(id)} (${at}), which is not in the state file: removed from the proxy?`;
    return { standing: "not judged", isCollateral: true, findings: [{ status: Status.WARNING, text }] };
  }
  const text = `Proxy: stale socket, site process of ${shown(id)} is gone (${at})`;
  if (!around.isMasterAlive) return down(text, true);
  const restarts = `${text}, the master should restart it`;
  // it has only just begun to start its site processes
  const isFresh = around.masterAge !== undefined && around.masterAge < RESTART_CYCLE;
  if (isFresh) {
    return { standing: "starting", isCollateral: true, findings: [{ status: Status.WARNING, text: restarts }] };
  }
  return down(restarts, true);
}

/** The proxy answered in place of the site, with an error whose code and words depend on its version. */
function judgeErrorAnswer(site: SiteFacts, error: LivestatusError, around: Surroundings, rules: Rules): Judged {
  const name = siteName(site);
  const { state } = around;
  const text = shown(error.message);
  const isReady = state?.state === "ready";
  const said = `${error.message} ${isReady ? "" : (state?.lastError ?? "")}`;
  if (error.code === UNTRUSTED_CODE || CERTIFICATE.test(said)) {
    const own = state?.lastError ?? "";
    const why = CERTIFICATE.test(own) && !CERTIFICATE.test(error.message) ? `${text}, ${firstLine(own)}` : text;
    return down(
      `${site.isProxied ? `Certificate of site ${shown(site.id)}` : `Certificate behind ${shown(site.id)}`} not trusted: ${why}`,
    );
  }
  const channels = state?.channels ?? [];
  const inUse = channels.filter((channel) => channel.state !== "ready");
  const allInUse = isReady && channels.length > 0 && inUse.length === channels.length;
  if (soundsBusy(error) || allInUse) {
    const youngest = Math.min(...inUse.map(({ age }) => age ?? 0));
    const isLasting = site.failures > 1 || (allInUse && youngest > 60);
    const status = isLasting || allInUse ? Status.CRITICAL : Status.WARNING;
    const numbers = isReady
      ? `${inUse.length} of ${counted(channels.length, "channel")} busy, ${counted(state?.clients ?? 0, "client")} waiting`
      : "all channels busy";
    const advice = "raise channels, and the remote core's connections";
    return {
      standing: status === Status.CRITICAL ? "down" : "ready",
      isCollateral: false,
      findings: [{ status, text: `Proxy: site ${shown(site.id)} has ${numbers} (${text}): ${advice}` }],
    };
  }
  if (state !== undefined && !isReady)
    return { ...judgeNotReady(site, state, around, rules, text), isCollateral: false };
  const who = site.isProxied ? "the proxy reports " : "";
  return down(`${name}: ${who}${text}${site.isProxied ? ` (socket ${shown(site.place)})` : ""}`);
}

/** A site that is starting, or in a state this check has no name for. */
function judgeNotReady(
  site: SiteFacts,
  state: SiteState,
  { stateAge }: Surroundings,
  rules: Rules,
  answer = "",
): Omit<Judged, "isCollateral"> {
  const name = siteName(site);
  const age = state.resetAge === undefined ? undefined : state.resetAge + (stateAge ?? 0);
  const why = state.lastError === "" ? answer : firstLine(state.lastError);
  const reason = why === "" ? "" : `: ${why}`;
  if (state.state === "starting" && age !== undefined && age < rules.graceSeconds) {
    const text = `${name} is starting for ${span(age)}${reason}`;
    return { standing: "starting", findings: [{ status: Status.WARNING, text }] };
  }
  const since = age === undefined ? "" : ` for ${span(age)}`;
  const what = state.state === "starting" ? "" : ` (state ${state.state === "" ? "not told" : shown(state.state)})`;
  return {
    standing: "down",
    findings: [{ status: Status.CRITICAL, text: `${name} not connected${since}${what}${reason}` }],
  };
}

/** How sentences name it: a site of the proxy, or an address. */
export const siteName = ({ id, isProxied }: SiteFacts) => (isProxied ? `Site ${shown(id)}` : shown(id));

/** The worst first. */
export const byUrgency = (findings: readonly Finding[]) =>
  findings.toSorted((a, b) => urgency(b.status) - urgency(a.status));
