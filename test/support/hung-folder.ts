import { once } from "node:events";

import { programPath } from "./debian.ts";
import { pluginCommand } from "./exec.ts";
import type { Owner } from "./owner.ts";
import { spawnOwned } from "./owner.ts";

/** Says that nothing may be mounted here. */
const NO_MOUNT = 77;

/**
 * Runs a plugin in a mount name space of its own, where `folder` is a file system in user space without anybody who serves
 * it: whoever touches it hangs. Needs `unshare`.
 *
 * @returns undefined where that may not be mounted
 */
export async function runBesideHungFolder(owner: Owner, folder: string, name: string, args: readonly string[]) {
  const hang = `(exec 3<>/dev/fuse) || exit ${NO_MOUNT}; exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 hung "$0" || exit ${NO_MOUNT}`;
  const inside = ["sh", "-c", `${hang}; "$@" 3>&-`, folder, ...pluginCommand(name), ...args];
  const child = spawnOwned(owner, programPath("unshare"), ["-m", ...inside], { stdio: ["ignore", "pipe", "ignore"] });
  let stdout = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  return code === NO_MOUNT || (code === 1 && stdout === "") ? undefined : { code, stdout };
}
