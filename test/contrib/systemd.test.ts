import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { programNames, root } from "../../packaging/programs.mjs";
import { needs } from "../support/needs.ts";

const isUnit = (name: string) => /\.(?:service|timer)$/.test(name);

/** Units of the package, which start its programs, and those to be adapted. */
function units(): readonly string[] {
  const folders = ["contrib/systemd", ...programNames().map((name) => join("plugins", name))];
  return folders.flatMap((folder) => {
    const names = readdirSync(join(root, folder)).filter(isUnit);
    return names.map((name) => join(root, folder, name));
  });
}

test("systemd finds no fault with any unit", { ...needs("systemd-analyze") }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), "test-units-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const found = units();
  assert.ok(found.length > 0);
  const files = found.map((path) => {
    const file = join(folder, path.split("/").at(-1) ?? "");
    // of a program that may not be installed here, by a user who may not be there
    const text = readFileSync(path, "utf8")
      .replaceAll(/^User=.*\n/gm, "")
      .replaceAll("/usr/bin/relay_results", "/bin/true");
    writeFileSync(file, text);
    return file;
  });
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...files], { encoding: "utf8" });
  const about = stderr.split("\n").filter((line) => line.includes(folder));
  assert.deepEqual([status, about], [0, []], stderr);
});

test("the results of each command are asked for at a moment of its own", () => {
  const timer = readFileSync(join(root, "contrib/systemd/ask-results@.timer"), "utf8");
  assert.match(timer, /^RandomizedDelaySec=5min\nFixedRandomDelay=true$/m);
});
