import { opendirSync, readlinkSync, statfsSync, statSync } from "node:fs";
import type { Signal } from "../plugin/signal.ts";

import { attempt, breathe, ENTRY_BY_ENTRY, nextName, type Unreadable, unreadable } from "./file.ts";

/** Descriptors read between two turns of the event loop; a few milliseconds. */
const UNTIL_BREATH = 1000;

/** PROC_SUPER_MAGIC of statfs(2). */
const PROC_MAGIC = 0x9fa0;

/**
 * Whether the size of `/proc/PID/fd` is the number of open descriptors: so since Linux 6.2, and for everybody. Earlier
 * kernels say 0, other file systems something else.
 *
 * @param root where proc is mounted
 */
export function sizeCountsDescriptors(root: string): boolean {
  const own = attempt(() => statfsSync(root).type === PROC_MAGIC && statSync(`${root}/self/fd`).size > 0);
  return own === true;
}

/**
 * How many descriptors a process has open. Takes no right on the process where the directory's size tells it, otherwise
 * the right to list its descriptors.
 *
 * @param bySize what {@link sizeCountsDescriptors} says
 * @returns undefined when the time was over before the list was read
 */
export async function countDescriptors(
  root: string,
  pid: number,
  bySize: boolean,
  signal: Signal,
): Promise<number | Unreadable | undefined> {
  const path = fdFolder(root, pid);
  if (bySize) return attempt(() => statSync(path).size);
  let count = 0;
  const walked = await walk(path, signal, () => {
    count++;
  });
  return walked === "complete" ? count : walked === "aborted" ? undefined : walked;
}

/** User who owns a process' descriptors: its effective one, or root for a process that has changed its user. */
export function descriptorOwner(root: string, pid: number): number | Unreadable {
  return attempt(() => statSync(fdFolder(root, pid)).uid);
}

/** How {@link readDescriptors} went. */
export interface DescriptorReading {
  /** Links read. */
  readonly read: number;
  /** Only some were read, spread evenly over all. */
  readonly sampled: boolean;
  /** The time was over before it was done: what was read are the oldest ones. */
  readonly aborted: boolean;
}

/**
 * Reads what the descriptors of a process are, one after the other: `visit` gets each link's text, such as
 * `socket:[4711]`, `/var/log/x (deleted)` or `anon_inode:[eventpoll]`, and nothing is kept. Links that vanish meanwhile
 * are skipped. Needs the right to read them: same user, or root, with all capabilities of the process.
 *
 * @param count how many there are, roughly
 * @param most read at most about so many; of more, an even sample
 */
export async function readDescriptors(
  root: string,
  pid: number,
  { count, most, signal }: { readonly count: number; readonly most: number; readonly signal: Signal },
  visit: (target: string) => void,
): Promise<DescriptorReading | Unreadable> {
  const path = fdFolder(root, pid);
  const sampled = count > most;
  // who may list the folder may not always read its links, as root without CAP_SYS_PTRACE
  let denied = false;
  const read = (name: string | number): boolean => {
    if (denied) return false;
    const target = attempt(() => readlinkSync(`${path}/${name}`));
    if (target === "denied") denied = true;
    if (target === "gone" || target === "denied") return false;
    visit(target);
    return true;
  };
  if (sampled && isDense(path, count)) {
    const sample = await sampleByNumber(read, { count, most, signal });
    return denied ? "denied" : sample;
  }

  const draw = sampled ? stratified(count / most) : () => true;
  let done = 0;
  const walked = await walk(path, signal, (name) => {
    if (draw() && read(name)) done++;
  });
  if (walked === "gone" || walked === "denied") return walked;
  return denied ? "denied" : { read: done, sampled, aborted: walked === "aborted" };
}

const fdFolder = (root: string, pid: number) => `${root}/${pid}/fd`;

/** Calls `visit` for each entry of a directory, in its order, and keeps none. */
async function walk(
  path: string,
  signal: Signal,
  visit: (name: string) => void,
): Promise<"complete" | "aborted" | Unreadable> {
  const folder = attempt(() => opendirSync(path, ENTRY_BY_ENTRY));
  if (folder === "gone" || folder === "denied") return folder;
  try {
    for (let seen = 1; ; seen++) {
      const name = nextName(folder);
      if (name === undefined) return "complete";
      visit(name);
      if (seen % UNTIL_BREATH === 0) await breathe();
      if (signal.aborted) return "aborted";
    }
  } catch (error) {
    // the process ended while its descriptors were listed
    return unreadable(error);
  } finally {
    folder.closeSync();
  }
}

/**
 * Whether numbers below `count` are descriptors: the kernel hands out the lowest free number, so those of a process that
 * only opens have no gaps, and a sample needs no list of them all.
 */
function isDense(path: string, count: number): boolean {
  const PROBES = 50;
  let hits = 0;
  for (let probe = 0; probe < PROBES; probe++) {
    const number = Math.floor(((probe + 0.5) / PROBES) * count);
    const target = attempt(() => readlinkSync(`${path}/${number}`));
    if (target === "denied") return false;
    if (target !== "gone") hits++;
  }
  return hits >= 0.9 * PROBES;
}

async function sampleByNumber(
  read: (number: number) => boolean,
  { count, most, signal }: { readonly count: number; readonly most: number; readonly signal: Signal },
): Promise<DescriptorReading> {
  const draw = stratified(count / most);
  let done = 0;
  for (let number = 0; number < count; number++) {
    if (!draw()) continue;
    if (read(number)) done++;
    if (done % UNTIL_BREATH === 0) await breathe();
    if (signal.aborted) return { read: done, sampled: true, aborted: true };
  }
  return { read: done, sampled: true, aborted: false };
}

/**
 * Says yes once in every `step` calls, at a place that looks random within each step: every tenth descriptor would see
 * nothing but sockets in a process that opens by turns.
 */
function stratified(step: number): () => boolean {
  let seed = 1;
  let at = 0;
  let stratum = 0;
  let chosen = -1;
  const choose = () => {
    // Park and Miller's generator; the same sample for the same process is a virtue
    seed = (seed * 48_271) % 0x7fff_ffff;
    const start = stratum * step;
    chosen = Math.min(Math.floor(start + (seed / 0x7fff_ffff) * step), Math.ceil(start + step) - 1);
    stratum++;
  };
  choose();
  return () => {
    const isChosen = at === chosen;
    if (at >= chosen) while (chosen <= at) choose();
    at++;
    return isChosen;
  };
}

/** Kinds of descriptors, by the texts of their links. */
export function descriptorKind(target: string): string {
  if (target.startsWith("socket:")) return "socket";
  if (target.startsWith("/")) return pathKind(target);
  if (target.startsWith("pipe:")) return "pipe";
  const [, anonymous] = /^anon_inode:\[?([\w.-]+)/.exec(target) ?? [];
  return anonymous ?? "other";
}

function pathKind(target: string): string {
  if (target.startsWith("/memfd:")) return "memfd";
  if (target.startsWith("/dev/") && !target.startsWith("/dev/shm/")) return "device";
  return target.endsWith(" (deleted)") ? "deleted file" : "file";
}

/** Inode of a socket from its link; 0 for anything else. */
export function socketInode(target: string): number {
  const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
  return Number(inode ?? 0);
}
