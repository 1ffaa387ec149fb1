import { isPlainLabel, type Metric } from "./metric.ts";

type Names = Readonly<Record<string, string | undefined>>;

interface Printing {
  metric(value: number, names: Names): Metric;
  around(names: Names, open: string): Frame | undefined;
}

/** An item of perfdata without its name and its value: what stands before, between and behind them. */
export type Frame = readonly [before: string, between: string, behind: string];

/** A quantity, the same of each row or one for it, and where a row has its value. */
export interface Column<Row> {
  readonly gauge: Printing | ((row: Row) => Printing);
  readonly value: (row: Row) => number;
}

/** What fills the placeholders of the labels, each made by `safeLabel` where it comes from data. */
export interface RowNames<Row> {
  /** Those that all rows have in common. */
  readonly common?: Names;
  /** The placeholder that each row fills itself. */
  readonly open: string;
  readonly of: (row: Row) => string;
}

/** So many characters are handed out at once: enough to save most calls, few enough to be gone before the next ones are made. */
const LONG = 4096;

/** The same quantities of each row, in the order of printing. Lazy: 100,000 queues never exist as metrics. */
export class Series<Row> implements Iterable<Metric> {
  readonly #rows: Iterable<Row>;
  readonly #names: RowNames<Row>;
  readonly #columns: readonly Column<Row>[];

  constructor(rows: Iterable<Row>, names: RowNames<Row>, columns: readonly Column<Row>[]) {
    this.#rows = rows;
    this.#names = names;
    this.#columns = columns;
  }

  *[Symbol.iterator](): Iterator<Metric> {
    for (const row of this.#rows) yield* this.#metrics(row);
  }

  /**
   * The same for printing: texts of the items of many rows, and the metrics of a row with anything odd. One loop that calls next to nothing: to make
   * a function faster costs V8 as much as it takes to print a thousand rows.
   */
  *printed(): Iterable<string | Metric> {
    const { common = {}, open, of } = this.#names;
    const columns = this.#columns.map(({ gauge, value }) => ({
      gauge,
      value,
      last: undefined as Printing | undefined,
      frame: undefined as Frame | undefined,
    }));
    let text = "";
    for (const row of this.#rows) {
      const name = of(row);
      let items = isPlainLabel(name) ? "" : undefined;
      for (let at = 0; at < columns.length && items !== undefined; at++) {
        const column = columns[at] as (typeof columns)[number];
        const gauge = typeof column.gauge === "function" ? column.gauge(row) : column.gauge;
        if (gauge !== column.last) {
          column.last = gauge;
          column.frame = gauge.around(common, open);
        }
        const value = column.value(row);
        const { frame } = column;
        if (frame !== undefined && Number.isSafeInteger(value)) items += frame[0] + name + frame[1] + value + frame[2];
        // one that is not known is not printed
        else if (frame === undefined || Number.isFinite(value)) items = undefined;
      }
      if (items !== undefined) text += items;
      if (text.length < LONG && items !== undefined) continue;
      if (text !== "") yield text.slice(1);
      text = "";
      if (items === undefined) yield* this.#metrics(row);
    }
    if (text !== "") yield text.slice(1);
  }

  *#metrics(row: Row): Iterable<Metric> {
    const { common, open, of } = this.#names;
    const names = { ...common, [open]: of(row) };
    for (const { gauge, value } of this.#columns) {
      yield (typeof gauge === "function" ? gauge(row) : gauge).metric(value(row), names);
    }
  }
}
