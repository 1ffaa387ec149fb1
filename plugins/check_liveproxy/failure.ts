import { counted, Status } from "monitoring-plugins-ts";
import { type FailureKind, firstLine, type LivestatusError, type SiteState } from "monitoring-plugins-ts/livestatus";

import type { SiteFacts } from "./facts.ts";
import type { Rules } from "./rules.ts";
import { type Judged, RESTART_CYCLE, type Surroundings, siteName } from "./verdict.ts";
import { shown, span } from "./words.ts";

const BUSY = /channels?\b.*\bbusy\b|\bbusy\b.*\bchannels?\b/i;
const CERTIFICATE = /certificate|\bSSL|\bTLS/i;

/** Code that only a proxy sends: the certificate of the site was not accepted. */
const UNTRUSTED_CODE = 495;

/** Whether an error answer says that all channels of the proxy are in use. */
export const soundsBusy = ({ kind, message }: LivestatusError) => kind === "error answer" && BUSY.test(message);

const LATE: readonly FailureKind[] = ["no answer", "not accepting", "no handshake", "unreachable"];

const down = (
  text: string,
  { past }: Surroundings,
  isCollateral = false,
  status: Status = Status.CRITICAL,
): Judged => ({
  standing: "down",
  isCollateral,
  findings: [
    {
      status,
      text: `${text}${(past?.downFor ?? 0) < 1 ? "" : `, failing for ${span(past?.downFor ?? 0)}`}`,
    },
  ],
});

const notJudged = (text: string): Judged => ({
  standing: "not judged",
  isCollateral: false,
  findings: [{ status: Status.UNKNOWN, text }],
});

const wrongServer = (text: string, { status }: LivestatusError, around: Surroundings): Judged =>
  status === Status.UNKNOWN ? notJudged(text) : down(text, around);

/** The verdict on a site that did not answer with data. */
export function judgeFailure(site: SiteFacts, error: LivestatusError, around: Surroundings, rules: Rules): Judged {
  const { id, place, isProxied } = site;
  const name = siteName(site);
  const at = isProxied ? ` (socket ${shown(place)})` : "";
  const message = shown(error.message);
  // said of all of them at once
  if (site.isCut) return { standing: "not judged", isCollateral: false, findings: [] };
  // what is late has the state that -t names
  const status = LATE.includes(error.kind) ? error.status : Status.CRITICAL;
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
      if (!isProxied) return down(`${name}: no such socket`, around);
      return down(
        `Proxy: no socket for site ${shown(id)} (${shown(place)}): not configured in the proxy or its process never started`,
        around,
        true,
      );
    case "stranger":
      // behind a socket of the proxy it is an outage, at an address a mistake in the command line
      return isProxied ? down(`${name}: ${message}${at}`, around) : wrongServer(`${name}: ${message}`, error, around);
    case "refused":
      return isProxied ? judgeStaleSocket(site, around) : down(`${name}: ${message}`, around);
    case "not accepting":
      return down(
        isProxied ? `Proxy: process for site ${shown(id)} ${message}${at}` : `${name} ${message}`,
        around,
        false,
        status,
      );
    case "error answer":
      return judgeErrorAnswer(site, error, around, rules);
    case "no answer":
      return down(`${name}: ${message}${at}${hint(around)}`, around, false, status);
    default:
      return down(`${name}: ${message}${at}`, around, false, status);
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
  if (!isNamed && around.isMasterAlive && around.isUnlisted) {
    const text = `Proxy: stale socket of ${shown(id)} (${at}), which is not in the state file: removed from the proxy?`;
    return { standing: "not judged", isCollateral: true, findings: [{ status: Status.WARNING, text }] };
  }
  const text = `Proxy: stale socket, site process of ${shown(id)} is gone (${at})`;
  if (!around.isMasterAlive) return down(text, around, true);
  const restarts = `${text}, the master should restart it`;
  const { masterAge, past } = around;
  // it has only just begun to start its site processes, or has one to start again that an earlier run would have missed
  if ([masterAge, past?.goneFor].some((age) => age !== undefined && age < RESTART_CYCLE)) {
    return { standing: "starting", isCollateral: true, findings: [{ status: Status.WARNING, text: restarts }] };
  }
  return down(restarts, around, true);
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
      around,
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
  return down(`${name}: ${who}${text}${site.isProxied ? ` (socket ${shown(site.place)})` : ""}`, around);
}

/** A site that is starting, or in a state this check has no name for. */
export function judgeNotReady(
  site: SiteFacts,
  state: SiteState,
  around: Surroundings,
  rules: Rules,
  answer = "",
): Omit<Judged, "isCollateral"> {
  const name = siteName(site);
  const age = notReadyAge(state, around);
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

/**
 * Seconds since the site was ready. Every failed attempt to connect may count as a reset, so the last one tells the least
 * that it can be; what earlier runs saw counts as far as the processes are as old, since they start anew with the proxy.
 */
function notReadyAge(
  { resetAge }: SiteState,
  { stateAge, past, process, masterAge }: Surroundings,
): number | undefined {
  const sinceReset = resetAge === undefined ? undefined : resetAge + (stateAge ?? 0);
  const processAge = typeof process === "object" ? process.age : masterAge;
  const seen = past?.downFor === undefined ? undefined : Math.min(past.downFor, processAge ?? past.downFor);
  return sinceReset === undefined && !seen ? undefined : Math.max(sinceReset ?? 0, seen ?? 0);
}
