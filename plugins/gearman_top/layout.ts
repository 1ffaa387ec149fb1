import type { Column, Counts, Row, View } from "./table.ts";
import { columnsOf, fit } from "./terminal/index.ts";

/** A column of numbers on the screen. */
interface NumberColumn {
  readonly column: Exclude<Column, "name">;
  readonly heading: string;
  readonly width: number;
}

/** The columns for a certain width. */
export interface Layout {
  readonly numbers: readonly NumberColumn[];
  readonly separator: " | " | " ";
}

/** Name columns are at least that wide, and short names leave it at that. */
const MIN_NAME = 12;

/** A layout is taken only when so much is left for names. */
const GOOD_NAME = 20;

const number = (column: NumberColumn["column"], heading: string, width: number): NumberColumn => ({
  column,
  heading,
  width,
});

/** Worker, waiting and running come first. */
const NUMBERS_WITHOUT_RATES = 3;

/** As Mod-Gearman's gearman_top has them, and how fast they change. */
const LONG: Layout = {
  numbers: [
    number("worker", "Worker Available", 16),
    number("waiting", "Jobs Waiting", 12),
    number("running", "Jobs Running", 12),
    number("waiting/s", "Waiting/s", 9),
    number("running/s", "Running/s", 9),
  ],
  separator: " | ",
};

/** The same in fewer columns of the screen; the sums of a merged table, too. */
export const SHORT: Layout = {
  numbers: [
    number("worker", "Worker", 7),
    number("waiting", "Waiting", 8),
    number("running", "Running", 8),
    number("waiting/s", "Waiting/s", 9),
    number("running/s", "Running/s", 9),
  ],
  separator: " | ",
};

/** One server's numbers, and the sums, in a merged table. */
export const NARROW: Layout = { numbers: SHORT.numbers.slice(0, NUMBERS_WITHOUT_RATES), separator: " " };

/** A pane of this width has room for the narrowest layout and a short name. */
export const MIN_PANE = 38;

/** The layout for rows on this many columns of the screen. */
export function chooseLayout(names: number, columns: number): Layout {
  const fits = (layout: Layout, name: number) => 1 + name + numbersWidth(layout) <= columns;
  return (
    [LONG, SHORT].find((layout) => fits(layout, names)) ??
    [LONG, SHORT].find((layout) => fits(layout, Math.min(names, GOOD_NAME))) ??
    NARROW
  );
}

/** The columns that a layout's numbers take, separators included. */
export function numbersWidth({ numbers, separator }: Layout): number {
  return numbers.reduce((sum, { width }) => sum + separator.length + width, 0);
}

/** Width of the longest name. */
export function nameWidth(rows: readonly Row[]): number {
  let width = MIN_NAME;
  for (const { name } of rows) width = Math.max(width, columnsOf(name));
  return width;
}

/** Mark in front of the heading that is sorted by: the largest or the last letter comes first, or the smallest. */
function mark(column: Column, { sort, reverse }: View): string {
  if (column !== sort) return " ";
  return (sort === "name") === reverse ? "v" : "^";
}

/** The line of headings. */
export function headingText(layout: Layout, name: number, view: View): string {
  return mark("name", view) + fit("Queue Name", name) + numberHeadings(layout, view);
}

/** The headings of numbers, each behind a separator; `view` unless they are not what the table is sorted by. */
export function numberHeadings({ numbers, separator }: Layout, view?: View): string {
  return numbers
    .map(({ column, heading, width }) => {
      const sorted = view === undefined ? " " : mark(column, view);
      return separator.slice(0, -1) + sorted + fit(heading, width, "right");
    })
    .join("");
}

/** The numbers of a queue, each behind a separator. */
export function numbersText(counts: Counts, { numbers, separator }: Layout): string {
  return numbers.map((column) => separator + fit(formatNumber(counts, column), column.width, "right")).join("");
}

function formatNumber(counts: Counts, { column, width }: NumberColumn): string {
  if (column === "waiting/s") return formatRate(counts.waitingRate);
  if (column === "running/s") return formatRate(counts.runningRate);
  return formatCount(counts[column], width);
}

/** A number that has to be cut would be another number; so thousands of thousands are counted instead. */
export function formatCount(count: number, width: number): string {
  const exact = String(count);
  if (exact.length <= width) return exact;
  const [unit, size] = count >= 1e12 ? ["T", 1e12] : count >= 1e9 ? ["G", 1e9] : ["M", 1e6];
  return `${(count / size).toFixed(1)}${unit}`;
}

/** With its sign, since it is a change; blank while it is unknown. */
export function formatRate(rate: number | undefined): string {
  if (rate === undefined) return "";
  const size = Math.abs(rate);
  const text = size >= 1e7 ? `${(size / 1e6).toFixed(0)}M` : size >= 1000 ? size.toFixed(0) : size.toFixed(1);
  return Number(text) === 0 ? "0.0" : `${rate < 0 ? "-" : "+"}${text}`;
}
