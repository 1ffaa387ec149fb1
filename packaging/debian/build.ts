// Makes the two Debian packages of dist/debian/, or of the folder named: one for Debian's Node, one that needs none.
//   node --import tsx --conditions=monitoring-plugins-source packaging/debian/build.ts [folder [all|amd64 [compression]]]
// Both are the same byte by byte for the same sources and SOURCE_DATE_EPOCH, which is the time of the last commit unless set.
// The bundles are those of `npm run build`.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";

import { bundledFiles, programNames, root, version } from "../programs.mjs";
import { buildStandalone } from "../standalone.mjs";
import { changelog, control, libcNeeded, maintainer, maintainerScript, overrides } from "./control.ts";
import { copyrightFile } from "./copyright.ts";
import { gzip, installedAs, PACKAGE, put, putBundles, putCommon, putStandalone } from "./tree.ts";

type Architecture = "all" | "amd64";

const seconds = sourceDateEpoch();
// a version of npm that comes before the release, 1.0.0-rc.1, must do so for dpkg too
const debianVersion = version.replace("-", "~");

function sourceDateEpoch(): number {
  const text =
    process.env.SOURCE_DATE_EPOCH ??
    execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: root, encoding: "utf8" }).trim();
  if (!/^\d+$/.test(text)) throw new Error(`SOURCE_DATE_EPOCH is '${text}', not a number of seconds`);
  return Number(text);
}

/** @returns the path of the package */
async function buildPackage(architecture: Architecture, folder: string): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), "deb-"));
  try {
    const tree = join(work, "tree");
    mkdirSync(tree);
    const { inputs, depends, executables } =
      architecture === "all" ? await bundles(tree) : await standalone(tree, join(work, "standalone"));
    await putCommon(tree, version, seconds);
    const doc = `usr/share/doc/${PACKAGE}`;
    put(tree, join(doc, "copyright"), copyrightFile(inputs, executables, architecture === "amd64"));
    put(tree, join(doc, "changelog.gz"), gzip(changelog(PACKAGE, debianVersion, seconds)));
    const meant = overrides(PACKAGE, architecture);
    if (meant !== "") put(tree, `usr/share/lintian/overrides/${PACKAGE}`, meant);
    putControl(tree, architecture, depends);
    settle(tree);
    const deb = join(folder, `${PACKAGE}_${debianVersion}_${architecture}.deb`);
    // the lowest level of xz: the highest makes the package a tenth smaller and takes four times as long
    execFileSync("dpkg-deb", ["--root-owner-group", `-Z${compression}`, "-z1", "--build", tree, deb], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, SOURCE_DATE_EPOCH: `${seconds}` },
    });
    return deb;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Content {
  /** Paths of the files in the executables. */
  readonly inputs: readonly string[];
  readonly depends: string;
  /** Patterns of the installed paths of the executables. */
  readonly executables: readonly string[];
}

async function bundles(tree: string): Promise<Content> {
  putBundles(tree, join(root, "dist"));
  return {
    inputs: await bundledFiles(),
    depends: "nodejs (>= 20), adduser",
    executables: programNames().map(installedAs),
  };
}

async function standalone(tree: string, folder: string): Promise<Content> {
  const inputs = await buildStandalone(folder);
  putStandalone(tree, folder);
  return {
    inputs,
    depends: `libc6 (>= ${libcNeeded(join(folder, "monitoring-plugins"))}), adduser`,
    executables: [`usr/lib/${PACKAGE}/*`],
  };
}

function putControl(tree: string, architecture: Architecture, depends: string): void {
  const files = filesBelow(tree).filter((path) => lstatSync(path).isFile());
  const paths = files.map((path) => relative(tree, path)).sort();
  const kilobytes = files.reduce((sum, path) => sum + Math.ceil(lstatSync(path).size / 1024), 0);
  put(
    tree,
    "DEBIAN/control",
    control({ name: PACKAGE, version: debianVersion, architecture, maintainer: maintainer(), depends, kilobytes }),
  );
  const sum = (path: string) =>
    createHash("md5")
      .update(readFileSync(join(tree, path)))
      .digest("hex");
  put(tree, "DEBIAN/md5sums", paths.map((path) => `${sum(path)}  ${path}\n`).join(""));
  const conffiles = paths.filter((path) => path.startsWith("etc/"));
  if (conffiles.length > 0) put(tree, "DEBIAN/conffiles", conffiles.map((path) => `/${path}\n`).join(""));
  for (const name of ["preinst", "postinst", "postrm"] as const) {
    put(tree, `DEBIAN/${name}`, maintainerScript(name));
  }
}

/** Modes that do not depend on the umask of who builds; dpkg-deb does the same for times and owners. */
function settle(tree: string): void {
  const executable = new Set(programNames().map(installedAs));
  for (const path of [...filesBelow(tree), tree]) {
    const stat = lstatSync(path);
    const name = relative(tree, path);
    const runs =
      executable.has(name) || /^DEBIAN\/(?:pre|post)\w+$/.test(name) || /^usr\/lib\/.*\/monitoring-plugins$/.test(name);
    if (!stat.isSymbolicLink()) chmodSync(path, stat.isDirectory() || runs ? 0o755 : 0o644);
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path));
}

const [folder = join(root, "dist/debian"), only, compression = "xz"] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const architecture of ["all", "amd64"] as const) {
  if (only === undefined || only === architecture) console.log(await buildPackage(architecture, resolve(folder)));
}
