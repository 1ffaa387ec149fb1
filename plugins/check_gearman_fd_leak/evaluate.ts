import {
  combine,
  type Detail,
  figures,
  formatDuration,
  judge,
  type Metric,
  measure,
  type Range,
  type Result,
  Status,
  safeLabel,
  unjudged,
  urgency,
  verdict,
} from "monitoring-plugins-ts";

import { describeProcess, describeServer } from "./describe.ts";
import type { Facts, GroupFacts, ProcessFacts, ServerFacts } from "./facts.ts";
import { etaOf, growthOf, isSet, type Rules } from "./rules.ts";
import { serverProcess } from "./server-process.ts";
import type { Levels } from "./threshold.ts";
import { ENOUGH_SAMPLES } from "./trend.ts";
import { changeWords, isFailure, limitWords, megabytes, percent, restartWords, trendWords } from "./words.ts";

/** The verdict. */
export function evaluate(facts: Facts, rules: Rules): Result {
  const { groups, server, timeOver, historyProblem } = facts;
  const judged = groups.map((group) => judgeGroup(group, facts, rules));
  // each group's first part is about its descriptors, or about its absence
  const firsts = judged.flatMap((group) => group.slice(0, 1));
  const parts: Result[] = judged.flat();
  if (isFailure(server)) parts.push(verdict(server.status, server.message));
  else if (server !== undefined && groups.length === 0) {
    const why = `no process of this machine is known to be ${server.server}`;
    parts.push(verdict(Status.UNKNOWN, `${why}: name one (-C, --pid)`));
  } else if (server !== undefined && isSet(rules.perWorker)) parts.push(...judgeServerFound(groups, server, rules));

  // a server that does not answer says so itself
  if (timeOver !== undefined && !isFailure(server)) {
    const known = firsts.filter(({ status }) => status !== timeOver.status).map(({ text }) => `, ${text}`);
    const missed = "not all descriptors and sockets were looked at";
    parts.push(verdict(timeOver.status, `${timeOver.message}: ${missed}${known.join("")}`));
  }

  const details: Detail[] = [];
  if (historyProblem !== undefined) {
    const missed = historyProblem.fatal ? unjudged(BY_SAMPLES, historyProblem.text, rules.asked) : [];
    if (missed.length > 0) parts.push(...missed);
    else details.push({ verbosity: 0, lines: [historyProblem.text] });
  }
  parts.push(...judgeWaiting(facts, rules));
  for (const group of groups) details.push(...describeGroup(group, facts, rules));
  if (server !== undefined && !isFailure(server)) {
    const isFew = isSet(rules.perWorker) && server.workers < FEWEST_WORKERS;
    const few = `Descriptors per worker are not judged below ${FEWEST_WORKERS} workers`;
    details.push({ verbosity: 0, lines: [...describeServer(server), ...(isFew ? [few] : [])] });
  }
  return combine(firsts.map(({ text }) => text).join(", "), parts, { details });
}

/** Growth that was asked for, and is never judged, would be found by nobody. */
function judgeWaiting({ unjudged: waiting, groups }: Facts, { window, asked }: Rules): readonly Result[] {
  if (waiting === undefined || !BY_SAMPLES.some((key) => asked.given.has(key))) return [];
  const { seconds, runs, path } = waiting;
  // a check that runs seldom has five samples after five windows at most
  if (seconds <= 2 * window || (runs < ENOUGH_SAMPLES && seconds <= ENOUGH_SAMPLES * window)) return [];
  const ages = groups.flatMap(({ uptime }) => (uptime === undefined ? [] : [uptime]));
  const youngest = Math.min(...ages);
  const samples = groups.flatMap(({ processes }) => processes.map(({ trend }) => trend?.fds.samples ?? 0));
  const why =
    youngest < window
      ? `the process has run for ${formatDuration(youngest)}, the window is ${formatDuration(window)}`
      : runs >= ENOUGH_SAMPLES && Math.max(0, ...samples) < ENOUGH_SAMPLES
        ? `of ${runs} runs ${Math.max(0, ...samples)} are left in ${path}: another check writes it, or something removes it`
        : `the check runs too seldom for a window of ${formatDuration(window)}`;
  return [verdict(Status.WARNING, `growth has not been judged for ${formatDuration(seconds)}: ${why}`)];
}

/** Thresholds on what several runs tell. */
const BY_SAMPLES = ["growth", "eta", "rssGrowth"].flatMap((name) => [`${name}Warning`, `${name}Critical`]);

/** `gearmand (pid 1234)`. */
const who = ({ name, processes }: GroupFacts, { pid }: ProcessFacts) =>
  `${name || "process"} (pid ${pid}${processes.length > 1 ? `, one of ${processes.length}` : ""})`;

function judgeGroup(group: GroupFacts, facts: Facts, rules: Rules): Result[] {
  const { server, hidden, commandLine } = facts;
  const { processes } = group;
  const label = safeLabel(Buffer.from(group.name).toString("latin1")) || "process";
  const parts: Result[] = [];
  const decider = fullest(group, rules);
  if (decider !== undefined) parts.push(judgeLevel(group, decider, label, rules));
  else if (processes.length > 0) parts.push(uncountable(group, commandLine));

  parts.push(...processes.flatMap((process) => judgeState(group, process)));

  const judgeEach = (levels: Levels, value: (process: ProcessFacts) => number | undefined, say: Say, metric: About) => {
    const result = judgeHighest(group, levels, value, say, { ...metric, label: `${label}_${metric.label}` });
    if (result !== undefined) parts.push(result);
  };
  judgeEach(rules.sockets, ({ sockets }) => sockets?.gearman, saySockets, { label: "sockets", min: 0 });
  judgeEach(rules.closeWait, ({ sockets }) => sockets?.closeWait, sayCloseWait, { label: "close_wait", min: 0 });
  judgeEach(
    rules.rss,
    ({ rss }) => rss,
    (one, rss) => `${one} has ${megabytes(rss)} of resident memory`,
    {
      label: "rss",
      uom: "B",
      min: 0,
    },
  );
  parts.push(judgePresence(group, label, hidden, rules), ...judgeRestarts(group, label, rules));
  judgeEach(rules.growth, (process) => growthOf(process, rules), sayGrowth(rules), { label: "growth" });
  judgeEach(
    rules.rssGrowth,
    ({ trend }) => whole(trend?.rss?.perHour),
    (one, bytes) => `${one} gains ${megabytes(bytes)} of memory an hour`,
    { label: "rss_growth", uom: "B" },
  );
  if (server !== undefined && !isFailure(server)) parts.push(...judgeWorkers(group, server, label, rules));
  parts.push(...judgeEta(group, label, rules));
  // when time is over that is said, and has a state of its own
  if (facts.timeOver === undefined) parts.push(...judgeUnseen(group, rules));
  return parts;
}

/** Thresholds on what could not be seen of a process. */
function judgeUnseen(group: GroupFacts, { kinds, asked }: Rules): readonly Result[] {
  const unseen = (
    isUnseen: (process: ProcessFacts) => boolean,
    keys: readonly string[],
    say: (who: string) => string,
  ) => {
    const process = group.processes.find(isUnseen);
    return process === undefined ? [] : unjudged(keys, say(who(group, process)), asked);
  };
  return [
    ...unseen(
      ({ sockets }) => sockets === undefined,
      ["socketsWarning", "socketsCritical", "closeWaitWarning", "closeWaitCritical"],
      (one) => (kinds === 0 ? "--kinds none looks at no socket" : `the sockets of ${one} cannot be seen`),
    ),
    ...unseen(
      ({ rss }) => rss === undefined,
      ["rssWarning", "rssCritical", "rssGrowthWarning", "rssGrowthCritical"],
      (one) => `the memory of ${one} is not known`,
    ),
  ];
}

type Say = (who: string, value: number, process: ProcessFacts) => string;
type About = Omit<Metric, "value" | "warning" | "critical">;

/** Judges the process whose value is the worst, and of equals the highest. */
function judgeHighest(
  group: GroupFacts,
  levels: Levels,
  measured: (process: ProcessFacts) => number | undefined,
  say: Say,
  about: About,
): Result | undefined {
  let chosen: { process: ProcessFacts; value: number; status: Status } | undefined;
  for (const process of group.processes) {
    const value = measured(process);
    if (value === undefined) continue;
    const status = judge(value, levels.warning, levels.critical);
    const ahead = chosen === undefined ? 1 : urgency(status) - urgency(chosen.status) || value - chosen.value;
    if (ahead > 0) chosen = { process, value, status };
  }
  if (chosen === undefined) return undefined;
  const { process, value } = chosen;
  return measure(say(who(group, process), value, process), { ...about, value, ...levels });
}

/** The limit's thresholds of one process. */
const levelsFor = ({ fds: { warning, critical } }: Rules, limit: number): Levels => ({
  warning: warning?.(limit),
  critical: critical?.(limit),
});

/** A process whose descriptors are counted, and whose limit is known. */
interface Counted {
  readonly process: ProcessFacts;
  readonly fds: number;
  readonly limit: number;
}

/** The process that decides: the worst one, of equals the one closest to its limit. Undefined when none was counted. */
function fullest({ processes }: GroupFacts, rules: Rules): Counted | undefined {
  let chosen: (Counted & { readonly status: Status }) | undefined;
  for (const process of processes) {
    const { fds, limit } = process;
    if (fds === undefined || limit === undefined) continue;
    const { warning, critical } = levelsFor(rules, limit);
    const one = { process, fds, limit, status: judge(fds, warning, critical) };
    const ahead =
      chosen === undefined
        ? 1
        : urgency(one.status) - urgency(chosen.status) || fds / limit - chosen.fds / chosen.limit || fds - chosen.fds;
    if (ahead > 0) chosen = one;
  }
  return chosen;
}

function judgeLevel(group: GroupFacts, { process, fds, limit }: Counted, label: string, rules: Rules): Result {
  const levels = levelsFor(rules, limit);
  const sum = group.processes.reduce((total, one) => total + (one.fds ?? 0), 0);
  const restarts = group.restarts ? `, ${restartWords(group.restarts)} in ${formatDuration(rules.window)}` : "";
  const trend = `${trendWords(process, rules)}${restarts}`;
  return {
    status: judge(fds, levels.warning, levels.critical),
    text: `${who(group, process)} has ${fds} of ${limit} descriptors (${percent(fds / limit)})${trend}`,
    metrics: [
      { label: `${label}_fds`, value: fds, ...levels, min: 0, max: limit },
      { label: `${label}_fds_sum`, value: sum, min: 0 },
      { label: `${label}_limit`, value: limit, min: 0 },
    ],
    parts: [],
  };
}

/** Nobody told us a single number: never OK. */
function uncountable(group: GroupFacts, commandLine: string): Result {
  const [process] = group.processes;
  const pid = process === undefined ? "" : ` (pid ${process.pid})`;
  const owner = process?.denied?.owner;
  const whose = `the descriptors of ${group.name || "process"}${pid}`;
  if (owner === undefined) return verdict(Status.UNKNOWN, `${whose} could not be counted`);
  return verdict(Status.UNKNOWN, `no right to count ${whose}, try: sudo -u ${owner} ${commandLine}`);
}

function judgePresence({ name, processes, zombies }: GroupFacts, label: string, hidden: boolean, rules: Rules): Result {
  const value = processes.length;
  const one = name === "" ? "process" : `process ${name}`;
  const ended = zombies === 0 ? "" : ` (and ${zombies} that ended and ${zombies === 1 ? "is" : "are"} a zombie)`;
  // there may be more than we see
  const unseen =
    hidden && (value < rules.processes.start || (value === 0 && rules.processes.end < Number.POSITIVE_INFINITY));
  const text =
    value === 0
      ? `no ${one} is running${ended}`
      : `${value} ${name === "" ? "" : `${name} `}${value === 1 ? "process is" : "processes are"} running${ended}, expected ${expected(rules.processes)}`;
  const metric: Metric = { label: `${label}_processes`, value, critical: rules.processes, min: 0 };
  if (unseen) {
    const why = "proc is mounted with hidepid, which hides other users' processes";
    return { ...verdict(Status.UNKNOWN, `cannot see whether ${one} is running: ${why}`), metrics: [metric] };
  }
  // a process known by nothing but its pid has no label
  return name === "" ? verdict(judge(value, undefined, rules.processes), text) : measure(text, metric);
}

const STATES: Readonly<Record<string, string>> = {
  T: "is stopped (state T): kill -CONT lets it go on",
  t: "is stopped by a debugger (state t)",
  D: "waits for a disk or a file system that does not answer (state D)",
};

function judgeState(group: GroupFacts, process: ProcessFacts): readonly Result[] {
  const words = STATES[process.state];
  return words === undefined ? [] : [verdict(Status.WARNING, `${who(group, process)} ${words}`)];
}

/** What a range on a count asks for: `1`, `2 or more`, `at most 3`, `2 to 4`. */
function expected({ start, end, alertInside }: Range): string {
  const [least, not] = [Math.max(0, start), alertInside ? "not " : ""];
  if (end === Number.POSITIVE_INFINITY) return `${not}${least} or more`;
  if (least === end) return `${not}${end}`;
  return least === 0 ? `${not}${end} or fewer` : `${not}${least} to ${end}`;
}

function judgeRestarts({ name, restarts, uptime }: GroupFacts, label: string, rules: Rules): readonly Result[] {
  // a process known by nothing but its pid has no label
  if (name === "") return [];
  const age = uptime === undefined ? [] : [{ label: `${label}_uptime`, value: uptime, uom: "s" as const, min: 0 }];
  if (restarts === undefined) {
    const why = "no samples are kept";
    return [figures(age), ...unjudged(["restartsWarning", "restartsCritical"], why, rules.asked)];
  }
  const text = `${name} was ${restartWords(restarts)} in ${formatDuration(rules.window)}`;
  return [measure(text, { label: `${label}_restarts`, value: restarts, ...rules.restarts, min: 0 }), figures(age)];
}

const whole = (value: number | undefined) => (value === undefined ? undefined : Math.round(value));

const saySockets: Say = (one, value, { sockets, kinds, user }) =>
  sockets?.of === "user"
    ? `user ${user} has ${value} sockets to or from the Gearman port`
    : `${one} has ${about(kinds?.sampled)}${value} sockets to or from the Gearman port`;

const sayCloseWait: Say = (one, value, { sockets, kinds, user }) => {
  const [peer] = sockets?.peers ?? [];
  const towards = peer === undefined ? "" : `, most of its sockets lead to ${peer[0]}`;
  return sockets?.of === "user"
    ? `user ${user} has ${value} sockets in CLOSE_WAIT on the Gearman port${towards}`
    : `${one} has ${about(kinds?.sampled)}${value} sockets in CLOSE_WAIT${towards}`;
};

const about = (sampled: boolean | undefined) => (sampled ? "about " : "");

const sayGrowth =
  (rules: Rules): Say =>
  (one, value, process) => {
    const beyond =
      isSet(rules.perWorker) && process.trend?.unexplained !== undefined ? " more than its workers explain" : "";
    const { fds } = process.trend ?? {};
    const compared = fds !== undefined && fds.perHour !== fds.slope ? " compared with the day before" : "";
    const change = fds === undefined ? "" : `, ${changeWords(fds)}`;
    return `${one} gains ${value} descriptors an hour${beyond}${compared}${change}${limitWords(process, rules)}`;
  };

function judgeEta(group: GroupFacts, label: string, rules: Rules): Result[] {
  const [soonest] = group.processes
    .flatMap((process) => {
      const eta = etaOf(process, rules);
      return eta === undefined ? [] : [{ process, eta }];
    })
    .sort((a, b) => a.eta - b.eta);
  if (soonest === undefined) return [];
  const { process, eta } = soonest;
  const text = `${who(group, process)} reaches its limit of ${process.limit} descriptors in ${formatDuration(eta)}`;
  return [measure(text, { label: `${label}_eta`, value: eta, uom: "s", ...rules.eta, min: 0 })];
}

/** Without its process there is nothing to divide by the workers, and a threshold that is never judged is no OK. */
function judgeServerFound(groups: readonly GroupFacts[], server: ServerFacts, { asked }: Rules): readonly Result[] {
  if (groups.some((group) => serverProcess(group, server) !== undefined)) return [];
  const why = server.local
    ? "none of the processes checked is known to be"
    : "no process of this machine is known to be";
  return unjudged(["perWorkerWarning", "perWorkerCritical"], `${why} ${server.server}`, asked);
}

/** With fewer of them a single client more looks like a leak. */
const FEWEST_WORKERS = 10;

/** Figures of the job server, on the process that it is. */
function judgeWorkers(group: GroupFacts, server: ServerFacts, label: string, rules: Rules): Result[] {
  const process = serverProcess(group, server);
  if (process?.fds === undefined) return [];
  const { workers } = server;
  const text = `${workers === 1 ? "1 worker is" : `${workers} workers are`} connected to ${server.server}`;
  const parts = [measure(text, { label: `${label}_workers`, value: workers, min: 0 })];
  if (workers >= FEWEST_WORKERS) {
    const value = Math.round(((process.fds - (process.idleFds ?? 0)) / workers) * 100) / 100;
    const words = `${who(group, process)} has ${value} descriptors per connected worker`;
    parts.push(measure(words, { label: `${label}_per_worker`, value, ...rules.perWorker, min: 0 }));
  }
  return parts;
}

function describeGroup(group: GroupFacts, { commandLine }: Facts, rules: Rules): Detail[] {
  const decider = fullest(group, rules)?.process ?? group.processes[0];
  if (decider === undefined) return [];
  const details: Detail[] = [{ verbosity: 0, lines: describeProcess(group.name, decider, rules.window, commandLine) }];
  const others = group.processes.filter((process) => process !== decider);
  if (others.length > 0) {
    details.push({
      verbosity: 1,
      lines: others.map(
        ({ pid, user, fds, limit }) =>
          `${group.name} (pid ${pid}, user ${user}): ${fds ?? "?"} of ${limit ?? "?"} descriptors`,
      ),
    });
  }
  return details;
}
