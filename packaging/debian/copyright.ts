import { readFileSync } from "node:fs";
import { join } from "node:path";

import { BUN_LICENCE } from "../bun.mjs";
import { packagesIn, root } from "../programs.mjs";

/** One package inside of an executable. */
interface Bundled {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly homepage?: string | undefined;
  readonly text: string;
}

/**
 * The copyright file of a Debian package, in Debian's machine-readable form (DEP-5).
 *
 * @param inputs paths of the files in the executables
 * @param executables patterns of their installed paths
 * @param withBun whether bun is a part of them
 */
export function copyrightFile(inputs: readonly string[], executables: readonly string[], withBun: boolean): string {
  const own = { name: "", license: "MIT", text: readFileSync(join(root, "LICENSE"), "utf8") };
  const bundled: readonly Bundled[] = packagesIn(inputs);
  const licences = new Map<string, string>();
  for (const { name, license, text } of [own, ...bundled]) {
    const id = debianName(license);
    const terms = COMMON.includes(id) ? common(id) : withoutHolders(text);
    const known = licences.get(id);
    // the same terms in other words are other terms
    licences.set(known === undefined || words(known) === words(terms) ? id : `${id}-${name}`, terms);
  }
  const idOf = ({ name, license }: Bundled) => {
    const id = debianName(license);
    return licences.has(`${id}-${name}`) ? `${id}-${name}` : id;
  };
  const holders = [
    ...holdersIn(own.text),
    ...bundled.flatMap(({ name, text }) => holdersIn(text).map((holder) => `${holder} (${name})`)),
    ...(withBun ? ["the authors of bun (https://github.com/oven-sh/bun) and of the libraries in it"] : []),
  ];
  const ids = [...new Set(["Expat", ...bundled.map(idOf), ...(withBun ? Object.keys(BUN_LICENCES) : [])])];
  const texts = new Map([...licences, ...(withBun ? Object.entries(BUN_LICENCES) : [])]);
  const packages = bundled.map(({ name, version, homepage }) => `${name} ${version} ${homepage ?? ""}`.trim());
  const paragraphs = [
    [
      ["Format", "https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"],
      ["Upstream-Name", "monitoring-plugins-distributed"],
      ["Source", "the repository of monitoring-plugins-distributed"],
    ],
    [
      ["Files", "*"],
      ["Copyright", holdersIn(own.text).join("\n")],
      ["License", "Expat"],
    ],
    [
      ["Files", executables.join(" ")],
      ["Copyright", holders.join("\n")],
      ["License", ids.join(" and ")],
      ["Comment", ["They contain:", ...packages, ...(withBun ? [BUN_LICENCE] : [])].join("\n")],
    ],
    ...[...texts].map(([id, text]) => [["License", `${id}\n${text}`]]),
  ];
  return paragraphs.map((fields) => fields.map(([name = "", value = ""]) => field(name, value)).join("")).join("\n");
}

/** Whose texts every Debian has, so that no package may bring them. */
const COMMON: readonly string[] = ["LGPL-2", "LGPL-2.1", "Apache-2.0"];

const common = (id: string) => `The text is in /usr/share/common-licenses/${id} on Debian systems.`;

const BUN_LICENCES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(COMMON.map((id) => [id, common(id)])),
  "bun-libraries": "Each library in bun has its own: see the comment above, which says where its text is.",
};

/** A field of a control file: further lines are indented, empty ones are a dot. */
function field(name: string, value: string): string {
  const [first = "", ...rest] = value.trimEnd().split("\n");
  return [`${name}: ${first}`, ...rest.map((line) => ` ${line.trim() === "" ? "." : line}`), ""].join("\n");
}

const debianName = (spdx: string) => (spdx === "MIT" ? "Expat" : spdx);

const HOLDER = /^[ \t]*copyright (?=\(c\)|©|\d)(?:\(c\) |© )?(.*)$/gim;

const holdersIn = (text: string) => [...text.matchAll(HOLDER)].map(([, holder = ""]) => holder.trim());

/** The terms alone, without title and holders, which differ from package to package. */
const withoutHolders = (text: string) =>
  text
    .replaceAll(HOLDER, "")
    .replace(/^\s*\(?(?:the )?mit license\)?\s*$/im, "")
    .trim();

const words = (text: string) => text.replaceAll(/\s+/g, " ").replaceAll("'", '"').trim();
