import { isPlainLabel, type Metric } from "./metric.ts";

type Names = Readonly<Record<string, string | undefined>>;

interface Printing {
  metric(value: number, names: Names): Metric;
  item(value: number, names: Names): string | undefined;
}

/** A quantity, the same of each row or one for it, and where a row has its value. */
export interface Column<Row> {
  readonly gauge: Printing | ((row: Row) => Printing);
  readonly value: (row: Row) => number;
}

/** The same quantities of each row, in the order of printing. Lazy: 100,000 queues never exist as metrics. */
export class Series<Row> implements Iterable<Metric> {
  readonly #rows: Iterable<Row>;
  readonly #names: (row: Row) => Names;
  readonly #columns: readonly Column<Row>[];

  /** @param names what fills the placeholders of the labels, each made by `safeLabel` where it comes from data */
  constructor(rows: Iterable<Row>, names: (row: Row) => Names, columns: readonly Column<Row>[]) {
    this.#rows = rows;
    this.#names = names;
    this.#columns = columns;
  }

  *[Symbol.iterator](): Iterator<Metric> {
    for (const row of this.#rows) yield* this.#metrics(row, this.#names(row));
  }

  /** The same for printing: one text of all items of a row, which costs a third, or the metrics of a row with anything odd. */
  *printed(): Iterable<string | Metric> {
    for (const row of this.#rows) {
      const names = this.#names(row);
      const text = this.#text(row, names);
      if (text === undefined) yield* this.#metrics(row, names);
      else yield text;
    }
  }

  #text(row: Row, names: Names): string | undefined {
    for (const key in names) if (!isPlainLabel(names[key] ?? "")) return undefined;
    let text = "";
    for (const { gauge, value } of this.#columns) {
      const item = of(gauge, row).item(value(row), names);
      if (item === undefined) return undefined;
      if (item !== "") text += text === "" ? item : ` ${item}`;
    }
    return text;
  }

  *#metrics(row: Row, names: Names): Iterable<Metric> {
    for (const { gauge, value } of this.#columns) yield of(gauge, row).metric(value(row), names);
  }
}

const of = <Row>(gauge: Column<Row>["gauge"], row: Row): Printing => (typeof gauge === "function" ? gauge(row) : gauge);
