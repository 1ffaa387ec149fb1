// Draws the pictures of gearman_top from its real screen, run in a real terminal (tmux) against real job servers:
//   npm run build && node --import tsx --conditions=monitoring-plugins-source plugins/gearman_top/pictures.ts
// By hand, when the screen has changed: the pictures hold times and ports, so no two runs are alike.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Stage } from "#demo/stage.ts";
import { fillQueue, registerQueues, startWorkers } from "#test/servers/gearman-worker.ts";
import { startGearmand } from "#test/servers/gearmand.ts";
import { Tmux, type Window } from "#test/support/tmux.ts";

const folder = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));

/** Size of a character in the pictures, in pixels. */
const [WIDTH, HEIGHT, FONT] = [8.43, 18, 14];

const [INK, PAPER] = ["#d8dee9", "#1d2129"];
const COLOURS: Readonly<Record<string, string>> = { "31": "#ff6b6b", "33": "#f2c14e" };

interface Look {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
  readonly colour: string;
}

const PLAIN: Look = { bold: false, dim: false, inverse: false, colour: INK };

/** One code of an escape sequence that sets graphic rendition. */
function apply(look: Look, code: string): Look {
  const colour = COLOURS[code];
  if (colour !== undefined) return { ...look, colour };
  switch (code) {
    case "":
    case "0":
      return PLAIN;
    case "1":
      return { ...look, bold: true };
    case "2":
      return { ...look, dim: true };
    case "7":
      return { ...look, inverse: true };
    case "39":
      return { ...look, colour: INK };
    default:
      return look;
  }
}

const escaped = (text: string) => text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);

function svg(screen: string, columns: number, title: string): string {
  const lines = screen.replace(/\n$/, "").split("\n");
  const shapes = lines.flatMap((line, y) => drawLine(line, y, columns));
  const [width, height] = [Math.ceil((columns + 2) * WIDTH), (lines.length + 1) * HEIGHT];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="6" fill="${PAPER}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${FONT}" xml:space="preserve">`,
    ...shapes,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** Each piece of text has its place and its width, so that no font can shift the columns. */
function drawLine(line: string, y: number, columns: number): string[] {
  const shapes: string[] = [];
  let look = PLAIN;
  let x = 0;
  for (const [index, part] of line.split("\u001b[").entries()) {
    const end = index === 0 ? -1 : part.indexOf("m");
    if (end >= 0) look = part.slice(0, end).split(";").reduce(apply, look);
    const piece = part.slice(end + 1);
    if (piece === "") continue;
    const [left, top] = [((x + 1) * WIDTH).toFixed(1), (y + 0.5) * HEIGHT];
    const width = (piece.length * WIDTH).toFixed(1);
    if (look.inverse) {
      shapes.push(`<rect x="${left}" y="${top}" width="${width}" height="${HEIGHT}" fill="${look.colour}"/>`);
    }
    if (piece.trim() !== "") {
      const style = `${look.bold ? ' font-weight="bold"' : ""}${look.dim ? ' opacity="0.5"' : ""}`;
      const fill = look.inverse ? PAPER : look.colour;
      const at = `x="${left}" y="${top + FONT - 1}" textLength="${width}" lengthAdjust="spacingAndGlyphs"`;
      shapes.push(`<text ${at} fill="${fill}"${style}>${escaped(piece)}</text>`);
    }
    x = Math.min(columns, x + piece.length);
  }
  return shapes;
}

async function save(window: Window, name: string, columns: number, title: string): Promise<void> {
  writeFileSync(join(folder, `${name}.svg`), svg(await window.styled(), columns, title));
}

const stage = new Stage();
try {
  const [first, second] = [await startGearmand(stage), await startGearmand(stage)];
  for (const { address } of [first, second]) {
    for (let worker = 0; worker < 3; worker++) {
      await registerQueues(stage, address, ["eventhandler", "host", "service", "worker_mon1"]);
    }
    await startWorkers(stage, address, ["hostgroup_berlin"], { count: 2, command: ["sleep", "3"] });
    await fillQueue(address, "hostgroup_berlin", 14);
    await (await registerQueues(stage, address, ["hostgroup_old"])).release();
  }
  await registerQueues(stage, second.address, ["check_results"]);
  await fillQueue(first.address, "hostgroup_munich", 23);
  await registerQueues(stage, second.address, ["hostgroup_munich"]);
  await fillQueue(first.address, "service", 130);

  const tmux = await Tmux.start(stage);
  const columns = 100;
  const one = await tmux.open(columns, 14);
  await one.start("gearman_top", ["-H", first.address, "--sort", "waiting"]);
  await one.until(/-\d+\.\d \|/);
  await save(one, "gearman_top", columns, "gearman_top with one job server");

  const both = await tmux.open(columns, 14);
  await both.start("gearman_top", ["-H", `${first.address},${second.address}`, "-q"]);
  await both.until("hostgroup_munich");
  await save(both, "gearman_top-side-by-side", columns, "gearman_top with two job servers side by side");
  await both.press("m");
  await both.until("All Servers");
  await save(both, "gearman_top-merged", columns, "gearman_top with two job servers in one table");
  await second.stop();
  await both.until("Connection refused");
  await save(both, "gearman_top-failed", columns, "gearman_top with a job server that died");
} finally {
  await stage.clear();
}
