/** A `GET` on one table. */
export interface Query {
  readonly table: string;
  /** Columns to list; empty with `stats`. */
  readonly columns?: readonly string[];
  /** Conditions such as `host_name = web1`; rows that meet all of them. */
  readonly filters?: readonly string[];
  /** Aggregations such as `max last_check`. */
  readonly stats?: readonly string[];
}

/**
 * The text of a query that every Livestatus server understands.
 *
 * `ResponseHeader` comes first, since Icinga sends no error at all while it has not seen it. JSON is the one format that is
 * right everywhere. `KeepAlive` is on, because a proxy that hands the text on would have its channel closed otherwise; the
 * client closes after the answer.
 */
export function formatQuery({ table, columns = [], filters = [], stats = [] }: Query): string {
  const lines = [`GET ${table}`, "ResponseHeader: fixed16", "OutputFormat: json", "KeepAlive: on"];
  if (columns.length > 0) lines.push(`Columns: ${columns.join(" ")}`);
  for (const condition of filters) lines.push(`Filter: ${condition}`);
  for (const expression of stats) lines.push(`Stats: ${expression}`);
  // a line feed within a line would begin another header, or end the query
  return `${lines.map((line) => line.replace(/[\r\n]/g, "")).join("\n")}\n\n`;
}
