import stringWidth from "string-width";

/** Printable ASCII is as wide as it is long; that is nearly every queue's name. */
const ASCII = /^[\x20-\x7e]*$/;

/** What stands for the rest of a text that was cut; ASCII, for terminals that know nothing else. */
const CUT = "~";

/** How many columns of a terminal a text takes: wide characters have two, combining ones none. */
export function columnsOf(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

/** The text, cut visibly or filled with blanks to exactly `columns`. */
export function fit(text: string, columns: number, align: "left" | "right" = "left"): string {
  if (columns <= 0) return "";
  const shown = columnsOf(text) <= columns ? text : cut(text, columns - 1) + CUT;
  // one column may be left over where a wide character had no room
  const blanks = " ".repeat(Math.max(0, columns - columnsOf(shown)));
  return align === "left" ? shown + blanks : blanks + shown;
}

/** As much of the text as takes no more than `columns`, never half a character. */
function cut(text: string, columns: number): string {
  if (ASCII.test(text)) return text.slice(0, columns);
  let end = 0;
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    end += segment.length;
  }
  return text.slice(0, end);
}

/** Lines of at most `columns`: between words where possible, a longer word is cut. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const isRoom = last !== undefined && columnsOf(last) + 1 + columnsOf(word) <= columns;
    if (isRoom) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(columnsOf(word) <= columns ? word : fit(word, columns));
  }
  return lines;
}
