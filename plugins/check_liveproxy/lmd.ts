import { CheckError, judge, Status } from "monitoring-plugins-ts";
import { firstLine, LivestatusError, type Peer } from "monitoring-plugins-ts/livestatus";

import type { LmdFacts, Remembered } from "./facts.ts";
import { peerId } from "./memory.ts";
import type { Rules } from "./rules.ts";
import { parseSecondsThreshold } from "./threshold.ts";
import { CLOCK_SLACK, type Finding, type SiteVerdict, type Standing } from "./verdict.ts";
import { shown, span } from "./words.ts";

/** LMD's `Updateinterval` is 7 s: three times, and ten times that. */
const FRESH = { warning: parseSecondsThreshold("21"), critical: parseSecondsThreshold("70") };

/** Seconds between two updates of a peer nobody asks for (`IdleInterval`), and the same again. */
const IDLE = { warning: parseSecondsThreshold("1830"), critical: parseSecondsThreshold("3660") };

/**
 * The peers of an LMD, or why it did not tell.
 *
 * @param peers the selected ones
 */
export function judgeLmd(
  { address, named, answer }: LmdFacts,
  peers: readonly Peer[],
  { pending }: Pick<Remembered, "pending">,
  rules: Rules,
  nowMs: number,
): { readonly findings: readonly Finding[]; readonly peers: readonly SiteVerdict[] } {
  const name = `LMD ${shown(address)}`;
  if (answer instanceof Error) return { findings: [judgeFailure(name, answer)], peers: [] };
  const findings: Finding[] = [];
  if (answer.peers.length === 0) findings.push({ status: Status.CRITICAL, text: `${name} has no backends` });
  for (const wanted of named) {
    if (!answer.peers.some(({ key, name: peerName }) => key === wanted || peerName === wanted)) {
      findings.push({ status: Status.CRITICAL, text: `${name} has no site ${shown(wanted)}` });
    }
  }
  const slow = judge(answer.seconds, rules.time.warning, rules.time.critical);
  if (slow !== Status.OK) {
    findings.push({ status: slow, text: `${name} took ${answer.seconds.toFixed(3)} s to answer` });
  }
  return {
    findings,
    peers: peers.map((peer) => judgePeer(peer, pending.get(peerId(address, peer.key)) ?? 0, rules, nowMs)),
  };
}

/** What servers say that have no table of sites: cores, and by HTTP web servers to a path or method they do not know. */
const NO_SUCH_TABLE: readonly (number | undefined)[] = [404, 405, 501];

function judgeFailure(name: string, error: Error): Finding {
  const text = `${name}: ${shown(error.message)}`;
  if (error instanceof LivestatusError && NO_SUCH_TABLE.includes(error.code)) {
    return { status: Status.UNKNOWN, text: `${text} (is it an LMD?)` };
  }
  return { status: error instanceof CheckError ? error.status : Status.CRITICAL, text };
}

function judgePeer(peer: Peer, pendingFor: number, rules: Rules, nowMs: number): SiteVerdict {
  const { standing, status, text } = judgeState(peer, pendingFor, rules, nowMs);
  const isPlanned = rules.planned.includes(peer.key) || rules.planned.includes(peer.name);
  const finding =
    isPlanned && status === Status.CRITICAL ? { status: Status.WARNING, text: `${text} (planned)` } : { status, text };
  return { id: peer.key, standing, isCollateral: false, findings: status === Status.OK ? [] : [finding] };
}

function judgeState(
  peer: Peer,
  pendingFor: number,
  rules: Rules,
  nowMs: number,
): Finding & { readonly standing: Standing } {
  const name = peerName(peer);
  const error = firstLine(peer.lastError);
  const why = error === "" ? "" : `: ${error}`;
  const age = peerAge(peer, nowMs);
  const since = age === undefined ? "never updated" : `last update ${span(age)} ago`;
  switch (peer.state) {
    case "up":
      return judgeFresh(peer, age, rules);
    case "stale":
      return { standing: "ready", status: Status.WARNING, text: `${name} is stale, ${since}${why}` };
    case "down":
    case "broken":
      return { standing: "down", status: Status.CRITICAL, text: `${name} is ${peer.state}, ${since}${why}` };
    case "pending":
      // LMD does not say how long: what earlier runs saw does
      if (pendingFor < 2 * rules.graceSeconds) {
        return { standing: "starting", status: Status.WARNING, text: `${name} is pending, ${since}${why}` };
      }
      return {
        standing: "down",
        status: Status.CRITICAL,
        text: `${name} is pending for ${span(pendingFor)}, ${since}${why}`,
      };
    case "syncing":
      return { standing: "starting", status: Status.WARNING, text: `${name} is ${peer.state}, ${since}${why}` };
    default:
      return {
        standing: "down",
        status: Status.CRITICAL,
        text: `${name} is in a state this check does not know${why}`,
      };
  }
}

/** A peer that is up, by its own word: it may be serving old data all the same. */
function judgeFresh(peer: Peer, age: number | undefined, rules: Rules): Finding & { readonly standing: Standing } {
  const name = peerName(peer);
  if (age === undefined) {
    return { standing: "ready", status: Status.WARNING, text: `${name} is up, but was never updated` };
  }
  if (age < -CLOCK_SLACK) {
    const text = `${name} is up, but its last update is dated ${span(-age)} in the future: clock of LMD`;
    return { standing: "ready", status: Status.WARNING, text };
  }
  const { warning, critical } = peer.idling
    ? IDLE
    : { warning: rules.fresh.warning ?? FRESH.warning, critical: rules.fresh.critical ?? FRESH.critical };
  const status = judge(age, warning, critical);
  const idle = peer.idling ? ", idling" : "";
  return { standing: "ready", status, text: `${name} is up${idle}, but its data are ${span(age)} old` };
}

/** Seconds since the last successful update, by LMD's own clock. */
export function peerAge({ lastOnline, now }: Peer, nowMs: number): number | undefined {
  return lastOnline === undefined ? undefined : (now ?? nowMs / 1000) - lastOnline;
}

const peerName = ({ key, name }: Peer) => `Site ${shown(key)}${name === key ? "" : ` (${shown(name)})`}`;
