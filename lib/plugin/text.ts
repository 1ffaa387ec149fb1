// Controls (C0, DEL, C1), line and paragraph separators, and the marks that turn the direction of writing: none of them
// belongs on an operator's terminal when a server sent it.
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * Text from outside, fit for plugin output: `|` would start the perfdata and becomes `/`, every character that moves a
 * cursor, ends a line or hides becomes `?`. The text is cut to `maxLength` characters, visibly.
 */
export function printable(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  const cut = text.length > maxLength ? `${text.slice(0, Math.max(0, maxLength - 3))}...` : text;
  return cut.replaceAll("|", "/").replace(UNPRINTABLE, "?");
}

/** A number and its thing, in the plural where it belongs: `1 job`, `2 jobs`. */
export const counted = (count: number, thing: string) => `${count} ${thing}${count === 1 ? "" : "s"}`;

/** {@link printable} for the first line, where Nagios and Naemon turn `;` into `:`. */
export function headline(text: string): string {
  return printable(text).replaceAll(";", ",");
}
