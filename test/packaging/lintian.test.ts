// What Debian itself has against the packages. Beside their other tests, as it takes as long as those.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import { builtDeb } from "../support/debian-package.ts";
import { needs } from "../support/needs.ts";
import { lackingBun } from "../support/standalone.ts";

const noBun = await lackingBun();

test("lintian finds no error", needs("dpkg-deb", "lintian"), () => {
  // both at once: its start takes as long as the smaller one
  const packages = [builtDeb("all"), ...(noBun === undefined ? [builtDeb("amd64")] : [])];
  // what is built for tests alone is not compressed
  const uncompressed = ["control", "data"].map((part) => `uses-no-compression-for-${part}-tarball`);
  const options = ["--fail-on", "error,warning", "--allow-root", "--suppress-tags", uncompressed.join(",")];
  const { status, stdout } = spawnSync("lintian", [...options, ...packages], { encoding: "utf8" });
  assert.equal(stdout, "");
  assert.equal(status, 0);
});
