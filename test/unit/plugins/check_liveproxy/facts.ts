import { type FailureKind, LivestatusError } from "../../../../lib/livestatus/failure.ts";
import type { Peer } from "../../../../lib/livestatus/peers.ts";
import type { SiteState } from "../../../../lib/livestatus/state-file.ts";
import { givenOptions, readValues, splitCommandLine } from "../../../../lib/plugin/command-line.ts";
import type { Result } from "../../../../lib/plugin/result.ts";
import { Status } from "../../../../lib/plugin/status.ts";
import { evaluate } from "../../../../plugins/check_liveproxy/evaluate.ts";
import type { DaemonFacts, Facts, Past, SiteAnswer, SiteFacts } from "../../../../plugins/check_liveproxy/facts.ts";
import { readRules, ruleOptions } from "../../../../plugins/check_liveproxy/rule-options.ts";
import { surroundingsOf } from "../../../../plugins/check_liveproxy/surroundings.ts";

/** When all of it happens, in milliseconds since 1970. */
export const NOW = new Date(2026, 2, 2, 10, 20, 17).getTime();
const DIR = "/omd/sites/x/tmp/run/liveproxy";

/** Facts of a test, with everything healthy that it does not name. */
export interface Scene {
  readonly sites?: readonly SiteFacts[];
  readonly states?: readonly SiteState[];
  readonly daemon?: Partial<DaemonFacts> | undefined;
  readonly stateFile?: Partial<NonNullable<NonNullable<Facts["proxy"]>["stateFile"]>>;
  readonly socketDir?: string | undefined;
  readonly socketDirProblem?: string;
  readonly peers?: readonly Peer[] | Error;
  readonly isAddressed?: boolean;
  /** What is remembered of the site muc; nothing unless given. */
  readonly past?: Partial<Past>;
  /** For how long the peer id1 has been pending. */
  readonly pending?: number;
  readonly problem?: string;
}

const NO_PAST: Past = {
  downFor: undefined,
  goneFor: undefined,
  beatlessFor: undefined,
  resets: 0,
  threadsGained: 0,
};

export const answer = (seconds = 0.01, core: Partial<SiteAnswer["core"]> = {}): SiteAnswer => ({
  seconds,
  core: {
    programStart: NOW / 1000 - 86_400,
    programVersion: "2.3.0p1",
    livestatusVersion: "2.3.0p1",
    pid: 7,
    activeConnections: 6,
    threads: 20,
    usage: undefined,
    ...core,
  },
  lastCheck: undefined,
});

export function failure(kind: FailureKind, message = `failed: ${kind}`, code?: number): LivestatusError {
  const own: readonly FailureKind[] = ["denied", "no socket", "path too long", "own fault"];
  return new LivestatusError(own.includes(kind) ? Status.UNKNOWN : Status.CRITICAL, kind, message, { code });
}

export const site = (id: string, what: SiteFacts["answer"], more: Partial<SiteFacts> = {}): SiteFacts => ({
  id,
  place: `${DIR}/${id}`,
  isProxied: true,
  isNamed: false,
  answer: what,
  isCut: false,
  failures: what instanceof Error ? 1 : 0,
  ...more,
});

export const state = (id: string, more: Partial<SiteState> = {}): SiteState => ({
  id,
  state: "ready",
  dumped: "2026-03-02 10:20:15",
  resetAge: 7200,
  failedConnectAge: undefined,
  lastError: "",
  cached: 1,
  channels: [9, 10, 11, 12, 13].map((number, n) => ({ number, state: "ready", age: 5 * n })),
  clients: 0,
  heartbeats: 1440,
  nextHeartbeat: 0.2,
  ...more,
});

export const busy = (n: number, age: number | undefined = 3): SiteState["channels"] =>
  [9, 10, 11, 12, 13].map((number, at) => ({ number, state: at < n ? "busy" : "ready", age: at < n ? age : 4 }));

export const processOf = (title: string, more = {}) => ({
  pid: 4712,
  parent: 4711,
  title,
  user: 999,
  age: 7300,
  threads: 12,
  descriptors: 40,
  descriptorLimit: 1024,
  ...more,
});

/** The verdict on a scene, under options as a user types them. */
export async function judge(scene: Scene, ...argv: readonly string[]): Promise<Result> {
  const texts = await splitCommandLine({ name: "check_liveproxy", options: ruleOptions }, argv);
  const options = await readValues(ruleOptions, texts);
  const sites = scene.sites ?? [];
  const states = scene.states ?? sites.filter(({ isProxied }) => isProxied).map(({ id }) => state(id));
  const daemon: DaemonFacts = {
    pidFile: "/omd/sites/x/tmp/run/liveproxyd.pid",
    state: "running",
    pid: 4711,
    title: "liveproxyd[master]",
    age: 7300,
    writtenMs: NOW - 7_300_000,
    sites: new Map(sites.map(({ id }) => [id, processOf(`liveproxyd[${id}]`)])),
    masters: [],
    orphans: [],
    ...scene.daemon,
  };
  const facts: Facts = {
    remembered: {
      pasts: new Map(scene.past && [["muc", { ...NO_PAST, ...scene.past }]]),
      pending: new Map(scene.pending === undefined ? [] : [["lmd.example.com:3333 id1", scene.pending]]),
      problem: scene.problem,
    },
    nowMs: NOW,
    secondsNeeded: 25,
    proxy:
      scene.isAddressed || scene.peers !== undefined
        ? undefined
        : {
            socketDir: "socketDir" in scene ? scene.socketDir : DIR,
            socketDirProblem: scene.socketDirProblem,
            daemon: "daemon" in scene && scene.daemon === undefined ? undefined : daemon,
            stateFile: {
              path: "/omd/sites/x/var/log/liveproxyd.state",
              problem: undefined,
              writtenMs: NOW - 2000,
              sites: states,
              ...scene.stateFile,
            },
          },
    sites,
    lmds:
      scene.peers === undefined
        ? []
        : [
            {
              address: "lmd.example.com:3333",
              named: [],
              answer: scene.peers instanceof Error ? scene.peers : { seconds: 0.01, peers: scene.peers },
            },
          ],
  };
  const rules = readRules(options, givenOptions(ruleOptions, texts));
  const select = (lmd: Facts["lmds"][number]) => (lmd.answer instanceof Error ? [] : lmd.answer.peers);
  return evaluate(facts, surroundingsOf(facts, rules), select, rules);
}

export const peer = (more: Partial<Peer> = {}): Peer => ({
  key: "id1",
  name: "muc",
  state: "up",
  lastError: "",
  lastOnline: NOW / 1000 - 5,
  responseTime: 0.01,
  idling: false,
  now: NOW / 1000,
  queries: 7,
  bytesSent: 700,
  bytesReceived: 7000,
  ...more,
});
