import { readdirSync, readFileSync, readlinkSync } from "node:fs";

import { socketInode } from "./descriptors.ts";

/** `__SO_ACCEPTCON` of include/linux/net.h, as `/proc/net/unix` prints it. */
const LISTENS = "00010000";

const LINE = /^\S+: \S+ \S+ (\S+) \S+ \S+ +(\d+) (.+)$/;

/**
 * Paths of the Unix sockets a process listens at, as it bound them.
 *
 * @param root where the proc file system is mounted
 * @returns undefined when it cannot be seen: the process has ended, or is another user's
 */
export function listeningPaths(pid: number, root = "/proc"): readonly string[] | undefined {
  try {
    const folder = `${root}/${pid}/fd`;
    const own = new Set(readdirSync(folder).map((fd) => socketInode(linkTarget(`${folder}/${fd}`))));
    return readFileSync(`${root}/${pid}/net/unix`, "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, flags, inode, path = ""] = LINE.exec(line) ?? [];
        return flags === LISTENS && own.has(Number(inode)) ? [path] : [];
      });
  } catch {
    return undefined;
  }
}

/** Descriptors come and go. */
function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
