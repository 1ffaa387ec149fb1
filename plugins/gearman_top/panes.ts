import { printable } from "monitoring-plugins-ts";
import { nothing } from "./batch.ts";
import type { ScreenState } from "./keys.ts";
import { chooseLayout, headingText, MIN_PANE, nameWidth, numbersText, numbersWidth } from "./layout.ts";
import { type Body, rowStyles, type Scene, troubles } from "./scene.ts";
import { serverTable, statusOf } from "./table.ts";
import { clipLine, fit, fitLine, type Line } from "./terminal/index.ts";
import type { ServerFacts } from "./watch.ts";

/** Between two servers side by side. */
const GAP = 2;

/** A server's line, its headings, and three queues. */
const MIN_PANE_ROWS = 5;

/** The servers side by side, and below each other where the screen is too narrow for that. */
export function panes(state: ScreenState, scene: Scene, height: number): Body {
  const { servers, columns } = scene;
  const across = Math.max(1, Math.min(servers.length, Math.floor((columns + GAP) / (MIN_PANE + GAP))));
  const most = Math.max(1, Math.floor(height / MIN_PANE_ROWS));
  const down = Math.min(Math.ceil(servers.length / across), most);
  const shown = Math.min(servers.length, across * down);
  const left = Math.min(state.left, servers.length - shown);
  const paneColumns = Math.floor((columns - (across - 1) * GAP) / across);
  const paneRows = Math.floor(height / down);

  const drawn = servers.slice(left, left + shown).map((facts) => pane(facts, state, scene, paneColumns, paneRows));
  const lines: Line[] = [];
  for (let first = 0; first < drawn.length; first += across) {
    const beside = drawn.slice(first, first + across);
    for (let y = 0; y < paneRows; y++) {
      lines.push(
        beside.flatMap(({ lines }, x) => [
          ...(x > 0 ? [{ text: " ".repeat(GAP) }] : []),
          ...fitLine(lines[y] ?? [], paneColumns),
        ]),
      );
    }
  }
  const longest = drawn.reduce((most, pane) => (pane.length > most.length ? pane : most));
  return { lines, page: longest.page, top: longest.top, left, length: longest.length, shown };
}

/** One server: what it is, what is wrong with it, its queues. */
function pane(
  facts: ServerFacts,
  state: ScreenState,
  scene: Scene,
  columns: number,
  height: number,
): Omit<Body, "left" | "shown"> {
  const { view, top: wanted } = state;
  const status = statusOf(facts);
  const lines: Line[] = [
    [{ text: facts.server, styles: ["bold"] }, { text: summary(facts) }],
    ...troubles(facts, scene, columns),
  ];
  if (status === undefined)
    return { lines: lines.slice(0, height).map((line) => clipLine(line, columns)), page: 1, top: 0, length: 0 };

  const table = serverTable(facts, view);
  const names = nameWidth(table.rows);
  const layout = chooseLayout(names, columns);
  const name = Math.min(names, columns - 1 - numbersWidth(layout));
  lines.push([{ text: headingText(layout, name, view), styles: ["inverse"] }]);
  const page = Math.max(1, height - lines.length);
  const top = Math.max(0, Math.min(wanted, table.rows.length - page));
  for (const row of table.rows.slice(top, top + page)) {
    const text = ` ${fit(row.name, name)}${numbersText(row, layout)}`;
    lines.push([{ text, styles: rowStyles(row, scene.colour) }]);
  }
  if (table.rows.length === 0) lines.push([{ text: ` ${nothing(table)}`, styles: ["dim"] }]);
  return { lines: lines.slice(0, height).map((line) => clipLine(line, columns)), page, top, length: table.rows.length };
}

function summary(facts: ServerFacts): string {
  const status = statusOf(facts);
  if (status === undefined) return facts.newest === undefined ? "  connecting" : "";
  let [waiting, running] = [0, 0];
  for (const queue of status.queues) {
    waiting += queue.waiting;
    running += queue.running;
  }
  const version = status.version === "" ? "" : `  v${printable(status.version)}`;
  return `${version}  ${status.queues.length} queues  ${waiting} waiting  ${running} running`;
}
