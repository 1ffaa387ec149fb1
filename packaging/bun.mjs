// The bun that makes the standalone executable, and becomes a part of it.
import { binaryOf } from "./fetch.mjs";

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

/**
 * The path of the bun binary. No dependency, since nobody but the standalone build needs it.
 *
 * @throws Error that says why it cannot be had
 */
export const bunBinary = () => binaryOf(PACKAGE, BUN_VERSION, "bin/bun");
