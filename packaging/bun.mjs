// The bun that makes the standalone executable, and becomes a part of it.
import { execFile } from "node:child_process";
import { access, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { root } from "./programs.mjs";

export const BUN_VERSION = "1.4.5";

/** Carries the binary of the package `bun`, without needing an install script. */
const PACKAGE = "@oven/bun-linux-x64";

/**
 * What is in the binary besides bun, by its own LICENSE.md; the texts are at the addresses. The LGPL asks that whoever
 * has the executable may replace the library in it, so the way to do that is told as well.
 */
export const BUN_LICENCE = `bun ${BUN_VERSION} (MIT), https://github.com/oven-sh/bun, which contains:

JavaScriptCore and WebKit (LGPL-2), https://github.com/oven-sh/WebKit
TinyCC (LGPL-2.1), https://github.com/tinycc/tinycc
BoringSSL (Apache-2.0, ISC, OpenSSL), https://boringssl.googlesource.com/boringssl/
ICU (Unicode-3.0), https://github.com/unicode-org/icu
brotli (MIT), https://github.com/google/brotli
c-ares (MIT), https://github.com/c-ares/c-ares
highway (Apache-2.0), https://github.com/google/highway
libarchive (BSD-2-Clause and others), https://github.com/libarchive/libarchive
libbase64 (BSD-2-Clause), https://github.com/aklomp/base64
libdeflate (MIT), https://github.com/ebiggers/libdeflate
libjpeg-turbo (BSD-3-Clause, IJG, Zlib), https://github.com/libjpeg-turbo/libjpeg-turbo
libspng (BSD-2-Clause), https://github.com/randy408/libspng
libwebp (BSD-3-Clause), https://github.com/webmproject/libwebp
lol-html (BSD-3-Clause), https://github.com/cloudflare/lol-html
ls-hpack, ls-qpack, lsquic (MIT, BSD-3-Clause), https://github.com/litespeedtech/lsquic
mimalloc (MIT), https://github.com/microsoft/mimalloc
picohttpparser (MIT), https://github.com/h2o/picohttpparser
simdutf (Apache-2.0), https://github.com/simdutf/simdutf
uSockets, uWebSockets (Apache-2.0), https://github.com/uNetworking
uucode (MIT), https://github.com/jacobsandlund/uucode
zlib-ng (Zlib), https://github.com/zlib-ng/zlib-ng
zstd (BSD-3-Clause), https://github.com/facebook/zstd
acorn, assert, buffer, events, util and other packages of npm (MIT), https://github.com/oven-sh/bun/blob/main/LICENSE.md

To relink it with a JavaScriptCore of your own: check out https://github.com/oven-sh/bun at bun-v${BUN_VERSION} and
WebKit into vendor/WebKit, at the commit that scripts/build/deps/webkit.ts names; "bun run build:local" makes a bun with
your changes, and "bun build --compile" of that one the executable.
`;

/** For a slow line: it is 40 MB packed and 100 MB unpacked. */
const FETCH_LIMIT_MS = 300_000;

/** @type {Promise<string> | undefined} */
let fetched;

/**
 * The path of the bun binary: fetched by npm once, and kept. No dependency, since nobody but the standalone build needs it.
 *
 * @returns {Promise<string>}
 * @throws Error that says why it cannot be had
 */
export function bunBinary() {
  fetched ??= fetchBun();
  return fetched;
}

async function fetchBun() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error("the standalone executable is built on and for Linux on x64");
  }
  const cache = join(root, "node_modules/.cache/bun");
  const folder = join(cache, BUN_VERSION);
  const inside = join("node_modules", PACKAGE, "bin/bun");
  if (!(await exists(join(folder, inside)))) {
    // two that fetch at once must not see the half of each other's
    const partial = join(cache, `${BUN_VERSION}.${process.pid}`);
    await mkdir(partial, { recursive: true });
    const options = [
      "--no-save",
      "--no-package-lock",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ];
    try {
      await promisify(execFile)("npm", ["install", "--prefix", partial, ...options, `${PACKAGE}@${BUN_VERSION}`], {
        cwd: partial,
        timeout: FETCH_LIMIT_MS,
      });
      await access(join(partial, inside));
      await rename(partial, folder).catch(async (error) => {
        if (!(await exists(join(folder, inside)))) throw error;
      });
    } catch (cause) {
      const { message, stderr } = /** @type {Error & { stderr?: string }} */ (cause);
      const why = (stderr?.trim() || message).split("\n").slice(0, 3).join(", ");
      throw new Error(`${PACKAGE}@${BUN_VERSION} cannot be had from the npm registry: ${why}`, { cause });
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
  const manifest = JSON.parse(await readFile(join(folder, "node_modules", PACKAGE, "package.json"), "utf8"));
  if (manifest.version !== BUN_VERSION) throw new Error(`${folder} holds ${manifest.version}: remove it`);
  return join(folder, inside);
}

/** @param {string} path */
const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );
