import { localTime } from "./batch.ts";
import { KEYS, type ScreenState } from "./keys.ts";
import { merged } from "./merged.ts";
import { panes } from "./panes.ts";
import type { Body, Scene } from "./scene.ts";
import { clipLine, fit, type Line } from "./terminal/index.ts";

/** What fits on the screen. */
export type Picture = Pick<Body, "lines" | "page" | "top" | "left">;

/** The whole screen, at most as large as it is. */
export function render(state: ScreenState, scene: Scene): Picture {
  const { columns, rows } = scene;
  const height = Math.max(1, rows - 2);
  const body = state.help ? help(state) : (state.merge ? merged : panes)(state, scene, height);
  const lines = [titleLine(state, scene), ...body.lines.slice(0, height)];
  while (lines.length < rows - 1) lines.push([]);
  lines.push(footerLine(body, scene));
  return { ...body, lines: lines.slice(0, rows).map((line) => clipLine(line, columns)) };
}

function titleLine({ view, merge }: ScreenState, { time, interval, servers }: Scene): Line {
  const order =
    view.sort === "name" ? (view.reverse ? "Z first" : "A first") : view.reverse ? "least first" : "most first";
  const parts = [localTime(time), `every ${interval} s`, `by ${view.sort}, ${order}`];
  if (view.hideIdle) parts.push("idle hidden");
  if (merge && servers.length > 1) parts.push("merged");
  return [{ text: "gearman_top", styles: ["bold"] }, { text: `  ${parts.join("  ")}` }];
}

function footerLine({ page, top, left, length, shown }: Body, { servers, columns }: Scene): Line {
  const parts = [];
  if (length > page) parts.push(`queues ${top + 1}-${Math.min(top + page, length)} of ${length}`);
  if (shown < servers.length) parts.push(`servers ${left + 1}-${left + shown} of ${servers.length}`);
  const position = parts.map((part) => `${part}   `).join("");
  const keys = "q quit  ? help  < > sort  r reverse  i idle  m merge";
  return [{ text: fit(` ${position}${keys}`, columns), styles: ["inverse"] }];
}

function help({ top, left }: ScreenState): Body {
  const width = Math.max(...KEYS.map(([keys]) => keys.length));
  const lines = KEYS.map(
    ([keys, meaning]): Line => [{ text: ` ${keys.padEnd(width)}`, styles: ["bold"] }, { text: `  ${meaning}` }],
  );
  return { lines: [[], ...lines], page: 1, top, left, length: 0, shown: Number.POSITIVE_INFINITY };
}
