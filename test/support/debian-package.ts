import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { root } from "../../packaging/programs.mjs";

export type Architecture = "all" | "amd64";

/** As dpkg-deb(1) has it: xz would take half a minute for the larger one. */
const COMPRESSION = { all: "xz", amd64: "none" };

/**
 * Builds a Debian package into a folder.
 *
 * @param before shell commands for the environment; with any, little of that is as it is elsewhere
 * @returns its path
 */
export function buildDeb(folder: string, architecture: Architecture, before = ""): string {
  const env = before === "" ? {} : { TZ: "Pacific/Chatham", LC_ALL: "C", HOME: "/nonexistent" };
  return build(["/bin/sh", "-c", `${before} exec "$@"`, "sh"], folder, architecture, env).trim();
}

/** Builds into $1/part, and moves that to $1/built, unless it is there. */
const ONCE = '[ -e "$1/built" ] || { folder=$1; shift; "$@" && mv "$folder/part" "$folder/built"; }';

/** Of this run of tests; a file that is run by itself has one of its own. */
let shared = process.env.TEST_RUN_FOLDER;

/** The package, which nobody changes: built once for all files of a run of tests. @returns its path */
export function builtDeb(architecture: Architecture): string {
  if (shared === undefined) {
    const own = mkdtempSync(join(tmpdir(), "test-deb-"));
    process.once("exit", () => rmSync(own, { recursive: true, force: true }));
    shared = own;
  }
  const folder = join(shared, architecture);
  mkdirSync(join(folder, "part"), { recursive: true });
  build(["flock", join(folder, "lock"), "/bin/sh", "-c", ONCE, "sh", folder], join(folder, "part"), architecture);
  const [name = ""] = readdirSync(join(folder, "built"));
  return join(folder, "built", name);
}

function build(start: readonly string[], folder: string, architecture: Architecture, env = {}): string {
  const script = join(root, "packaging/debian/build.ts");
  const node = [process.execPath, "--import", "tsx", "--conditions=monitoring-plugins-source", script];
  const [file = "", ...args] = [...start, ...node, folder, architecture, COMPRESSION[architecture]];
  return execFileSync(file, args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, SOURCE_DATE_EPOCH: "1760000000", ...env },
  });
}
