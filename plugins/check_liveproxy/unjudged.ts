import { unjudged } from "monitoring-plugins-ts";

import { heartbeatAge } from "./channels.ts";
import type { Facts, SiteFacts } from "./facts.ts";
import { ruleOptions, type ThresholdKey } from "./rule-options.ts";
import type { Rules } from "./rules.ts";
import type { Finding, SiteVerdict, Surroundings } from "./verdict.ts";
import { shown } from "./words.ts";

/** What was looked at. */
interface Looked {
  readonly facts: Pick<Facts, "proxy" | "sites" | "lmds">;
  /** In the order of `facts.sites`, as the next. */
  readonly verdicts: readonly SiteVerdict[];
  readonly surroundings: readonly Surroundings[];
}

/** Why a threshold cannot be judged for a site that is in order otherwise. */
type WhyNot = (site: SiteFacts, around: Surroundings, facts: Looked["facts"]) => string | undefined;

const NOT_ASKED = "only the state file is looked at";
const NO_MEMORY = "nothing is remembered between runs";

const notAsked: WhyNot = ({ answer }) => (answer === undefined ? NOT_ASKED : undefined);

const noSlots: WhyNot = ({ answer }) => {
  if (answer === undefined) return NOT_ASKED;
  const isKnown = answer instanceof Error || answer.core.threads !== undefined;
  return isKnown ? undefined : "the core does not tell how many it has";
};

const noStart: WhyNot = ({ answer }) => {
  if (answer === undefined) return NOT_ASKED;
  const isKnown = answer instanceof Error || answer.core.programStart !== undefined;
  return isKnown ? undefined : "the core does not tell when it started";
};

const noState: WhyNot = (_site, { state, isUnlisted }, { proxy }) => {
  // what it does not tell of a site that is about to be ready, it tells in a moment
  if (state !== undefined) {
    return ["ready", "starting"].includes(state.state) ? undefined : `its state is ${shown(state.state) || "not told"}`;
  }
  return noStateFile(proxy?.stateFile) ?? (isUnlisted ? "not in the state file" : "too old in the state file");
};

function noStateFile(file: NonNullable<Facts["proxy"]>["stateFile"]): string | undefined {
  if (file === undefined) return "no state file is looked at";
  if (file.problem === undefined) return file.sites.length === 0 ? "the state file lists no site" : undefined;
  return file.problem === "not a state file" ? "the file given is no state file" : `the state file is ${file.problem}`;
}

const noHeartbeat: WhyNot = (site, around, facts) =>
  noState(site, around, facts) ??
  (around.state?.state === "ready" && heartbeatAge(around.state, around.past) === undefined
    ? "the state file tells of no heartbeat"
    : undefined);

const noReset: WhyNot = (site, around, facts) =>
  noState(site, around, facts) ??
  (around.state?.state === "ready" && around.state.resetAge === undefined
    ? "the state file tells of no reset"
    : undefined);

const noResets: WhyNot = (site, around, facts) =>
  noReset(site, around, facts) ?? (around.past === undefined ? NO_MEMORY : undefined);

/** One that is missing is a problem of its own. */
const noProcess: WhyNot = (_site, { process }, { proxy }) => {
  if (process !== undefined) return undefined;
  const daemon = proxy?.daemon;
  if (daemon === undefined) return "no pid file is looked at";
  if (daemon.state === "hidden") return "the proxy's processes are hidden from this account";
  return daemon.state === "running" ? "one process serves all sites" : "the pid file leads to no liveproxyd";
};

const noDescriptors: WhyNot = (site, around, facts) => {
  const { process } = around;
  if (typeof process !== "object") return noProcess(site, around, facts);
  if (process.descriptors === undefined) return "no right to count them";
  return process.descriptorLimit === undefined ? "the limit cannot be read" : undefined;
};

const noThreads: WhyNot = (site, around, facts) => {
  const { process } = around;
  if (typeof process !== "object") return noProcess(site, around, facts);
  return process.threads === undefined ? "they cannot be counted" : undefined;
};

const noThreadsGrowth: WhyNot = (site, around, facts) =>
  noThreads(site, around, facts) ?? (around.past === undefined ? NO_MEMORY : undefined);

/** The thresholds that judge a site, by what they judge. */
const OF_CORES: readonly (readonly [WhyNot, ...ThresholdKey[]])[] = [
  [notAsked, "warning", "critical"],
  [notAsked, "freshWarning", "freshCritical"],
  [noSlots, "slotsWarning", "slotsCritical"],
  [noStart, "restartWarning"],
];
const OF_PROXY: readonly (readonly [WhyNot, ...ThresholdKey[]])[] = [
  [noState, "busyWarning", "busyCritical", "channelsWarning", "channelsCritical", "queryWarning", "queryCritical"],
  [noHeartbeat, "heartbeatWarning", "heartbeatCritical"],
  [noReset, "resetWarning"],
  [noResets, "resetsWarning"],
  [noDescriptors, "fdsWarning", "fdsCritical"],
  [noThreads, "threadsWarning"],
  [noThreadsGrowth, "threadsGrowthWarning"],
];

/** Of an LMD, too. */
const OF_LMD: readonly ThresholdKey[] = ["warning", "critical", "freshWarning", "freshCritical"];

/** Longest list of sites in a sentence. */
const MOST_NAMED = 3;

/**
 * The thresholds that the user gave and that judged nothing, or not every site: they are believed to watch. A site with a
 * problem of its own is not OK anyway, and its problem says more.
 */
export function judgeUnjudged(looked: Looked, rules: Rules): readonly Finding[] {
  const { facts } = looked;
  // that nothing is there to look at is said in any case
  if (rules.given.size === 0 || facts.sites.length + facts.lmds.length === 0) return [];
  const reasons = new Reasons();
  const file = facts.proxy?.stateFile;
  if (file?.problem !== undefined || file === undefined) {
    reasons.add(["stateAgeWarning", "stateAgeCritical"], noStateFile(file) ?? "");
  }
  const proxied = facts.sites.filter(({ isProxied }) => isProxied);
  for (const [whyNot, ...all] of OF_CORES) {
    const keys = all.filter((key) => rules.given.has(key) && (facts.lmds.length === 0 || !OF_LMD.includes(key)));
    if (keys.length === 0) continue;
    if (facts.sites.length === 0) reasons.add(keys, "no core is asked");
    else addSites(reasons, whyNot, keys, looked, () => true);
  }
  for (const [whyNot, ...all] of OF_PROXY) {
    const keys = all.filter((key) => rules.given.has(key));
    if (keys.length === 0) continue;
    if (proxied.length === 0) reasons.add(keys, "no site of a proxy is looked at");
    else addSites(reasons, whyNot, keys, looked, ({ isProxied }) => isProxied);
  }
  return reasons.findings(rules);
}

function addSites(
  reasons: Reasons,
  whyNot: WhyNot,
  keys: readonly ThresholdKey[],
  { facts, verdicts, surroundings }: Looked,
  isConcerned: (site: SiteFacts) => boolean,
): void {
  const sitesByWhy = new Map<string, string[]>();
  let concerned = 0;
  for (const [index, site] of facts.sites.entries()) {
    if (!isConcerned(site)) continue;
    concerned += 1;
    if (verdicts[index]?.standing !== "ready") continue;
    const why = whyNot(site, surroundings[index] as Surroundings, facts);
    if (why === undefined) continue;
    const sites = sitesByWhy.get(why) ?? [];
    sites.push(shown(site.id));
    sitesByWhy.set(why, sites);
  }
  for (const [why, sites] of sitesByWhy) {
    const named = sites.slice(0, MOST_NAMED).join(", ");
    const more = sites.length > MOST_NAMED ? ` and ${sites.length - MOST_NAMED} more` : "";
    reasons.add(keys, sites.length === concerned ? why : `${why} (${named}${more})`);
  }
}

/** Thresholds by why they cannot be judged. */
class Reasons {
  readonly #keys = new Map<string, ThresholdKey[]>();

  add(keys: readonly ThresholdKey[], why: string): void {
    const known = this.#keys.get(why) ?? [];
    known.push(...keys);
    this.#keys.set(why, known);
  }

  findings(rules: Rules): readonly Finding[] {
    const asked = { ...rules, options: ruleOptions };
    return [...this.#keys].flatMap(([why, keys]) => unjudged(keys, why, asked));
  }
}
