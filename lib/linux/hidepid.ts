import { attempt, readSmall } from "./file.ts";

/**
 * Whether this mount of proc hides other users' processes from the caller (`hidepid=`, see proc(5)). Root sees all, and so
 * do members of the group named by `gid=`.
 *
 * @param root where proc is mounted
 */
export function hidesProcesses(root: string): boolean {
  if (process.geteuid?.() === 0) return false;
  const mounts = attempt(() => readSmall(`${root}/self/mounts`));
  // the last mount on a path is the one that is seen
  const options = mounts
    .split("\n")
    .map((line) => line.split(" "))
    .findLast(([, path, type]) => type === "proc" && path === root.replace(/(.)\/+$/, "$1"))?.[3];
  const [, mode] = /(?:^|,)hidepid=(\w+)/.exec(options ?? "") ?? [];
  if (mode === undefined || mode === "0" || mode === "off") return false;
  const [, group] = /(?:^|,)gid=(\d+)/.exec(options ?? "") ?? [];
  return group === undefined || !process.getgroups?.().includes(Number(group));
}
