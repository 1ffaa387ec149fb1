import { COLUMNS, type Column, type View } from "./table.ts";
import type { Key } from "./terminal/index.ts";

/** What the operator has chosen so far. */
export interface ScreenState {
  readonly view: View;
  readonly merge: boolean;
  /** Number of the first row shown. */
  readonly top: number;
  /** Number of the first server shown. */
  readonly left: number;
  readonly help: boolean;
}

/** What a key asks for beyond another state. */
export type Command = "quit" | "suspend" | "refresh";

/** The keys as the help lists them. */
export const KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ["q  Ctrl-C", "quit"],
  ["1 2 3 4 5 6", "sort by that column, again: the other way round"],
  ["< >", "sort by the column left or right of this one"],
  ["r", "reverse the order"],
  ["i", "hide or show idle queues"],
  ["m", "one table for all servers, or one each"],
  ["Up Down  k j", "scroll by a line"],
  ["PgUp PgDn  b Space", "scroll by a page"],
  ["Home End  g G", "first or last queue"],
  ["Left Right", "other servers, where not all have room"],
  ["Ctrl-L", "draw the screen anew"],
  ["Ctrl-Z", "suspend"],
  ["?  h", "this help"],
];

/**
 * What a key does.
 *
 * @param page how many rows fit on the screen
 */
export function press(state: ScreenState, { name, ctrl }: Key, page: number): ScreenState | Command {
  if (ctrl) return CONTROL[name] ?? state;
  if (name === "q" || name === "Q") return "quit";
  // any other key closes the help
  if (state.help) return { ...state, help: false };
  const digit = /^[1-6]$/.test(name) ? COLUMNS[Number(name) - 1] : undefined;
  if (digit !== undefined) return sortBy(state, digit);
  return STATE[name]?.(state, page) ?? state;
}

const CONTROL: Readonly<Record<string, Command>> = { c: "quit", z: "suspend", l: "refresh" };

const scroll =
  (lines: (page: number) => number) =>
  (state: ScreenState, page: number): ScreenState => ({ ...state, top: Math.max(0, state.top + lines(page)) });

const [up, down] = [scroll(() => -1), scroll(() => 1)];
const [pageUp, pageDown] = [scroll((page) => -page), scroll((page) => page)];
const first = (state: ScreenState): ScreenState => ({ ...state, top: 0 });
/** The screen knows how many rows there are, and stops at the last page. */
const last = (state: ScreenState): ScreenState => ({ ...state, top: Number.MAX_SAFE_INTEGER });
const help = (state: ScreenState): ScreenState => ({ ...state, help: true });

const STATE: Readonly<Record<string, (state: ScreenState, page: number) => ScreenState>> = {
  "<": (state) => sortBy(state, neighbour(state, -1)),
  ">": (state) => sortBy(state, neighbour(state, 1)),
  r: (state) => ({ ...state, view: { ...state.view, reverse: !state.view.reverse } }),
  i: (state) => ({ ...state, view: { ...state.view, hideIdle: !state.view.hideIdle } }),
  m: (state) => ({ ...state, merge: !state.merge, left: 0 }),
  up,
  k: up,
  down,
  j: down,
  pageup: pageUp,
  b: pageUp,
  pagedown: pageDown,
  space: pageDown,
  home: first,
  g: first,
  end: last,
  G: last,
  left: (state) => ({ ...state, left: Math.max(0, state.left - 1) }),
  right: (state) => ({ ...state, left: state.left + 1 }),
  "?": help,
  h: help,
};

function sortBy(state: ScreenState, sort: Column): ScreenState {
  const { view } = state;
  return { ...state, top: 0, view: { ...view, sort, reverse: sort === view.sort && !view.reverse } };
}

/** The next column in this direction; beyond the last comes the first. */
function neighbour({ view }: ScreenState, step: 1 | -1): Column {
  const at = (COLUMNS.indexOf(view.sort) + step + COLUMNS.length) % COLUMNS.length;
  return COLUMNS[at] ?? view.sort;
}
