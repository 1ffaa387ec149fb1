import type { Signal } from "monitoring-plugins-ts";
import {
  countDescriptors,
  descriptorKind,
  descriptorOwner,
  findProcesses,
  InodeSet,
  type Process,
  readDescriptorLimit,
  readDescriptors,
  readProcess,
  sizeCountsDescriptors,
  socketInode,
  Tally,
  type Unreadable,
  Users,
} from "monitoring-plugins-ts/linux";

import type { Denial, KindFacts, ProcessFacts, SocketFacts } from "./facts.ts";
import { type SocketOwner, type SocketTally, tallySockets } from "./sockets.ts";

/** Which processes, and how closely to look. */
interface Probe {
  /** Where proc is mounted. */
  readonly root: string;
  readonly names: readonly string[];
  /** Instead of names. */
  readonly pid: number | undefined;
  readonly uid: number | undefined;
  readonly port: number;
  /** Descriptors of a process whose kind is read at most. */
  readonly kinds: number;
  readonly signal: Signal;
}

/** A process with all that one look told. */
interface Observed extends Omit<ProcessFacts, "trend" | "idleFds"> {
  readonly startTicks: number;
  readonly parent: number;
  /** It takes connections to the port, as far as its sockets could be seen. */
  readonly listens: boolean;
}

export interface ObservedGroup {
  readonly name: string;
  readonly processes: readonly Observed[];
  readonly zombies: number;
}

interface Observations {
  readonly groups: readonly ObservedGroup[];
  /** Processes whose name could not be read. */
  readonly denied: number;
}

/** Names in the long output. */
const TOP = 5;

/** Zombies have no descriptors any more, dead ones are about to vanish. */
const ENDED = /[ZXx]/;

/** Looks at the processes. Never throws for one that vanishes meanwhile: it is not there, then. */
export async function probeProcesses(probe: Probe): Promise<Observations> {
  const { groups, denied } = select(probe);
  const counted = await count(probe, groups);
  const looks = new Map<Counted, Look>();
  const all = counted.flatMap(({ processes }) => processes);
  // the fullest first: they matter most, should time run out
  for (const one of all.toSorted((a, b) => fullness(b) - fullness(a))) looks.set(one, await look(probe, one));
  const owners = [...looks.values()].filter(({ sockets }) => probe.kinds > 0 && sockets?.size !== 0);
  const tallies = await tallySockets(owners, probe);

  const waiting = await lastingWaits(probe, all);
  const users = all.length === 0 ? undefined : new Users();
  return {
    denied,
    groups: counted.map(({ name, processes, zombies }) => ({
      name,
      zombies,
      processes: processes.flatMap((one) => {
        const observed = finish(probe, one, looks.get(one), tallies, users, waiting);
        return observed === undefined ? [] : [observed];
      }),
    })),
  };
}

interface Selected {
  readonly name: string;
  readonly processes: readonly Process[];
}

function select({ root, names, pid, uid }: Probe): { groups: readonly Selected[]; denied: number } {
  const isWanted = (found: Process | Unreadable): found is Process =>
    typeof found === "object" && (uid === undefined || found.uid === uid);
  if (pid !== undefined) {
    const found = readProcess(root, pid);
    const processes = [found].filter(isWanted);
    return { groups: [{ name: processes[0]?.comm ?? "", processes }], denied: found === "denied" ? 1 : 0 };
  }
  const { pids, denied } = findProcesses(root, names);
  const groups = names.map((name) => ({
    name,
    processes: pids
      .filter((one) => one.name === name)
      .map((one) => readProcess(root, one.pid))
      .filter(isWanted),
  }));
  return { groups, denied };
}

interface Counted {
  readonly process: Process;
  readonly fds: number | undefined;
  readonly limit: number | undefined;
  /** They may not be counted. */
  readonly denied: boolean;
}

const fullness = ({ fds, limit }: Counted) => (fds ?? 0) / (limit ?? 1);

async function count(
  { root, signal }: Probe,
  groups: readonly Selected[],
): Promise<readonly { name: string; processes: readonly Counted[]; zombies: number }[]> {
  const bySize = sizeCountsDescriptors(root);
  return Promise.all(
    groups.map(async ({ name, processes }) => {
      const counted: Counted[] = [];
      const living = processes.filter(({ state }) => !ENDED.test(state));
      for (const process of living) {
        const fds = await countDescriptors(root, process.pid, bySize, signal);
        const limit = readDescriptorLimit(root, process.pid);
        if (fds === "gone" || limit === "gone") continue;
        counted.push({
          process,
          fds: typeof fds === "number" ? fds : undefined,
          limit: limit === "denied" ? undefined : limit.soft,
          denied: fds === "denied",
        });
      }
      return { name, processes: counted, zombies: processes.length - living.length };
    }),
  );
}

/** What reading the links of one process told, and what its sockets are measured with. */
interface Look extends SocketOwner {
  readonly kinds: KindFacts | undefined;
  readonly denied: boolean;
  /** Descriptors each one read stands for. */
  readonly scale: number;
}

async function look({ root, kinds: most, signal }: Probe, { process, fds = 0 }: Counted): Promise<Look> {
  const nothing = { process, kinds: undefined, denied: false, sockets: undefined, scale: 1 };
  if (most === 0) return nothing;
  const kinds = new Tally();
  const files = new Tally();
  const deleted = new Tally();
  const sockets = new InodeSet();
  const reading = await readDescriptors(root, process.pid, { count: fds, most, signal }, (target) => {
    const kind = descriptorKind(target);
    kinds.add(kind);
    if (kind === "socket") sockets.add(socketInode(target));
    else if (kind === "file") files.add(target);
    else if (kind === "deleted file") deleted.add(target.slice(0, -" (deleted)".length));
  });
  if (reading === "denied" || reading === "gone") {
    return { ...nothing, denied: reading === "denied" };
  }
  return {
    process,
    kinds: {
      ...reading,
      kinds: kinds.top(TOP + 3),
      repeated: files.top(TOP).filter(([, times]) => times > 1),
      deleted: deleted.top(TOP),
    },
    denied: false,
    sockets,
    scale: reading.sampled && reading.read > 0 ? Math.max(1, fds / reading.read) : 1,
  };
}

/** Looks at those that wait for a disk, and the time between two, in milliseconds: most waits are over at once. */
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 100;

async function lastingWaits({ root, signal }: Probe, all: readonly Counted[]): Promise<ReadonlySet<Counted>> {
  let waiting = all.filter(({ process }) => process.state === "D");
  for (let look = 0; look < LOOKS && waiting.length > 0 && !signal.aborted; look++) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
    waiting = waiting.filter(({ process }) => {
      const again = readProcess(root, process.pid);
      return typeof again === "object" && again.state === "D";
    });
  }
  return new Set(waiting);
}

/** Undefined for a process that has ended, or is another one, since the first look at it. */
function finish(
  { root }: Probe,
  one: Counted,
  seen: Look | undefined,
  tallies: ReadonlyMap<Look, SocketTally>,
  users: Users | undefined,
  waiting: ReadonlySet<Counted>,
): Observed | undefined {
  const { process, fds, limit, denied } = one;
  const { pid, innerPid, startTicks, parent, uid, rss } = process;
  const again = readProcess(root, pid);
  if (typeof again === "object" ? again.startTicks !== startTicks || ENDED.test(again.state) : again === "gone") {
    return undefined;
  }
  const userName = (id: number) => users?.name(id) ?? String(id);
  const tally = seen && tallies.get(seen);
  const none: SocketFacts = { gearman: 0, closeWait: 0, states: [], peers: [], of: "process" };
  return {
    pid,
    innerPid,
    startTicks,
    parent,
    user: userName(uid),
    state: process.state === "D" && !waiting.has(one) ? "S" : process.state,
    fds,
    limit,
    rss,
    kinds: seen?.kinds,
    sockets:
      tally?.facts(seen?.sockets === undefined ? "user" : "process", seen?.scale ?? 1) ??
      (seen?.sockets?.size === 0 && seen.kinds?.aborted === false ? none : undefined),
    denied: denied || seen?.denied === true ? denial(root, pid, userName) : undefined,
    unaccepted: tally?.unaccepted ?? 0,
    listens: tally?.listens ?? false,
  };
}

function denial(root: string, pid: number, userName: (uid: number) => string): Denial {
  const owner = descriptorOwner(root, pid);
  if (owner === process.geteuid?.()) return { owner: undefined };
  return { owner: userName(typeof owner === "number" ? owner : 0) };
}
