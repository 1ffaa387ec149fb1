import type { Option, Options } from "monitoring-plugins-ts";

/** Markdown has its own idea of these. */
const escaped = (text: string) => text.replace(/[|<>*_~[\]\\]/g, (char) => (char === "|" ? "\\|" : `\\${char}`));

const code = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;

/** What `--help` says about options, as tables. */
export function optionTable(options: Options): string {
  const sections = new Map<string, Option<unknown>[]>();
  for (const option of Object.values(options)) {
    const section = option.section ?? "Options";
    sections.set(section, [...(sections.get(section) ?? []), option]);
  }
  return [...sections]
    .map(([section, listed]) => {
      const rows = listed.map((option) => {
        const repeatable = option.kind === "list" && !/repeatable/i.test(option.help) ? " Repeatable." : "";
        return `| ${code(option.flags)} | ${escaped(option.help)}${repeatable} | ${option.default === undefined ? "" : code(option.default)} |`;
      });
      return [`**${escaped(section)}**`, "", "| option | meaning | default |", "|---|---|---|", ...rows].join("\n");
    })
    .join("\n\n");
}

/** Replaces what stands between `<!-- marker -->` and `<!-- /marker -->`. @throws Error when the page has no such place */
export function fill(page: string, marker: string, content: string): string {
  const [begin, end] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`no ${begin} ... ${end} in the page`);
  return `${before}${begin}\n\n${content}\n\n${end}${after}`;
}
