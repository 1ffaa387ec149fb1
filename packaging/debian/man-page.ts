import { commonOptions, type Option, type Plugin, withCommonOptions } from "monitoring-plugins-ts";

import { isCheck } from "../programs.mjs";

/** What is common to checks and to programs for people. */
export type Described = Pick<Plugin, "name" | "summary" | "usage" | "options" | "notes">;

/** Checks are started by a daemon, programs by people: man(7) has a section for each. */
export const sectionOf = (name: string): 1 | 8 => (isCheck(name) ? 8 : 1);

/**
 * The man page of a program, in man(7) macros.
 *
 * @param seconds since 1970: the date in its footer
 */
export function manPage(program: Described, version: string, seconds: number): string {
  const { name, summary, usage, notes } = program;
  const date = new Date(seconds * 1000).toISOString().slice(0, 10);
  const title = [name.toUpperCase(), sectionOf(name), date, `monitoring-plugins-distributed ${version}`];
  return [
    `.TH ${title.map((part) => `"${escaped(`${part}`)}"`).join(" ")} "Monitoring plugins"`,
    ".SH NAME",
    `${escaped(name)} \\- ${escaped(summary.replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    `.B ${escaped(name)}`,
    line(usage),
    ".SH DESCRIPTION",
    line(summary),
    ".SH OPTIONS",
    ...optionLines(program),
    ...(notes === undefined ? [] : [".SH NOTES", ".nf", ...notes.trim().split("\n").map(line), ".fi"]),
    ...(isCheck(name) ? EXIT_STATUS : []),
    ".SH SEE ALSO",
    `Pages with reasons and examples: /usr/share/doc/monitoring\\-plugins\\-distributed/docs/`,
    "",
  ].join("\n");
}

const EXIT_STATUS = [
  ".SH EXIT STATUS",
  ...[
    ["0", "OK"],
    ["1", "WARNING"],
    ["2", "CRITICAL"],
    ["3", "UNKNOWN; also after a wrong option, \\-\\-help and \\-\\-version"],
  ].flatMap(([code, state]) => [".TP", `.B ${code}`, state ?? ""]),
];

function optionLines(program: Described): readonly string[] {
  const { version, help } = commonOptions;
  const options = isCheck(program.name)
    ? withCommonOptions(program as Plugin).options
    : { ...program.options, version, help };
  const sections = new Map<string, Option<unknown>[]>();
  for (const option of Object.values(options)) {
    const section = option.section ?? "";
    sections.set(section, [...(sections.get(section) ?? []), option]);
  }
  return [...sections].flatMap(([section, members]) => [
    ...(section === "" ? [] : [`.SS ${escaped(section)}`]),
    ...members.flatMap((option) => [".TP", flags(option.flags), line(meaning(option))]),
  ]);
}

/** Options bold, the placeholder of the value in italics. */
function flags(text: string): string {
  const words = escaped(text).replaceAll(/<[^>]*>/g, (value) => `\\fI${value}\\fR`);
  return words.replaceAll(/(^|[ ,])((?:\\-)+[^ ,]+)/g, "$1\\fB$2\\fR");
}

const meaning = ({ help, default: text }: Option<unknown>) =>
  text === undefined ? help : `${help} (default: ${text})`;

/** One line of text, which must not be taken for a request. */
const line = (text: string) => escaped(text).replace(/^(?=[.'])/, "\\&");

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
  '"': "\\(dq",
};

/** These would otherwise come out as another character than can be typed, or as an escape. */
const escaped = (text: string) => text.replaceAll(/[\\\-'`^~"]/g, (char) => ESCAPES[char] ?? char);
