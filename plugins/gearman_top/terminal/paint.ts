import styles from "ansi-styles";

import { columnsOf, fit } from "./width.ts";

/** How a piece of text looks. */
export type Style = "bold" | "dim" | "inverse" | "red" | "yellow";

/** A piece of a line; its text holds no control characters. */
export interface Span {
  readonly text: string;
  readonly styles?: readonly Style[] | undefined;
}

/** One line of a screen. */
export type Line = readonly Span[];

/** The line with its escape codes. */
export function paint(line: Line): string {
  const open = (wanted: readonly Style[]) => wanted.map((style) => styles[style].open).join("");
  const close = (wanted: readonly Style[]) => wanted.map((style) => styles[style].close).join("");
  return line.map(({ text, styles: wanted = [] }) => open(wanted) + text + close(wanted)).join("");
}

/** How many columns a line takes. */
export function lineColumns(line: Line): number {
  return line.reduce((sum, { text }) => sum + columnsOf(text), 0);
}

/** The line cut to `columns` where it is longer. */
export function clipLine(line: Line, columns: number): Line {
  let room = columns;
  return line.flatMap(({ text, styles }) => {
    const width = Math.min(columnsOf(text), room);
    room -= width;
    return width === 0 ? [] : [{ text: fit(text, width), styles }];
  });
}

/** The line cut or filled with blanks to exactly `columns`. */
export function fitLine(line: Line, columns: number): Line {
  const clipped = clipLine(line, columns);
  const rest = columns - lineColumns(clipped);
  return rest > 0 ? [...clipped, { text: " ".repeat(rest) }] : clipped;
}
