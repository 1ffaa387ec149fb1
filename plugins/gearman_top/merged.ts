import { nothing } from "./batch.ts";
import type { ScreenState } from "./keys.ts";
import {
  headingText,
  type Layout,
  NARROW,
  nameWidth,
  numberHeadings,
  numbersText,
  numbersWidth,
  SHORT,
} from "./layout.ts";
import { type Body, rowStyles, type Scene, troubles } from "./scene.ts";
import { type Counts, failureOf, mergedTable } from "./table.ts";
import { clipLine, fit, type Line, type Span } from "./terminal/index.ts";
import type { ServerFacts } from "./watch.ts";

const SEPARATOR = " |";

/** Names are cut to so many columns where that gives room to another server. */
const GOOD_NAME = 20;

const SERVER_WIDTH = SEPARATOR.length + numbersWidth(NARROW);

/** One line a queue: the sums of all servers, then each server's own numbers. */
export function merged(state: ScreenState, scene: Scene, height: number): Body {
  const { servers, columns, colour } = scene;
  const table = mergedTable(servers, state.view);
  const longest = nameWidth(table.rows);
  const sums = chooseSums(longest, servers.length, columns);
  const room = columns - 1 - numbersWidth(sums);
  const shown = clamp(Math.floor((room - Math.min(longest, GOOD_NAME)) / SERVER_WIDTH), 1, servers.length);
  const name = clamp(room - shown * SERVER_WIDTH, 1, longest);
  const left = Math.min(state.left, servers.length - shown);
  const visible = servers.slice(left, left + shown);

  const lines: Line[] = servers.flatMap((facts) => troubles(facts, scene, columns, `${facts.server}: `));
  const titles = visible.map(({ server }) => `${SEPARATOR} ${fit(server, SERVER_WIDTH - SEPARATOR.length - 1)}`);
  const headings = visible.map(() => SEPARATOR + numberHeadings(NARROW));
  const all = fit("   All Servers", numbersWidth(sums));
  lines.push([{ text: ` ${" ".repeat(name)}${all}${titles.join("")}`, styles: ["bold"] }]);
  lines.push([{ text: headingText(sums, name, state.view) + headings.join(""), styles: ["inverse"] }]);

  const page = Math.max(1, height - lines.length);
  const top = Math.max(0, Math.min(state.top, table.rows.length - page));
  for (const row of table.rows.slice(top, top + page)) {
    const cells = visible.map((facts, index) => cell(row.servers?.[left + index], facts, colour));
    lines.push([
      { text: ` ${fit(row.name, name)}${numbersText(row, sums)}`, styles: rowStyles(row, colour) },
      ...cells.flat(),
    ]);
  }
  if (table.rows.length === 0) lines.push([{ text: ` ${nothing(table)}`, styles: ["dim"] }]);
  return { lines: lines.map((line) => clipLine(line, columns)), page, top, left, length: table.rows.length, shown };
}

/** The sums have their rates as well where that costs no server its place. */
function chooseSums(longest: number, servers: number, columns: number): Layout {
  const needed = 1 + longest + numbersWidth(SHORT) + servers * SERVER_WIDTH;
  return needed <= columns ? SHORT : NARROW;
}

/** `-`: the server has no such queue; `?`: it did not answer. */
function cell(counts: Counts | undefined, facts: ServerFacts, colour: boolean): readonly Span[] {
  if (counts === undefined) {
    const text = failureOf(facts) === undefined ? "-" : "?";
    return [{ text: SEPARATOR + fit(text, SERVER_WIDTH - SEPARATOR.length, "right") }];
  }
  return [{ text: SEPARATOR }, { text: numbersText(counts, NARROW), styles: rowStyles(counts, colour) }];
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(value, most));
