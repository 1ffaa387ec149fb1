import { counted, printable, Status, statusName, worst } from "monitoring-plugins-ts";
import {
  type Counts,
  failureOf,
  mergedTable,
  type Row,
  serverTable,
  statusOf,
  type Table,
  type View,
} from "./table.ts";
import { columnsOf, fit } from "./terminal/index.ts";
import type { ServerFacts } from "./watch.ts";

/** What plain output shows of one round of answers. */
export interface Round {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly servers: readonly ServerFacts[];
  readonly view: View;
  /** One table for all servers. */
  readonly merge: boolean;
  /** Say how long the servers took. */
  readonly verbose: boolean;
}

/** Width of the first column at least, and at most: names may have 8192 bytes. */
const MIN_NAME = 12;
const MAX_NAME = 200;

/** The round as Mod-Gearman's gearman_top prints it. */
export function formatText(round: Round): string {
  if (round.merge) return mergedText(round);
  return round.servers.map((facts) => serverText(facts, round)).join("\n");
}

/** The exit code of a round: the worst of what kept servers from answering, 0 when all did. */
export function exitCode(servers: readonly ServerFacts[]): number {
  return worst(servers.map((facts) => failureOf(facts)?.status ?? Status.OK));
}

/** The date and time here, as people write it. */
export function localTime(time: number): string {
  const date = new Date(time);
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Lines that stand between the queues of an answer, in words; empty when there are none. */
export function oddLines({ oddCount }: { readonly oddCount: number }): string {
  if (oddCount === 0) return "";
  return `${oddCount} line${oddCount === 1 ? " belongs" : "s belong"} to no queue: has a name a line feed?`;
}

/** What to say in place of a table without lines. */
export function nothing({ hidden }: Pick<Table, "hidden">): string {
  return hidden === 0 ? "no queues found" : `no queues to show, ${hidden} hidden`;
}

function serverText(facts: ServerFacts, { time, view, verbose }: Round): string {
  const status = statusOf(facts);
  const version = status === undefined || status.version === "" ? "" : `  -  v${printable(status.version)}`;
  const took =
    verbose && status !== undefined ? `  -  ${status.queues.length} queues in ${status.seconds.toFixed(3)} s` : "";
  const lines = [`${localTime(time)}  -  ${facts.server}${version}${took}`, ""];
  const failure = failureOf(facts);
  if (failure !== undefined) return block([...lines, ` ${printable(failure.message)}`]);

  const table = serverTable(facts, view);
  const width = nameWidth(table.rows);
  const number = (n: number, columns: number) => String(n).padStart(columns);
  const rule = "-".repeat(width + 51);
  lines.push(` ${fit("Queue Name", width)} | Worker Available | Jobs Waiting | Jobs Running`, rule);
  for (const { name, worker, waiting, running } of table.rows) {
    lines.push(` ${fit(name, width)} |${number(worker, 16)}  |${number(waiting, 12)}  |${number(running, 12)} `);
  }
  if (table.rows.length === 0) lines.push(`${" ".repeat(width + 25)}${nothing(table)}`);
  lines.push(rule);
  const odd = status === undefined ? "" : oddLines(status);
  if (odd !== "") lines.push(` ${odd}`);
  return block(lines);
}

/** Room for worker, waiting and running of one server. */
const CELL = 26;

function mergedText({ time, servers, view }: Round): string {
  const table = mergedTable(servers, view);
  const width = nameWidth(table.rows);
  const lines = [`${localTime(time)}  -  ${counted(servers.length, "server")}`, ""];
  for (const facts of servers) {
    const failure = failureOf(facts);
    const status = statusOf(facts);
    const odd = status === undefined ? "" : oddLines(status);
    if (failure !== undefined) lines.push(` ${facts.server}: ${printable(failure.message)}`);
    if (odd !== "") lines.push(` ${facts.server}: ${odd}`);
  }
  if (lines.length > 2) lines.push("");

  const groups = ["All Servers", ...servers.map(({ server }) => server)];
  const row = (first: string, cells: readonly string[]) => ` ${[fit(first, width), ...cells].join(" | ")}`.trimEnd();
  const head = `${"Worker".padStart(8)}${"Waiting".padStart(9)}${"Running".padStart(9)}`;
  const rule = "-".repeat(width + 2 + groups.length * (CELL + 3));
  lines.push(
    row(
      "",
      groups.map((group) => fit(group, CELL)),
    ),
  );
  lines.push(
    row(
      "Queue Name",
      groups.map(() => head),
    ),
    rule,
  );
  for (const { name, servers: each = [], ...total } of table.rows) {
    const cells = each.map((counts, index) => cell(counts, servers[index]));
    lines.push(row(name, [cell(total), ...cells]));
  }
  if (table.rows.length === 0) lines.push(`${" ".repeat(width + 3)}${nothing(table)}`);
  lines.push(rule);
  return block(lines);
}

/** `-`: the server has no such queue; `?`: it did not answer. */
function cell(counts: Counts | undefined, facts?: ServerFacts): string {
  if (counts === undefined) return (facts !== undefined && failureOf(facts) !== undefined ? "?" : "-").padStart(CELL);
  const { worker, waiting, running } = counts;
  return `${String(worker).padStart(8)}${String(waiting).padStart(9)}${String(running).padStart(9)}`;
}

/** The round as one line of JSON, for scripts. */
export function formatJson({ time, servers, view, merge }: Round): string {
  const document = {
    time: new Date(time).toISOString(),
    servers: servers.map((facts) => ({
      server: facts.server,
      ...serverJson(facts),
      ...(merge ? {} : { queues: serverTable(facts, view).rows.map(rowJson) }),
    })),
    ...(merge
      ? {
          queues: mergedTable(servers, view).rows.map((row) => ({
            ...rowJson(row),
            servers: row.servers?.map((counts) => (counts === undefined ? null : countsJson(counts))),
          })),
        }
      : {}),
  };
  return `${harmless(JSON.stringify(document))}\n`;
}

function serverJson(facts: ServerFacts) {
  const status = statusOf(facts);
  return {
    error: failureOf(facts)?.message ?? null,
    version: status?.version ?? null,
    seconds: status === undefined ? null : Number(status.seconds.toFixed(6)),
    odd_lines: status?.oddCount ?? null,
  };
}

function rowJson({ key, name: _, servers: __, ...counts }: Row) {
  return { name: Buffer.from(key, "latin1").toString("utf8"), ...countsJson(counts) };
}

function countsJson({ worker, waiting, running, waitingRate, runningRate, status }: Counts) {
  const rate = (value: number | undefined) => (value === undefined ? null : Number(value.toFixed(3)));
  return {
    worker,
    waiting,
    running,
    waiting_per_second: rate(waitingRate),
    running_per_second: rate(runningRate),
    state: statusName(status),
  };
}

/** JSON leaves characters alone that move a cursor or turn the direction of writing; escaped they mean the same. */
function harmless(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function nameWidth(rows: readonly Row[]): number {
  let width = MIN_NAME;
  for (const { name } of rows) width = Math.max(width, columnsOf(name));
  return Math.min(width, MAX_NAME);
}

const block = (lines: readonly string[]) => `${lines.join("\n")}\n`;
