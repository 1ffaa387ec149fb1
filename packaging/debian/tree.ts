import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";

import { CONTRIBS } from "../../generate/contrib.ts";
import { isCheck, programNames, root } from "../programs.mjs";
import { EXECUTABLE } from "../standalone.mjs";
import { type Described, manPage, sectionOf } from "./man-page.ts";

export const PACKAGE = "monitoring-plugins-distributed";
const STATE_FOLDER = "var/lib/monitoring-plugins";

const CHECKS = "usr/lib/nagios/plugins";
const PROGRAMS = "usr/bin";
const DOC = `usr/share/doc/${PACKAGE}`;
const UNITS = "lib/systemd/system";
const PRIVATE = `usr/lib/${PACKAGE}`;

/** Where an executable is installed. */
export const installedAs = (name: string) => join(isCheck(name) ? CHECKS : PROGRAMS, name);

const manPagePath = (name: string) => `usr/share/man/man${sectionOf(name)}/${name}.${sectionOf(name)}.gz`;

/** Files that another package may have as well, and the names those get meanwhile, each without its leading slash. */
export function diversions(): readonly (readonly [file: string, aside: string])[] {
  return programNames().flatMap((name) => {
    const theirs = CONTRIBS.get(name)?.replaces;
    if (theirs === undefined) return [];
    return [
      [installedAs(name), `${installedAs(name)}.${theirs}`],
      [manPagePath(name), manPagePath(name).replace(name, `${name}.${theirs}`)],
    ];
  });
}

/** Writes a file of the package. */
export function put(tree: string, path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), content);
}

export const gzip = (text: string) => gzipSync(text, { level: 9 });

/** The bundles, for the Node of Debian's own package: whatever else is called node on somebody's PATH is not asked. */
export function putBundles(tree: string, dist: string): void {
  for (const name of programNames()) {
    const bundle = readFileSync(join(dist, name), "utf8");
    put(tree, installedAs(name), bundle.replace("exec node ", "exec /usr/bin/node "));
  }
}

/** The standalone executable, and a link to it for each program. */
export function putStandalone(tree: string, folder: string): void {
  const target = join(PRIVATE, EXECUTABLE);
  mkdirSync(join(tree, PRIVATE), { recursive: true });
  copyFileSync(join(folder, EXECUTABLE), join(tree, target));
  for (const name of programNames()) {
    const link = installedAs(name);
    mkdirSync(dirname(join(tree, link)), { recursive: true });
    symlinkSync(relative(dirname(link), target), join(tree, link));
  }
}

/** What both packages have: man pages, documentation, definitions, the folder for what plugins remember. */
export async function putCommon(tree: string, version: string, seconds: number): Promise<void> {
  for (const name of programNames()) {
    const { default: program } = (await import(`../../plugins/${name}/index.ts`)) as { default: Described };
    put(tree, manPagePath(name), gzip(manPage(program, version, seconds)));
    const folder = join(root, "plugins", name);
    for (const unit of readdirSync(folder).filter((file) => file.endsWith(".service"))) {
      put(tree, join(UNITS, unit), readFileSync(join(folder, unit)));
    }
  }
  for (const file of ["README.md", "CHANGELOG.md"]) put(tree, join(DOC, file), readFileSync(join(root, file)));
  copyTree(join(root, "docs"), join(tree, DOC, "docs"), (path) => !/\.[cm]?[jt]s$/.test(path));
  putDefinitions(tree, join(root, "contrib"));
  mkdirSync(join(tree, STATE_FOLDER), { recursive: true });
}

/**
 * Nagios reads the folder for commands by itself, a file there is a conffile. Icinga and Grafana take what they are told to.
 * Everything else is to be looked at before it is used.
 */
export function putDefinitions(tree: string, contrib: string): void {
  if (!existsSync(contrib)) return;
  for (const entry of readdirSync(contrib, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(contrib.length + 1);
    const [, command] = /^nagios\/([^/]+\.cfg)$/.exec(path) ?? [];
    const [shared] = /^(?:icinga2|grafana)\/[^/]+$/.exec(path) ?? [];
    if (command !== undefined) put(tree, join("etc/nagios-plugins/config", command), readFileSync(file));
    else if (shared !== undefined) put(tree, join("usr/share", PACKAGE, shared), readFileSync(file));
    else put(tree, join(DOC, "examples", path.replace("/examples/", "/")), readFileSync(file));
  }
}

function copyTree(from: string, to: string, wanted: (path: string) => boolean): void {
  mkdirSync(to, { recursive: true });
  cpSync(from, to, { recursive: true, filter: wanted });
}
