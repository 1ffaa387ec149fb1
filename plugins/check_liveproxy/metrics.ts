import { filterMetrics, type Metric, safeLabel } from "monitoring-plugins-ts";
import type { Peer } from "monitoring-plugins-ts/livestatus";

import { busyChannels, heartbeatAge } from "./channels.ts";
import type { Facts, LmdFacts, SiteFacts } from "./facts.ts";
import { peerAge } from "./lmd.ts";
import { stateFileAge } from "./proxy.ts";
import type { Rules } from "./rules.ts";
import { slotsUsed } from "./site.ts";
import type { SiteVerdict, Standing, Surroundings } from "./verdict.ts";

/** What the numbers are taken from. */
export interface Judged {
  readonly facts: Facts;
  readonly verdicts: readonly SiteVerdict[];
  /** In the order of `facts.sites`. */
  readonly surroundings: readonly Surroundings[];
  readonly lmds: readonly { readonly lmd: LmdFacts; readonly peers: readonly Peer[] }[];
}

/** Totals first: a core that cuts long answers cuts the sites at the end. */
export function metrics(judged: Judged, rules: Rules): Iterable<Metric> {
  return filterMetrics(allMetrics(judged, rules), rules.perfdataFilter);
}

function* allMetrics(judged: Judged, rules: Rules): Iterable<Metric> {
  if (rules.perfdata === "none") return;
  yield* totals(judged, rules);
  if (rules.perfdata === "totals") return;
  const { facts, surroundings, lmds } = judged;
  // one name may stand for a site of the proxy, an address and a peer: the first keeps the label to itself
  const taken = new Set<string>();
  const isFree = (name: string) => !taken.has(name) && taken.add(name) !== undefined;
  for (const [index, site] of facts.sites.entries()) {
    const name = label(site.id);
    if (isFree(name)) yield* siteMetrics(name, site, surroundings[index], rules);
  }
  for (const { lmd, peers } of lmds) {
    const prefix = lmds.length > 1 ? `${label(lmd.address)}_` : "";
    for (const peer of peers) {
      const name = prefix + label(peer.key);
      if (isFree(name)) yield* peerMetrics(name, peer, facts.nowMs);
    }
  }
}

/** Labels are made from bytes. */
const label = (name: string) => safeLabel(Buffer.from(name).toString("latin1"));

function* totals({ facts, verdicts, lmds }: Judged, { down, stateAge }: Rules): Iterable<Metric> {
  const count = (standing: Standing) => verdicts.filter((verdict) => verdict.standing === standing).length;
  const total = verdicts.length;
  yield { label: "sites_total", value: total, min: 0 };
  yield { label: "sites_ready", value: count("ready"), min: 0, max: total };
  yield { label: "sites_starting", value: count("starting"), min: 0, max: total };
  yield { label: "sites_down", value: count("down"), ...down, min: 0, max: total };
  const { proxy, nowMs } = facts;
  const age = proxy?.stateFile === undefined ? undefined : stateFileAge(proxy.stateFile, nowMs);
  if (age !== undefined) yield seconds("state_age", age, stateAge);
  if (lmds.length > 0) {
    const peers = lmds.flatMap((lmd) => lmd.peers);
    const up = peers.filter(({ state }) => state === "up").length;
    yield { label: "peers_up", value: up, min: 0, max: peers.length };
    yield { label: "peers_down", value: peers.length - up, min: 0, max: peers.length };
  }
}

const seconds = (label: string, value: number, levels: Pick<Metric, "warning" | "critical"> = {}): Metric => ({
  label,
  value: Number(Math.max(0, value).toFixed(6)),
  uom: "s",
  ...levels,
  min: 0,
});

function* siteMetrics(
  name: string,
  { answer }: SiteFacts,
  around: Surroundings | undefined,
  rules: Rules,
): Iterable<Metric> {
  const label = (what: string) => `${name}_${what}`;
  const answered = answer instanceof Error ? undefined : answer;
  if (answered !== undefined) {
    yield seconds(label("time"), answered.seconds, rules.time);
    const { threads } = answered.core;
    const used = slotsUsed(answered.core);
    if (used !== undefined && threads !== undefined) {
      const { warning, critical } = rules.slots;
      const levels = { warning: warning.of(threads), critical: critical.of(threads) };
      yield { label: label("slots"), value: used, ...levels, min: 0, max: threads };
    }
  }
  const { state, stateAge, process, past } = around ?? {};
  if (state !== undefined) {
    const total = state.channels.length;
    const wasServedAtOnce = answered !== undefined && !rules.time.warning.alerts(answered.seconds);
    const busy = { warning: rules.busy.warning.of(total), critical: rules.busy.critical.of(total) };
    yield { label: label("channels"), value: total, ...rules.channels, min: 0 };
    yield { label: label("channels_busy"), value: busyChannels(state, wasServedAtOnce), ...busy, min: 0, max: total };
    yield { label: label("clients"), value: state.clients, min: 0 };
    yield { label: label("heartbeats"), value: state.heartbeats ?? Number.NaN, uom: "c", min: 0 };
    const beat = state.state === "ready" ? heartbeatAge(state, past) : undefined;
    if (beat !== undefined) yield seconds(label("heartbeat_age"), beat, rules.heartbeat);
    yield { label: label("cached"), value: state.cached ?? Number.NaN, min: 0 };
    if (state.resetAge !== undefined) yield seconds(label("last_reset"), state.resetAge + (stateAge ?? 0));
  }
  if (typeof process === "object") {
    const limit = process.descriptorLimit ?? 0;
    const { warning, critical } = rules.descriptors;
    const levels = { warning: warning.of(limit), critical: critical.of(limit) };
    yield {
      label: label("fds"),
      value: process.descriptors ?? Number.NaN,
      ...levels,
      min: 0,
      max: process.descriptorLimit,
    };
    yield { label: label("threads"), value: process.threads ?? Number.NaN, warning: rules.threads, min: 0 };
  }
}

function* peerMetrics(name: string, peer: Peer, nowMs: number): Iterable<Metric> {
  const label = (what: string) => `${name}_${what}`;
  if (peer.responseTime !== undefined) yield seconds(label("response_time"), peer.responseTime);
  const age = peerAge(peer, nowMs);
  if (age !== undefined) yield seconds(label("data_age"), age);
  yield { label: label("queries"), value: peer.queries ?? Number.NaN, uom: "c", min: 0 };
  yield { label: label("bytes_send"), value: peer.bytesSent ?? Number.NaN, uom: "c", min: 0 };
  yield { label: label("bytes_received"), value: peer.bytesReceived ?? Number.NaN, uom: "c", min: 0 };
}
