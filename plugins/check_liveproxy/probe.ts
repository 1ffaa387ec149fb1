import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { CheckError, type Context, isSelected, type Pattern } from "monitoring-plugins-ts";
import {
  fetchCoreStatus,
  fetchLastCheck,
  type LivestatusAddress,
  LivestatusError,
  parseStateFile,
  Session,
} from "monitoring-plugins-ts/livestatus";
import { type ConnectOptions, type Endpoint, formatEndpoint } from "monitoring-plugins-ts/net";

import { probeDaemon } from "./daemon.ts";
import type { ProxyFacts, SiteAnswer, SiteFacts, StateFileFacts } from "./facts.ts";
import { askAll } from "./pool.ts";
import { soundsBusy } from "./site.ts";

/** Where a liveproxyd keeps its things; undefined: not asked for. */
export interface ProxyPlaces {
  readonly socketDir: string | undefined;
  readonly stateFile: string | undefined;
  readonly pidFile: string | undefined;
}

/** What to ask. */
export interface Probe {
  readonly proxy: ProxyPlaces | undefined;
  readonly addresses: readonly LivestatusAddress[];
  /** Sites asked for by name; empty: all. */
  readonly sites: readonly string[];
  readonly include: readonly Pattern[];
  readonly exclude: readonly Pattern[];
  /** How to connect to addresses; sockets of the proxy never speak TLS. */
  readonly connect: Omit<ConnectOptions, "signal">;
  readonly tls: NonNullable<ConnectOptions["tls"]>;
  /** Whether to ask for the newest check, too. */
  readonly wantsLastCheck: boolean;
}

/** Part of the time that is left for asking; the rest is for the answer. */
const SHARE = 0.8;

/** A state file of 500 sites with fifty channels each has 2.5 MB. */
const MAX_STATE_FILE = 16 * 1024 * 1024;

/** Before a site that refused is asked again: its master restarts it within seconds. */
const RESTART_MS = 1000;

/** Before a connection that was closed without a word is tried again: a core that reloads is back within 20 ms. */
const RELOAD_MS = 100;

interface Target {
  readonly id: string;
  readonly place: string;
  readonly endpoint: Endpoint;
  readonly isProxied: boolean;
  readonly isNamed: boolean;
  readonly connect: Omit<ConnectOptions, "signal">;
}

type Answer = SiteAnswer | LivestatusError;

/** Reads what the proxy says of itself, and asks every site. */
export async function probeSites(
  probe: Probe,
  context: Context,
): Promise<{ readonly proxy: ProxyFacts | undefined; readonly sites: readonly SiteFacts[] }> {
  const endMs = process.uptime() * 1000 + context.remainingMs() * SHARE;
  const { proxy, listed } = readProxy(probe.proxy);
  const ids = selectSites(probe, proxy, listed);
  const { socketDir } = proxy ?? {};
  const targets = [
    ...(socketDir === undefined ? [] : ids.map((id) => socketTarget(id, socketDir, probe))),
    ...probe.addresses.map((address) => addressTarget(address, probe)),
  ];
  const asked = await askTwice(targets, probe, context, endMs, proxy);
  const unasked = socketDir !== undefined ? [] : ids.map((id) => stateOnly(id, proxy, probe));
  return { proxy, sites: [...asked, ...unasked] };
}

/** Asks all, and those once more whose failure may be over in a moment. */
async function askTwice(
  targets: readonly Target[],
  { wantsLastCheck }: Probe,
  context: Context,
  endMs: number,
  proxy: ProxyFacts | undefined,
): Promise<readonly SiteFacts[]> {
  const started = process.uptime() * 1000;
  const ask = async (target: Target, signal: AbortSignal) => {
    const answer = await askSite(target, wantsLastCheck, signal);
    const what = answer instanceof Error ? answer.message : `answered in ${answer.seconds.toFixed(3)} s`;
    context.log(`${target.id} (${target.place}): ${what}`);
    return answer;
  };
  const askSome = (some: readonly Target[]) => askAll(some, ask, isSlow, endMs, context.signal);
  const facts = (await askSome(targets)).map((answer, index) => ({
    answer,
    failures: answer instanceof Error ? 1 : 0,
    index,
  }));

  // a core that reloads refuses for a moment, too; without a master nobody will start a site process again
  const isRestarting = (answer: Answer, { isProxied }: Target) =>
    answer instanceof LivestatusError &&
    answer.kind === "refused" &&
    (!isProxied || proxy?.daemon?.state === "running" || proxy?.daemon?.state === "hidden");
  const isBusyAnswer = (answer: Answer) => answer instanceof LivestatusError && soundsBusy(answer);
  const targetOf = (index: number) => targets[index] as Target;
  const again = facts.filter(({ answer, index }) => isBusyAnswer(answer) || isRestarting(answer, targetOf(index)));
  const pause = again.some(({ answer, index }) => isRestarting(answer, targetOf(index)))
    ? Math.max(0, RESTART_MS - (process.uptime() * 1000 - started))
    : 0;
  if (again.length > 0 && process.uptime() * 1000 + pause < endMs) {
    await sleep(pause, undefined, { signal: context.signal }).catch(() => {});
    const answers = await askSome(again.map(({ index }) => targetOf(index)));
    for (const [nth, answer] of answers.entries()) {
      const { index, answer: before } = again[nth] as (typeof again)[number];
      // a second look that had no time left says nothing against the first
      if (isSlow(answer)) continue;
      const isSame = answer instanceof Error && before instanceof Error && answer.kind === before.kind;
      facts[index] = { answer, index, failures: isSame ? 2 : answer instanceof Error ? 1 : 0 };
    }
  }
  return facts.map(({ answer, failures, index }) => {
    const { id, place, isProxied, isNamed } = targetOf(index);
    return { id, place, isProxied, isNamed, answer, failures };
  });
}

const SLOW: readonly string[] = ["no answer", "not accepting", "no handshake"];

const isSlow = (answer: Answer) => answer instanceof LivestatusError && SLOW.includes(answer.kind);

/** One connection, closed at the end; a second one only when the first was closed without a byte. */
async function askSite(target: Target, wantsLastCheck: boolean, signal: AbortSignal): Promise<Answer> {
  const first = await askOnce(target, wantsLastCheck, signal);
  if (!(first instanceof LivestatusError) || first.kind !== "closed" || signal.aborted) return first;
  await sleep(RELOAD_MS, undefined, { signal }).catch(() => {});
  return signal.aborted ? first : askOnce(target, wantsLastCheck, signal);
}

async function askOnce({ endpoint, connect }: Target, wantsLastCheck: boolean, signal: AbortSignal): Promise<Answer> {
  const start = process.uptime();
  let session: Session | undefined;
  try {
    session = await Session.open(endpoint, { ...connect, signal });
    const core = await fetchCoreStatus(session);
    const seconds = process.uptime() - start;
    return { seconds, core, lastCheck: wantsLastCheck ? ((await fetchLastCheck(session)) ?? "never") : undefined };
  } catch (error) {
    if (error instanceof LivestatusError) return error;
    if (error instanceof CheckError)
      return new LivestatusError(error.status, "own fault", error.message, { cause: error });
    throw error;
  } finally {
    session?.close();
  }
}

function socketTarget(id: string, socketDir: string, { sites }: Probe): Target {
  const path = join(socketDir, id);
  return { id, place: path, endpoint: { path }, isProxied: true, isNamed: sites.includes(id), connect: {} };
}

function addressTarget({ text, endpoint, tls, family }: LivestatusAddress, probe: Probe): Target {
  const { connect } = probe;
  return {
    id: text,
    place: formatEndpoint(endpoint),
    endpoint,
    isProxied: false,
    isNamed: true,
    connect: {
      family: family ?? connect.family,
      tls: "path" in endpoint ? undefined : tls === true ? (connect.tls ?? probe.tls) : connect.tls,
    },
  };
}

function stateOnly(id: string, proxy: ProxyFacts | undefined, { sites }: Probe): SiteFacts {
  const place = proxy?.stateFile?.path ?? "";
  return { id, place, isProxied: true, isNamed: sites.includes(id), answer: undefined, failures: 0 };
}

/** The sites asked for by name, or else every socket and every site of the state file, less what the filters leave out. */
function selectSites(
  { sites, include, exclude }: Probe,
  proxy: ProxyFacts | undefined,
  listed: readonly string[],
): readonly string[] {
  if (proxy === undefined) return [];
  const all = sites.length > 0 ? sites : [...listed, ...(proxy.stateFile?.sites.map(({ id }) => id) ?? [])];
  return [...new Set(all)].filter((id) => isSelected(id, include, exclude)).sort();
}

function readProxy(places: ProxyPlaces | undefined): { proxy: ProxyFacts | undefined; listed: readonly string[] } {
  if (places === undefined) return { proxy: undefined, listed: [] };
  const { socketDir, stateFile, pidFile } = places;
  const sockets = socketDir === undefined ? undefined : listSockets(socketDir);
  return {
    proxy: {
      socketDir,
      socketDirProblem: sockets?.problem,
      daemon: pidFile === undefined ? undefined : probeDaemon(pidFile),
      stateFile: stateFile === undefined ? undefined : readStateFile(stateFile),
    },
    listed: sockets?.names ?? [],
  };
}

function listSockets(folder: string): { names: readonly string[]; problem: string | undefined } {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return { names: entries.filter((entry) => entry.isSocket()).map(({ name }) => name), problem: undefined };
  } catch (error) {
    return { names: [], problem: (error as NodeJS.ErrnoException).code ?? "unreadable" };
  }
}

function readStateFile(path: string): StateFileFacts {
  let fd: number | undefined;
  try {
    // opening a pipe would wait for somebody to write to it
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = fstatSync(fd);
    const { mtimeMs: writtenMs, size } = found;
    if (!found.isFile()) return { path, problem: "not a state file", writtenMs, sites: [] };
    if (size > MAX_STATE_FILE) return { path, problem: "too large", writtenMs, sites: [] };
    const bytes = Buffer.alloc(size);
    const length = size === 0 ? 0 : readSync(fd, bytes);
    const sites = parseStateFile(bytes.toString("utf8", 0, length));
    return { path, problem: sites === undefined ? "not a state file" : undefined, writtenMs, sites: sites ?? [] };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" || code === "ENOTDIR" ? "missing" : "unreadable";
    return { path, problem, writtenMs: undefined, sites: [] };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
