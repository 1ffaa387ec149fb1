import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { resolve } from "node:path";
import type { Signal } from "../plugin/signal.ts";

/** How long a folder may take to answer. */
export interface Patience {
  /** Aborted when nobody is interested any more. */
  readonly signal: Signal;
  /** Milliseconds that are left for all there is to do; half of them may be spent on waiting. */
  readonly remainingMs: () => number;
}

/** File systems that need nobody but this machine's kernel. All others may wait for a server, or for a program, for ever. */
const LOCAL = new Set("bcachefs btrfs devtmpfs ext2 ext3 ext4 f2fs overlay ramfs rootfs tmpfs xfs zfs".split(" "));

/** Longest wait for an answer, in milliseconds. */
const LONGEST_WAIT_MS = 2000;

/** As many symbolic links in a path as the kernel follows. */
const MOST_LINKS = 40;

/**
 * Resolves when what is at a path can be used without waiting for ever: at once on a local file system, otherwise when the
 * server has answered. That is asked by a child process, since whoever uses a dead file system hangs: a thread of ours
 * would hold up process.exit(), a child can be left behind.
 *
 * @param mounts the kernel's list of what is mounted
 * @throws Error naming the path when there is no answer
 */
export async function reach(
  path: string,
  { signal, remainingMs }: Patience,
  mounts = "/proc/self/mounts",
): Promise<void> {
  if (isLocal(path, mounts)) return;
  const { spawn } = await import("node:child_process");
  const hasAnswered = await new Promise<boolean>((settle) => {
    // statfs(2) is not answered from a cache; what it says does not matter, nor whether there is such a program
    const child = spawn("stat", ["-f", "--", path], { env: { PATH: "/usr/bin:/bin" }, stdio: "ignore" });
    const end = (answer: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      settle(answer);
    };
    const giveUp = () => {
      child.kill("SIGKILL");
      child.unref();
      end(false);
    };
    const timer = setTimeout(giveUp, Math.min(LONGEST_WAIT_MS, remainingMs() / 2));
    child.on("error", () => end(true));
    child.on("exit", () => end(true));
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
  if (!hasAnswered) throw new Error(`${path} has not answered in time`);
}

/**
 * Whether all of a path, as far as it exists and wherever its symbolic links lead, is on local file systems. Looks at
 * nothing that is not.
 */
function isLocal(path: string, mounts: string): boolean {
  let mounted: readonly Mount[];
  try {
    mounted = readFileSync(mounts, "utf8").split("\n").map(parseMount);
  } catch {
    return false;
  }
  const rest = names(resolve(path));
  let at = "";
  let links = 0;
  // beyond so many links the kernel refuses it, without asking anybody else
  while (links <= MOST_LINKS) {
    if (!LOCAL.has(typeAt(`${at}/`, mounted))) return false;
    const target = at === "" ? undefined : linkTarget(at);
    if (target !== undefined) {
      rest.unshift(...names(resolve(at, "..", target)));
      at = "";
      links++;
    } else {
      const name = rest.shift();
      if (name === undefined) return true;
      at += `/${name}`;
    }
  }
  return true;
}

const names = (path: string) => path.split("/").filter((name) => name !== "");

/** Where a symbolic link leads; undefined for all else, also for what cannot be seen. */
function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

interface Mount {
  /** Path, with a slash at its end. */
  readonly point: string;
  readonly type: string;
}

/** One line of /proc/self/mounts; blanks and the like in paths are written as three octal digits. */
function parseMount(line: string): Mount {
  const [, path = "?", type = ""] = line.split(" ");
  const point = path.includes("\\") ? path.replace(/\\([0-7]{3})/g, fromOctal) : path;
  return { point: point === "/" ? point : `${point}/`, type };
}

const fromOctal = (_: string, digits: string) => String.fromCharCode(Number.parseInt(digits, 8));

/** Type of the file system a path is on; of several on one path the last one is seen. */
function typeAt(path: string, mounted: readonly Mount[]): string {
  let found: Mount = { point: "", type: "" };
  for (const mount of mounted) {
    if (path.startsWith(mount.point) && mount.point.length >= found.point.length) found = mount;
  }
  return found.type;
}
