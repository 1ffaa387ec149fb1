import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

import { CheckError, type Context, isSelected, type Pattern, Status } from "monitoring-plugins-ts";
import { readProcessUse } from "monitoring-plugins-ts/linux";
import { type LivestatusAddress, parseStateFile } from "monitoring-plugins-ts/livestatus";
import { type ConnectOptions, formatEndpoint } from "monitoring-plugins-ts/net";

import { askTargets, type HowToAsk, type Target } from "./ask.ts";
import { probeDaemon } from "./daemon.ts";
import type { Facts, ProxyFacts, SiteFacts, StateFileFacts } from "./facts.ts";
import { timeNeeded, timeToAsk } from "./pool.ts";

/** Where a liveproxyd keeps its things; undefined: not asked for. */
export interface ProxyPlaces {
  readonly socketDir: string | undefined;
  readonly stateFile: string | undefined;
  readonly pidFile: string | undefined;
}

/** What to ask. */
export interface Probe extends Omit<HowToAsk, "patienceSeconds"> {
  /** A site that takes longer is critical; 0: never. */
  readonly criticalSeconds: number;
  readonly proxy: ProxyPlaces | undefined;
  readonly addresses: readonly LivestatusAddress[];
  /** Sites asked for by name; empty: all. */
  readonly sites: readonly string[];
  readonly include: readonly Pattern[];
  readonly exclude: readonly Pattern[];
  /** How to connect to addresses; sockets of the proxy never speak TLS. */
  readonly connect: Omit<ConnectOptions, "signal">;
  readonly tls: NonNullable<ConnectOptions["tls"]>;
}

/** What a site may take beyond `-c`, so that it is seen to. */
const PATIENCE_MS = 500;

/** More sites than any proxy has: a file or folder that holds more is not one of a proxy, and would use up time and memory. */
const MOST_SITES = 5000;

/** A state file of 500 sites with fifty channels each has 2.5 MB. */
const MAX_STATE_FILE = 16 * 1024 * 1024;

/** Reads what the proxy says of itself, and asks every site. */
export async function probeSites(
  probe: Probe,
  context: Context,
): Promise<Pick<Facts, "proxy" | "sites" | "secondsNeeded">> {
  const { proxy, listed } = readProxy(probe.proxy);
  const ids = selectSites(probe, proxy, listed);
  const { socketDir } = proxy ?? {};
  const folder = socketDir === undefined ? "" : join(socketDir, "/");
  const targets = [
    ...(socketDir === undefined ? [] : ids.map((id) => socketTarget(id, folder, probe))),
    ...probe.addresses.map((address) => addressTarget(address, probe)),
  ];
  const atOnce = targetsAtOnce(targets.length);
  const fullMs = probe.criticalSeconds > 0 ? probe.criticalSeconds * 1000 : Number.POSITIVE_INFINITY;
  const askMs = timeToAsk(context.remainingMs(), targets.length);
  const share = askMs / (Math.ceil(targets.length / atOnce) || 1);
  const patienceMs = Number.isFinite(fullMs) ? fullMs + PATIENCE_MS : share;
  const endMs = process.uptime() * 1000 + askMs;
  const patienceSeconds = Number.isFinite(fullMs) ? patienceMs / 1000 : 0;
  const how = { ...probe, patienceSeconds, endMs, atOnce, patienceMs, fullMs };
  // without a master nobody will start a site process again
  const isMasterAlive = proxy?.daemon?.state === "running" || proxy?.daemon?.state === "hidden";
  const asked = await askTargets(targets, { ...how, isMasterAlive }, context);
  const unasked = socketDir !== undefined ? [] : ids.map((id) => stateOnly(id, proxy, probe));
  // where any answer counts, however late, as long as now for each
  const each = Number.isFinite(fullMs) ? patienceMs : askMs;
  return { proxy, sites: [...asked, ...unasked], secondsNeeded: timeNeeded(targets.length, atOnce, each / 1000) };
}

/** Not worth asking how many descriptors there are. */
const FEW_TARGETS = 4;

/** Descriptors for name lookups, state, and modules that are loaded while sites are asked. */
const OTHER_DESCRIPTORS = 16;

/** As many as this process may still open. */
function targetsAtOnce(targets: number): number {
  if (targets <= FEW_TARGETS) return FEW_TARGETS;
  const { descriptors, descriptorLimit } = readProcessUse(process.pid);
  if (descriptors === undefined || descriptorLimit === undefined) return FEW_TARGETS;
  return Math.max(FEW_TARGETS, descriptorLimit - descriptors - OTHER_DESCRIPTORS);
}

function socketTarget(id: string, folder: string, { sites }: Probe): Target {
  const path = folder + id;
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
  return { id, place, isProxied: true, isNamed: sites.includes(id), answer: undefined, isCut: false, failures: 0 };
}

/** The sites asked for by name, or else every socket and every site of the state file, less what the filters leave out. */
function selectSites(
  { sites, include, exclude }: Probe,
  proxy: ProxyFacts | undefined,
  listed: readonly string[],
): readonly string[] {
  if (proxy === undefined) return [];
  const all = sites.length > 0 ? sites : [...listed, ...(proxy.stateFile?.sites.map(({ id }) => id) ?? [])];
  const selected = [...new Set(all)].filter((id) => isSelected(id, include, exclude)).sort();
  if (selected.length <= MOST_SITES) return selected;
  const message = `${selected.length} sites are more than this check looks at (${MOST_SITES}): select some, or mend --socket-dir`;
  throw new CheckError(Status.UNKNOWN, message);
}

function readProxy(places: ProxyPlaces | undefined): { proxy: ProxyFacts | undefined; listed: readonly string[] } {
  if (places === undefined) return { proxy: undefined, listed: [] };
  const { socketDir, stateFile, pidFile } = places;
  const sockets = socketDir === undefined ? undefined : listSockets(socketDir);
  return {
    proxy: {
      socketDir,
      socketDirProblem: sockets?.problem,
      daemon: pidFile === undefined ? undefined : probeDaemon(pidFile, socketDir),
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
    if (!found.isFile()) return { path, problem: "not a state file", writtenMs: undefined, sites: [] };
    if (size > MAX_STATE_FILE) return { path, problem: "too large", writtenMs, sites: [] };
    const bytes = Buffer.alloc(size);
    const length = size === 0 ? 0 : readSync(fd, bytes);
    const sites = parseStateFile(bytes.toString("utf8", 0, length), MOST_SITES + 1);
    if (sites !== undefined && sites.length > MOST_SITES) return { path, problem: "too large", writtenMs, sites: [] };
    return { path, problem: sites === undefined ? "not a state file" : undefined, writtenMs, sites: sites ?? [] };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" || code === "ENOTDIR" ? "missing" : "unreadable";
    return { path, problem, writtenMs: undefined, sites: [] };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
