import { attempt, readSmall, type Unreadable } from "./file.ts";

/** How many descriptors a process may have open. */
export interface DescriptorLimit {
  /** The soft limit; for `unlimited`, what the kernel allows any process at most (`fs.nr_open`). */
  readonly soft: number;
  /** The soft limit is written `unlimited`. */
  readonly unlimited: boolean;
}

/** The kernel's own default of `fs.nr_open`, for trees that do not say. */
const NR_OPEN = 1024 * 1024;

/** @param root where proc is mounted; `limits` is readable by all users */
export function readDescriptorLimit(root: string, pid: number): DescriptorLimit | Unreadable {
  const text = attempt(() => readSmall(`${root}/${pid}/limits`));
  if (text === "denied" || text === "gone") return text;
  const soft = parseSoftLimit(text);
  if (soft === undefined) return "gone";
  if (soft !== "unlimited") return { soft, unlimited: false };
  const nrOpen = Number(attempt(() => readSmall(`${root}/sys/fs/nr_open`)).trim());
  return { soft: nrOpen > 0 ? nrOpen : NR_OPEN, unlimited: true };
}

/** Reads the soft limit of open files from `/proc/PID/limits`; undefined when there is none. */
export function parseSoftLimit(text: string): number | "unlimited" | undefined {
  const [, soft] = /^Max open files\s+(\d+|unlimited)\s/m.exec(text) ?? [];
  return soft === undefined || soft === "unlimited" ? soft : Number(soft);
}
