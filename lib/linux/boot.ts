import { CheckError } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";
import { attempt, readSmall } from "./file.ts";

/** This boot of the machine, and how long it has lasted: a clock nobody sets. */
export interface Boot {
  /** Random for each boot; empty where the kernel does not tell. */
  readonly id: string;
  /** Time since boot in seconds, including time suspended. */
  readonly uptime: number;
}

/**
 * @param root where proc is mounted
 * @throws {@link CheckError} UNKNOWN when there is no `uptime`, as it is in a proc file system, or none that can be read
 */
export function readBoot(root: string): Boot {
  const uptime = Number(readUptime(root).split(" ")[0]);
  if (!(uptime > 0)) throw new CheckError(Status.UNKNOWN, `${root} is no proc file system: there is no uptime to read`);
  const id = attempt(() => readSmall(`${root}/sys/kernel/random/boot_id`)).trim();
  return { id: id === "gone" || id === "denied" ? "" : id, uptime };
}

function readUptime(root: string): string {
  try {
    return attempt(() => readSmall(`${root}/uptime`));
  } catch (cause) {
    // in a container it may be the file of a program, which may have ended: ENOTCONN
    const { code } = cause as NodeJS.ErrnoException;
    throw new CheckError(Status.UNKNOWN, `cannot read ${root}/uptime: ${code}`, { cause });
  }
}
