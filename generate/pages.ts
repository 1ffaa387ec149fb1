import type { Option, Options } from "monitoring-plugins-ts";

import type { Executable } from "./catalogue.ts";

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

/** `a, b or c` */
const alternatives = (texts: readonly string[]) => texts.join(", ").replace(/, ([^,]*)$/, " or $1");

/**
 * What a check prints, as a table.
 *
 * @throws Error when a declaration names an option that the plugin does not have
 */
export function perfdataTable({ name, options, perfdata }: Executable): string {
  const flag = (key: string) => {
    const [plain = "", value] = key.split(" ");
    const option = options[plain];
    if (option === undefined) throw new Error(`perfdata of ${name}: there is no option '${plain}'`);
    const [first = ""] = option.flags.split(/[ ,]+/);
    return code(value === undefined ? first : `${first} ${value}`);
  };
  const rows = perfdata.map((declared) => {
    const { label, uom = "", meaning, warning, critical, min, max, when, relayed } = declared;
    const thresholds = [
      warning === undefined ? [] : [flag(warning) + (critical === undefined ? " (warning)" : "")],
      critical === undefined ? [] : [flag(critical) + (warning === undefined ? " (critical)" : "")],
    ];
    const bounds = max === undefined ? (min === undefined ? "" : `from ${min}`) : `${min ?? ""} to ${max}`;
    const needed = declared.with === undefined ? [] : [`with ${alternatives(declared.with.map(flag))}`];
    const printed = [...needed, ...(when === undefined ? [] : [when])].join(", ");
    const [unit, levels] = relayed ? ["its own", "its own"] : [uom, thresholds.flat().join(", ")];
    return `| ${[code(label), unit, meaning, levels, bounds, printed].join(" | ")} |`;
  });
  return ["| label | unit | value | thresholds | bounds | printed |", "|---|---|---|---|---|---|", ...rows].join("\n");
}

/** Replaces what stands between `<!-- marker -->` and `<!-- /marker -->`. @throws Error when the page has no such place */
export function fill(page: string, marker: string, content: string): string {
  const [begin, end] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`no ${begin} ... ${end} in the page`);
  return `${before}${begin}\n\n${content}\n\n${end}${after}`;
}
