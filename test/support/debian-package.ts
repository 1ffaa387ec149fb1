import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { root } from "../../packaging/programs.mjs";

export type Architecture = "all" | "amd64";

/** How a package is built, where it matters. */
export interface Building {
  /** As dpkg-deb(1) has it; xz takes half a minute for the larger one. */
  readonly compression: "xz" | "gzip" | "none";
  /** Shell commands for the environment; with any, little of that is as it is elsewhere. */
  readonly before?: string;
}

/** Builds a Debian package into a folder. @returns its path */
export function buildDeb(folder: string, architecture: Architecture, { compression, before = "" }: Building): string {
  const build = ["--import", "tsx", "--conditions=monitoring-plugins-source", join(root, "packaging/debian/build.ts")];
  const command = [process.execPath, ...build, folder, architecture, compression];
  const env = { ...process.env, SOURCE_DATE_EPOCH: "1760000000" };
  const output = execFileSync("/bin/sh", ["-c", `${before} exec "$@"`, "sh", ...command], {
    cwd: root,
    encoding: "utf8",
    env: before === "" ? env : { ...env, TZ: "Pacific/Chatham", LC_ALL: "C", HOME: "/nonexistent" },
  });
  return output.trim();
}
