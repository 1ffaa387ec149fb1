import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { readState, stateFolder, writeState } from "monitoring-plugins-ts/state";

import { temporaryFolder } from "../../support/proc-tree.ts";

const isRoot = process.geteuid?.() === 0;

test("what was written is read, by its user alone, and nothing else is left in the folder", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "x.json");
  assert.deepEqual(readState(path), { content: undefined, problem: undefined });
  for (const content of [{ a: 1 }, { a: [2, "ü"] }]) {
    writeState(path, content);
    assert.deepEqual(readState(path), { content, problem: undefined });
  }
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ["x.json"]);
});

test("a symbolic link is neither read nor written through", (t) => {
  const folder = temporaryFolder(t);
  const [path, victim] = [join(folder, "x.json"), join(folder, "victim")];
  writeFileSync(victim, '{"a":1}');
  symlinkSync(victim, path);
  assert.deepEqual(readState(path), { content: undefined, problem: "it is a symbolic link" });
  writeState(path, { b: 2 });
  assert.equal(readFileSync(victim, "utf8"), '{"a":1}');
  assert.deepEqual(readState(path).content, { b: 2 });
});

test("a planted temporary file is not written through", (t) => {
  const folder = temporaryFolder(t);
  const [path, victim] = [join(folder, "x.json"), join(folder, "victim")];
  writeFileSync(victim, "precious");
  symlinkSync(victim, `${path}.${process.pid}.tmp`);
  writeState(path, { b: 2 });
  assert.equal(readFileSync(victim, "utf8"), "precious");
});

test("rubbish, a folder, a large file and a file of somebody else are problems, not exceptions", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "x.json");
  for (const text of ["", "{", "\0\0\0", "[1,"]) {
    writeFileSync(path, text);
    assert.deepEqual(readState(path), { content: undefined, problem: "it is no JSON" });
  }
  writeFileSync(path, " ".repeat(2 ** 20 + 1));
  assert.match(readState(path).problem ?? "", /larger than/);
  assert.equal(readState(path, 2 ** 21).problem, "it is no JSON");
  mkdirSync(join(folder, "d"));
  assert.equal(readState(join(folder, "d")).problem, "it is no file");
  if (isRoot) {
    writeFileSync(path, "{}");
    chownSync(path, 65_534, 65_534);
    assert.equal(readState(path).problem, "it belongs to another user");
  }
});

test("the folder: what is named, else the environment, else the system's, else the user's", async (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  const patience = { signal: new AbortController().signal, remainingMs: () => 30_000 };
  const folderFor = (chosen: string | undefined, environment: object, system?: string) =>
    stateFolder(chosen, environment, patience, system);
  mkdirSync(at("system"));
  const environment = { MP_STATE_PATH: at("mp"), XDG_STATE_HOME: at("xdg"), HOME: at("home") };
  assert.equal(await folderFor(at("named"), environment, at("system")), at("named"));
  assert.equal(await folderFor(undefined, environment, at("system")), at("mp"));
  assert.equal(await folderFor(undefined, { ...environment, MP_STATE_PATH: "" }, at("system")), at("system"));
  const { XDG_STATE_HOME, HOME } = environment;
  assert.equal(await folderFor(undefined, { XDG_STATE_HOME, HOME }, at("none")), at("xdg/monitoring-plugins"));
  assert.equal(await folderFor(undefined, { HOME }, at("none")), at("home/.local/state/monitoring-plugins"));
  assert.equal(statSync(at("home/.local/state/monitoring-plugins")).mode & 0o777, 0o700);
  await assert.rejects(folderFor(undefined, {}, at("none")), /there is no HOME/);
  await assert.rejects(folderFor("/dev/null/x", {}), /cannot create \/dev\/null\/x: ENOTDIR/);
  await assert.rejects(
    folderFor(undefined, { HOME: "/proc/none" }, at("none")),
    /cannot create \/proc\/none\/.*: ENOENT/,
  );
  writeFileSync(at("file"), "");
  symlinkSync(at("nothing"), at("dangling"));
  symlinkSync(at("mp"), at("link"));
  assert.equal(await folderFor(at("link"), {}), at("link"));
  assert.equal(await folderFor(`${at("new")}//a/b/`, {}), `${at("new")}//a/b/`);
  for (const name of ["file", "dangling"]) await assert.rejects(folderFor(at(name), {}), /cannot create .*: EEXIST$/);
  await assert.rejects(folderFor(undefined, { MP_STATE_PATH: "x" }), {
    name: "CheckError",
    message: "MP_STATE_PATH: 'x' is not an absolute path",
  });
});

test("a folder that cannot be written is an error that is thrown", { skip: isRoot && "root writes anywhere" }, (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o500);
  assert.throws(() => writeState(join(folder, "x.json"), {}), { code: "EACCES" });
});
