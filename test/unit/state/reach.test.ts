import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import { stateFolder } from "monitoring-plugins-ts/state";

import { reach } from "../../../lib/state/reach.ts";
import { temporaryFolder } from "../../support/proc-tree.ts";

/** Nobody waits for an answer: only what needs none is reached. */
const UNASKED = { signal: AbortSignal.abort(), remainingMs: () => 0 };
const ASKED = { signal: new AbortController().signal, remainingMs: () => 30_000 };

/** A folder on ext4 with `net` in it, which is a mount of the given type. */
function mounted(t: TestContext, type: string, name = "net") {
  const folder = temporaryFolder(t);
  const mounts = join(folder, "mounts");
  mkdirSync(join(folder, name));
  const point = join(folder, name).replaceAll(" ", "\\040");
  writeFileSync(mounts, `/dev/vda / ext4 rw 0 0\nserver:/x ${point} ${type} rw 0 0\n`);
  return { mounts, at: (path: string) => join(folder, path) };
}

const unanswered = (path: string) => ({ message: `${path} has not answered in time` });

test("what is on a local file system is reached without asking, be it there or not", async (t) => {
  for (const type of ["ext4", "tmpfs", "xfs", "overlay"]) {
    const { mounts, at } = mounted(t, type);
    for (const path of ["net", "net/none/deeper", "other", "network", "mounts"]) await reach(at(path), UNASKED, mounts);
  }
});

test("anything else is asked for an answer", async (t) => {
  for (const type of ["nfs4", "cifs", "fuse.sshfs", "autofs", "9p", "x"]) {
    const { mounts, at } = mounted(t, type);
    for (const path of ["net", "net/none/deeper"]) {
      await assert.rejects(reach(at(path), UNASKED, mounts), unanswered(at(path)));
      await reach(at(path), ASKED, mounts);
    }
    await reach(at("network"), UNASKED, mounts);
  }
});

test("symbolic links are followed, one to another and relative ones, for as long as the kernel does", async (t) => {
  const { mounts, at } = mounted(t, "nfs4");
  mkdirSync(at("folder"));
  symlinkSync(at("net/a"), at("direct"));
  symlinkSync("../direct/b", at("folder/relative"));
  symlinkSync("loop", at("loop"));
  symlinkSync("folder", at("harmless"));
  for (const path of ["direct", "direct/c", "folder/relative", "folder/relative/c"]) {
    await assert.rejects(reach(at(path), UNASKED, mounts), unanswered(at(path)));
  }
  for (const path of ["loop", "loop/x", "harmless", "harmless/x"]) await reach(at(path), UNASKED, mounts);
});

test("mounts: blanks in paths, one above another, one below another, and no list at all", async (t) => {
  const blank = mounted(t, "nfs", "with a blank");
  await assert.rejects(reach(blank.at("with a blank/x"), UNASKED, blank.mounts), /has not answered in time/);
  const { mounts, at } = mounted(t, "nfs");
  const head = `/dev/vda / ext4 rw 0 0\ns:/ ${at("net")} nfs rw 0 0\n`;
  writeFileSync(mounts, `${head}tmpfs ${at("net")} tmpfs rw 0 0\n`);
  await reach(at("net/x"), UNASKED, mounts);
  writeFileSync(mounts, `${head}tmpfs ${at("net/x")} tmpfs rw 0 0\n`);
  await assert.rejects(reach(at("net/x"), UNASKED, mounts), unanswered(at("net/x")));
  await assert.rejects(reach(at("other"), UNASKED, at("none")), unanswered(at("other")));
  await reach(at("other"), ASKED, at("none"));
});

test("the folder for state is reached before it is used", async (t) => {
  const folder = temporaryFolder(t);
  // /proc is nobody's file system for state, and asked as a network's is
  await assert.rejects(stateFolder("/proc/self", {}, UNASKED), unanswered("/proc/self"));
  await assert.rejects(stateFolder(undefined, {}, UNASKED, "/proc/none"), unanswered("/proc/none"));
  const HOME = "/proc/home";
  await assert.rejects(
    stateFolder(undefined, { HOME }, UNASKED, join(folder, "none")),
    unanswered(`${HOME}/.local/state/monitoring-plugins`),
  );
});
