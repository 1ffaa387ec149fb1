// The Debian packages: installed into a clean root, run from there by another user, removed without leftovers.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, type TestContext, test } from "node:test";

import { installedAs, putDefinitions } from "../../packaging/debian/tree.ts";
import { programNames, version } from "../../packaging/programs.mjs";
import { fakeGearmand } from "../servers/fake-gearmand.ts";
import { CleanRoot } from "../support/clean-root.ts";
import { type Architecture, buildDeb, builtDeb as deb } from "../support/debian-package.ts";
import { needs } from "../support/needs.ts";
import { lackingBun } from "../support/standalone.ts";

const NAME = "monitoring-plugins-distributed";
const STATE = "var/lib/monitoring-plugins";
const names = programNames();
const architectures: readonly Architecture[] = ["all", "amd64"];

const work = mkdtempSync(join(tmpdir(), "test-debian-"));
after(() => rmSync(work, { recursive: true, force: true }));

const noBun = await lackingBun();
const { skip: noTools } = needs("dpkg-deb", "man", "bwrap");
const notRoot = process.getuid?.() === 0 ? false : "only root installs packages";

/** Options of a test that needs the package built. */
const building = (architecture: Architecture) => ({
  skip: noTools || (architecture === "amd64" && noBun !== undefined && noBun),
});
/** Options of a test that needs it installed. */
const installing = (architecture: Architecture) => ({
  skip: building(architecture).skip || (process.env.CI !== "true" && notRoot),
});

let template: CleanRoot | undefined;
after(() => template !== undefined && rmSync(template.path, { recursive: true, force: true }));

function cleanRoot(t: TestContext): CleanRoot {
  // after() inside a test would end it with that test
  template ??= new CleanRoot({ after: () => {} });
  return template.copy(t);
}

/** Nothing more is there than before, and nothing less. */
function assertSame(now: ReadonlySet<string>, before: ReadonlySet<string>): void {
  const onlyIn = (some: ReadonlySet<string>, others: ReadonlySet<string>) =>
    [...some].filter((line) => !others.has(line));
  assert.deepEqual({ more: onlyIn(now, before), less: onlyIn(before, now) }, { more: [], less: [] });
}

for (const architecture of architectures) {
  test(`${architecture}: it is called as apt expects, and says what it needs`, building(architecture), () => {
    assert.equal(basename(deb(architecture)), `${NAME}_${version}_${architecture}.deb`);
    const field = (name: string) =>
      execFileSync("dpkg-deb", ["-f", deb(architecture), name], { encoding: "utf8" }).trim();
    assert.equal(field("Architecture"), architecture);
    assert.match(
      field("Depends"),
      architecture === "all" ? /^nodejs \(>= 20\), adduser$/ : /^libc6 \(>= 2\.\d+\), adduser$/,
    );
  });

  test(`${architecture}: two builds are the same, whoever builds`, building(architecture), () => {
    const again = buildDeb(join(work, "again"), architecture, "umask 077;");
    assert.ok(readFileSync(again).equals(readFileSync(deb(architecture))));
  });

  test(
    `${architecture}: installed, run as nagios, removed, purged: nothing is left`,
    installing(architecture),
    async (t) => {
      const system = cleanRoot(t);
      const before = system.listing();
      system.dpkg("--install", deb(architecture));

      assert.match(system.read("etc/passwd"), /^nagios:x:\d+:\d+:[^:]*:\/var\/lib\/nagios:\/usr\/sbin\/nologin$/m);
      const [, uid, gid] = /^nagios:x:(\d+):(\d+)/m.exec(system.read("etc/passwd")) ?? [];
      const state = statSync(join(system.path, STATE));
      assert.deepEqual([`${state.uid}`, `${state.gid}`, state.mode & 0o7777], [uid, gid, 0o755]);
      assert.equal(system.dpkg("--verify", NAME), "");

      for (const name of names) {
        const answer = { status: 3, stdout: `${name} ${version}\n`, stderr: "" };
        assert.deepEqual(await system.run("nagios", `/${installedAs(name)}`, "-V"), answer);
        const section = name.startsWith("check_") ? 8 : 1;
        const page = join(system.path, `usr/share/man/man${section}/${name}.${section}.gz`);
        const man = spawnSync("man", ["--warnings", "-E", "UTF-8", "-l", "-Tutf8", page], {
          encoding: "utf8",
          env: { PATH: process.env.PATH, MANWIDTH: "80", MANROFFOPT: "-c", LC_ALL: "C.UTF-8" },
        });
        assert.deepEqual([man.status, man.stderr], [0, ""]);
        const { stdout: help } = await system.run("nagios", `/${installedAs(name)}`, "--help");
        // bold is a character, a backspace and the character again
        const text = man.stdout
          .split("")
          .filter((_, i, all) => all[i] !== "\b" && all[i + 1] !== "\b")
          .join("");
        for (const option of help.match(/--[a-z][\w-]+/g) ?? []) assert.ok(text.includes(option), option);
      }
      if (names.includes("check_gearman")) {
        const { address } = await fakeGearmand(t, { queues: { q: { total: 0, workers: 1 } } });
        const path = "/usr/lib/nagios/plugins/check_gearman";
        const { status, stdout } = await system.run("nagios", path, "-H", address);
        assert.deepEqual([status, stdout.split(" - ")[0]], [0, "check_gearman OK"]);
      }

      system.write(`${STATE}/sample`, "something remembered");
      system.dpkg("--remove", NAME);
      for (const name of names) assert.ok(!existsSync(join(system.path, installedAs(name))), name);
      assert.ok(existsSync(join(system.path, STATE, "sample")));
      system.dpkg("--purge", NAME);
      assertSame(system.listing(), before);
    },
  );
}

test("one package takes the place of the other, and keeps what plugins remember", installing("amd64"), (t) => {
  const system = cleanRoot(t);
  const before = system.listing();
  system.dpkg("--install", deb("all"));
  system.write(`${STATE}/sample`, "something remembered");
  system.dpkg("--install", deb("amd64"));
  assert.equal(system.read(`${STATE}/sample`), "something remembered");
  assert.equal(system.dpkg("--verify", NAME), "");
  system.dpkg("--install", deb("all"));
  assert.equal(system.dpkg("--verify", NAME), "");
  system.dpkg("--purge", NAME);
  assertSame(system.listing(), before);
});

test("Mod-Gearman's own tools make room while it is installed, and come back", installing("all"), (t) => {
  const theirs = [
    "usr/lib/nagios/plugins/check_gearman",
    "usr/bin/gearman_top",
    "usr/share/man/man8/check_gearman.8.gz",
  ];
  const tree = join(work, "mod-gearman-tools");
  for (const path of theirs) {
    mkdirSync(join(tree, path, ".."), { recursive: true });
    writeFileSync(join(tree, path), "theirs");
  }
  mkdirSync(join(tree, "DEBIAN"));
  writeFileSync(
    join(tree, "DEBIAN/control"),
    "Package: mod-gearman-tools\nVersion: 4.0.1\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: a stand-in\n",
  );
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", tree, `${tree}.deb`], { stdio: "ignore" });
  const ours = (system: CleanRoot) =>
    theirs.filter((path) => existsSync(join(system.path, path)) && system.read(path) !== "theirs");

  for (const order of [
    [`${tree}.deb`, deb("all")],
    [deb("all"), `${tree}.deb`],
  ]) {
    const system = cleanRoot(t);
    for (const path of order) system.dpkg("--install", path);
    const expected = theirs.filter((path) => names.some((name) => path.includes(name)));
    assert.deepEqual(ours(system), expected);
    assert.equal(system.read("usr/lib/nagios/plugins/check_gearman.mod-gearman"), "theirs");
    assert.equal(system.dpkg("--verify", NAME), "");
    system.dpkg("--install", deb("all"));
    system.dpkg("--purge", NAME);
    for (const path of theirs) assert.equal(system.read(path), "theirs");
    assert.equal(system.dpkg("--verify", "mod-gearman-tools"), "");
    system.dpkg("--purge", "mod-gearman-tools");
  }
});

test("a user nagios that is there already stays as it is", installing("all"), (t) => {
  const system = cleanRoot(t);
  const [passwd, group] = [
    `${system.read("etc/passwd")}nagios:x:77:88::/srv:/bin/sh\n`,
    `${system.read("etc/group")}mon:x:88:\n`,
  ];
  system.write("etc/passwd", passwd);
  system.write("etc/group", group);
  system.dpkg("--install", deb("all"));
  const { uid, gid } = statSync(join(system.path, STATE));
  assert.deepEqual([uid, gid], [77, 88]);
  assert.deepEqual([system.read("etc/passwd"), system.read("etc/group")], [passwd, group]);
});

test("where no user can be made it installs all the same, and says so", installing("all"), (t) => {
  const system = cleanRoot(t);
  // where adduser has its lock
  rmSync(join(system.path, "run"), { recursive: true });
  assert.match(
    system.dpkg("--install", deb("all")),
    /^monitoring-plugins-distributed: no user nagios, so .* stays root's/m,
  );
  assert.equal(statSync(join(system.path, STATE)).uid, 0);
});

test("definitions go where they are read, and what is to be adapted first to the examples", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "test-definitions-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const places = {
    "nagios/check_x.cfg": "etc/nagios-plugins/config/check_x.cfg",
    "nagios/examples/services.cfg": `usr/share/doc/${NAME}/examples/nagios/services.cfg`,
    "icinga2/check_x.conf": `usr/share/${NAME}/icinga2/check_x.conf`,
    "icinga2/director-basket.json": `usr/share/${NAME}/icinga2/director-basket.json`,
    "icinga2/examples/services.conf": `usr/share/doc/${NAME}/examples/icinga2/services.conf`,
    "grafana/influxdb.json": `usr/share/${NAME}/grafana/influxdb.json`,
    "nrpe/check_x.cfg": `usr/share/doc/${NAME}/examples/nrpe/check_x.cfg`,
    "sudoers/check_x": `usr/share/doc/${NAME}/examples/sudoers/check_x`,
  };
  for (const from of Object.keys(places)) {
    mkdirSync(join(folder, "contrib", from, ".."), { recursive: true });
    writeFileSync(join(folder, "contrib", from), from);
  }
  putDefinitions(join(folder, "tree"), join(folder, "contrib"));
  for (const [from, to] of Object.entries(places)) assert.equal(readFileSync(join(folder, "tree", to), "utf8"), from);
});
