// Fills the generated parts of the pages from the one declaration of options each plugin has:
//   node --import tsx --conditions=source docs/generate.ts [--check]
// With --check nothing is written, and the exit code says whether a page is out of date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { type Option, type Plugin, type Program, withCommonOptions, withProgramOptions } from "monitoring-plugins-ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes("--check");

/** Markdown has its own idea of these. */
const escaped = (text: string) => text.replace(/[|<>*_~[\]\\]/g, (char) => (char === "|" ? "\\|" : `\\${char}`));

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;

function optionTable(plugin: Plugin | Program): string {
  const { options } = "check" in plugin ? withCommonOptions(plugin) : withProgramOptions(plugin);
  const sections = new Map<string, Option<unknown>[]>();
  for (const option of Object.values<Option<unknown>>(options)) {
    const section = option.section ?? "Options";
    sections.set(section, [...(sections.get(section) ?? []), option]);
  }
  return [...sections]
    .map(([section, options]) => {
      const rows = options.map((option) => {
        const repeatable = option.kind === "list" && !/repeatable/i.test(option.help) ? " Repeatable." : "";
        return `| ${code(option.flags)} | ${escaped(option.help)}${repeatable} | ${option.default === undefined ? "" : code(option.default)} |`;
      });
      return [`**${escaped(section)}**`, "", "| option | meaning | default |", "|---|---|---|", ...rows].join("\n");
    })
    .join("\n\n");
}

function fill(page: string, marker: string, content: string): string {
  const [begin, end] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`no ${begin} ... ${end} in the page`);
  return `${before}${begin}\n\n${content}\n\n${end}${after}`;
}

let stale = 0;
for (const name of readdirSync(join(root, "plugins")).sort()) {
  const source = join(root, "plugins", name, "index.ts");
  if (!existsSync(source)) continue;
  const { default: plugin } = (await import(pathToFileURL(source).href)) as { default: Plugin | Program };
  const path = join(root, "docs", `${name}.md`);
  const page = readFileSync(path, "utf8");
  const filled = fill(page, "options", optionTable(plugin));
  if (filled === page) continue;
  stale++;
  if (check) console.error(`docs/${name}.md is out of date: npm run generate`);
  else writeFileSync(path, filled);
}
if (check && stale > 0) process.exit(1);
