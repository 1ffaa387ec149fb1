import { join } from "node:path";

import { CheckError, type Context } from "monitoring-plugins-ts";
import { readBoot } from "monitoring-plugins-ts/linux";
import { readState, stateFileName, stateFolder, writeState } from "monitoring-plugins-ts/state";

import type { Facts, LmdFacts, Past, Remembered, SiteFacts } from "./facts.ts";
import { soundsBusy } from "./failure.ts";
import {
  formatMemory,
  isEmpty,
  keep,
  type Look,
  type Memory,
  parseMemory,
  peerId,
  remember,
  stillKnown,
} from "./memory.ts";
import { isOwnFault, type Surroundings } from "./verdict.ts";

/** Where the memory of this check lives. */
export interface MemoryPlace {
  readonly folder: string | undefined;
  /** What is checked, in words that are the same at each run. */
  readonly target: string;
}

/**
 * Takes this run into the memory, and tells what earlier ones saw. What fails is said, not thrown: a memory that cannot be
 * kept is none, because what it holds may be over by now.
 *
 * @param found `readAt`: when the state file was, by `process.uptime()`
 * @param surroundings in the order of `facts.sites`
 */
export async function recall(
  { sites, lmds, readAt }: Pick<Facts, "sites" | "lmds"> & { readonly readAt: number },
  surroundings: readonly Surroundings[],
  { folder, target }: MemoryPlace,
  context: Context,
): Promise<Remembered> {
  const looks = sites.flatMap((site, index) => (site.isProxied ? [lookAt(site, surroundings[index])] : []));
  if (looks.length === 0 && lmds.length === 0) return NOTHING;
  let path = "";
  try {
    const boot = readBoot("/proc");
    path = join(await stateFolder(folder, process.env, context), stateFileName("check_liveproxy", target));
    context.log(`state: ${path}`);
    const { content, problem } = readState(path);
    const read = parseMemory(content);
    const time = boot.uptime - (process.uptime() - readAt);
    const known = stillKnown(read, boot.id, time);
    const { memory, ...told } = learn(known, looks, lmds, boot.id, Math.round(time * 10) / 10);
    if (!isEmpty(memory) || content !== undefined || problem !== undefined) writeState(path, formatMemory(memory));
    const useless =
      problem ?? (content !== undefined && read === undefined ? "it is no memory of this check" : undefined);
    if (useless === undefined) return told;
    return { ...told, problem: `the memory starts anew: ${path} was of no use, ${useless}` };
  } catch (error) {
    if (error instanceof CheckError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === undefined ? message : `${path} cannot be written: ${code}`;
    return { ...NOTHING, problem: `nothing is remembered between runs (see --state-dir): ${why}` };
  }
}

const NOTHING: Remembered = { pasts: new Map(), pending: new Map(), problem: undefined };

function lookAt({ id, answer, isCut }: SiteFacts, around: Surroundings | undefined): Look {
  const { process, masterAge, state, stateAge } = around ?? {};
  return { id, isDown: isCut ? undefined : isDown(answer, state?.state), process, masterAge, state, stateAge };
}

function isDown(answer: SiteFacts["answer"], state: string | undefined): boolean | undefined {
  if (answer === undefined) return state === undefined ? undefined : state !== "ready";
  if (!(answer instanceof Error)) return false;
  // it is connected, and its channels are in use
  if (soundsBusy(answer) && (state === undefined || state === "ready")) return false;
  return isOwnFault(answer) ? undefined : true;
}

function learn(
  known: Memory | undefined,
  looks: readonly Look[],
  lmds: readonly LmdFacts[],
  boot: string,
  time: number,
): Remembered & { readonly memory: Memory } {
  const pasts = new Map<string, Past>();
  const kept = looks.map((look) => {
    const { memory, past } = remember(known?.sites.get(look.id) ?? {}, look, time);
    pasts.set(look.id, past);
    return [look.id, memory] as const;
  });
  const since = (id: string) => known?.pending.get(id) ?? time;
  const pending = lmds.flatMap(({ address, answer }) => {
    // an LMD that does not answer has not changed its mind
    if (answer instanceof Error) return [...(known?.pending ?? [])].filter(([id]) => id.startsWith(`${address} `));
    const peers = answer.peers.filter(({ state }) => state === "pending");
    return peers.map(({ key }) => [peerId(address, key), since(peerId(address, key))] as const);
  });
  return {
    memory: { boot, seen: time, sites: keep(kept), pending: keep(pending) },
    pasts,
    pending: new Map(pending.map(([id, at]) => [id, Math.max(0, time - at)])),
    problem: undefined,
  };
}
