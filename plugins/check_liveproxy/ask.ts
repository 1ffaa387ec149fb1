import { CheckError, type Context, type Signal, Status, sleep } from "monitoring-plugins-ts";
import { fetchCoreStatus, fetchLastCheck, LivestatusError, Session } from "monitoring-plugins-ts/livestatus";
import type { ConnectOptions, Endpoint } from "monitoring-plugins-ts/net";

import type { SiteAnswer, SiteFacts } from "./facts.ts";
import { soundsBusy } from "./failure.ts";
import { type Asked, askAll, type PoolLimits } from "./pool.ts";

/** When those that refuse are asked again, in milliseconds: a core that reloads is back within one, a master needs more. */
const LOOKS_MS = [1000, 2500];

/** Before a connection that was closed without a word is tried again: a core that reloads is back within 20 ms. */
const RELOAD_MS = 100;

/** A core that left a connection behind answers the next one within so many seconds. */
const AT_ONCE = 0.5;

/** A site to ask. */
export interface Target extends Pick<SiteFacts, "id" | "place" | "isProxied" | "isNamed"> {
  readonly endpoint: Endpoint;
  readonly connect: Omit<ConnectOptions, "signal">;
}

export interface HowToAsk {
  /** Whether to ask for the newest check, too. */
  readonly wantsLastCheck: boolean;
  /** After so many seconds of silence a second connection is tried; 0 is never. */
  readonly patienceSeconds: number;
}

interface Limits extends HowToAsk, Omit<PoolLimits, "late"> {
  /** Somebody restarts site processes. */
  readonly isMasterAlive: boolean;
}

type Answer = SiteAnswer | LivestatusError;

const uptimeMs = () => process.uptime() * 1000;

/** Asks all, and those again whose failure may be over in a moment. */
export async function askTargets(
  targets: readonly Target[],
  how: Limits,
  context: Context,
): Promise<readonly SiteFacts[]> {
  const started = uptimeMs();
  const ask = async (target: Target, signal: Signal) => {
    const answer = await askSite(target, how, signal);
    if (context.verbosity >= 3) {
      const what = answer instanceof Error ? answer.message : `answered in ${answer.seconds.toFixed(3)} s`;
      context.log(`${target.id} (${target.place}): ${what}`);
    }
    return answer;
  };
  const askSome = (some: readonly Target[]) => askAll(some, ask, { ...how, late: context.late }, context.signal);
  const answers = await askSome(targets);
  const facts = targets.map(({ id, place, isProxied, isNamed, endpoint, connect }, index) => {
    const { result: answer, isCut } = answers[index] as Asked<Answer>;
    const failures = answer instanceof Error ? 1 : 0;
    return { id, place, isProxied, isNamed, endpoint, connect, answer, isCut: isCut && isSlow(answer), failures };
  });

  const isRestarting = ({ answer, isProxied }: (typeof facts)[number]) =>
    answer instanceof LivestatusError && answer.kind === "refused" && (!isProxied || how.isMasterAlive);
  const isBusyOnce = ({ answer, failures }: (typeof facts)[number]) =>
    answer instanceof LivestatusError && soundsBusy(answer) && failures === 1;
  for (const look of LOOKS_MS) {
    const again = facts.filter((site) => isBusyOnce(site) || isRestarting(site));
    const pause = again.some(isRestarting) ? Math.max(0, look - (uptimeMs() - started)) : 0;
    if (again.length === 0 || uptimeMs() + pause >= how.endMs) break;
    await sleep(pause, context.signal);
    for (const [nth, { result: answer }] of (await askSome(again)).entries()) {
      const site = again[nth] as (typeof facts)[number];
      // a second look that had no time left says nothing against the first
      if (isSlow(answer)) continue;
      const isSame = answer instanceof Error && site.answer instanceof Error && answer.kind === site.answer.kind;
      site.failures = isSame ? site.failures + 1 : answer instanceof Error ? 1 : 0;
      site.answer = answer;
    }
  }
  return facts;
}

const NOT_ASKED = "not asked, the time was over";
const SLOW: readonly string[] = ["no answer", "not accepting", "no handshake"];

/** The time was over; `own fault` when there was none at all. */
const isSlow = (answer: Answer) =>
  answer instanceof LivestatusError && (SLOW.includes(answer.kind) || answer.message === NOT_ASKED);

/**
 * One connection at a time, closed at the end. A second one only when the first was closed without a byte, or stayed silent
 * for longer than any answer may take: a core that reloads may leave a connection behind that nobody serves any more. It asks
 * for less, since an unknown column may have been the reason to close.
 */
async function askSite(target: Target, how: HowToAsk, signal: Signal): Promise<Answer> {
  if (signal.aborted) return new LivestatusError(Status.UNKNOWN, "own fault", NOT_ASKED);
  const start = process.uptime();
  const first = await askOnce(target, how.wantsLastCheck, signal, how.patienceSeconds);
  if (!(first instanceof LivestatusError) || first.kind !== "closed") return first;
  if (!signal.aborted) await sleep(RELOAD_MS, signal);
  if (signal.aborted) return first.message === GIVEN_UP ? noAnswer(signal, process.uptime() - start) : first;
  const second = await askOnce(target, how.wantsLastCheck, signal, 0, "safe");
  // one that keeps both waiting is slow, and was so from the first
  return second instanceof Error || second.seconds < AT_ONCE
    ? second
    : { ...second, seconds: process.uptime() - start };
}

/** It was silent until we closed it, and there is no time for a second connection: nothing says that the other side closed. */
function noAnswer({ reason }: Signal, seconds: number): LivestatusError {
  const status = reason instanceof CheckError ? reason.status : Status.CRITICAL;
  return new LivestatusError(status, "no answer", `no answer within ${Number(seconds.toFixed(1))} s (connected)`);
}

const GIVEN_UP = "connection given up";

const closeSession = (session: Session) => session.close();

/** @param patienceSeconds after so much silence the connection counts as closed by the other side */
async function askOnce(
  { endpoint, connect }: Target,
  wantsLastCheck: boolean,
  signal: Signal,
  patienceSeconds = 0,
  columns: "all" | "safe" = "all",
): Promise<Answer> {
  const start = process.uptime();
  let session: Session | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isGivenUp = false;
  try {
    const opened = await Session.open(endpoint, { ...connect, signal });
    session = opened;
    const giveUp = () => {
      if (!opened.isSilent) return;
      isGivenUp = true;
      opened.close();
    };
    if (patienceSeconds > 0) timer = setTimeout(giveUp, patienceSeconds * 1000);
    const core = await fetchCoreStatus(opened, columns);
    const seconds = process.uptime() - start;
    return { seconds, core, lastCheck: wantsLastCheck ? ((await fetchLastCheck(opened)) ?? "never") : undefined };
  } catch (error) {
    if (error instanceof LivestatusError) {
      return isGivenUp ? new LivestatusError(error.status, "closed", GIVEN_UP, { cause: error }) : error;
    }
    if (error instanceof CheckError)
      return new LivestatusError(error.status, "own fault", error.message, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    // closing takes a while, and the first time loads modules: the answer goes first
    if (session !== undefined) setImmediate(closeSession, session);
  }
}
