// What is built, and what it is built from: the same for the bundles, the standalone executable and the packages.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

/** The folder of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @type {string} */
export const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;

/** The names of the executables, sorted. */
export function programNames() {
  const names = readdirSync(join(root, "plugins"));
  return names.filter((name) => existsSync(join(root, "plugins", name, "index.ts"))).sort();
}

/** Whether an executable has a verdict; what is no check is a program for people. */
export const isCheck = (/** @type {string} */ name) => name.startsWith("check_");

/** The paths of all files in the bundles. */
export async function bundledFiles() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: programNames().map((name) => join("plugins", name, "index.ts")),
    outdir: "nowhere",
    bundle: true,
    platform: "node",
    conditions: ["monitoring-plugins-source"],
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  return Object.keys(metafile.inputs);
}

/**
 * The packages that a bundle contains, with the text of their licence; our own library is under the licence of the whole.
 *
 * @param {Iterable<string>} inputs paths of the files bundled
 */
export function packagesIn(inputs) {
  const folders = new Set([...inputs].flatMap((input) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  return [...folders].sort().map((folder) => {
    /** @type {{ name: string, version: string, license: string, homepage?: string }} */
    const { name, version, license, homepage } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file to keep`);
    return { name, version, license, homepage, text: readFileSync(join(root, folder, file), "utf8").trim() };
  });
}

/**
 * The licences of an executable in words: its own, and those of the packages it contains.
 *
 * @param {string} name
 * @param {Iterable<string>} inputs paths of the files bundled
 */
export function licenceNotice(name, inputs) {
  const own = readFileSync(join(root, "LICENSE"), "utf8").trim();
  const packages = packagesIn(inputs).map(
    ({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`,
  );
  return [`${name} ${version} (MIT)\n\n${own}\n`, "It contains:\n", ...packages].join("\n");
}
