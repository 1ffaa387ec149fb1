import assert from "node:assert/strict";
import { test } from "node:test";

import { KEYS, press, type ScreenState } from "../keys.ts";
import { COLUMNS } from "../table.ts";
import { VIEW } from "./facts.ts";

const START: ScreenState = { view: VIEW, merge: false, top: 0, left: 0, help: false };

/** The state after these keys, pressed one after the other on a page of ten rows. */
function after(...keys: readonly string[]): ScreenState {
  return keys.reduce((state, name) => {
    const next = press(state, { name, ctrl: false }, 10);
    assert.ok(typeof next === "object", `${name} does not end it`);
    return next;
  }, START);
}

const order = ({ view }: ScreenState) => [view.sort, view.reverse];

test("keys that end, suspend and redraw", () => {
  const control = (name: string) => press(START, { name, ctrl: true }, 10);
  assert.deepEqual([control("c"), control("z"), control("l"), control("x")], ["quit", "suspend", "refresh", START]);
  for (const name of ["q", "Q"]) assert.equal(press({ ...START, help: true }, { name, ctrl: false }, 10), "quit");
  assert.equal(after("y", "", "escape"), START);
});

test("sorting by each column, and again for the other way round", () => {
  COLUMNS.slice(1).forEach((column, index) => {
    assert.deepEqual(order(after(String(index + 2))), [column, false]);
    assert.deepEqual(order(after(String(index + 2), String(index + 2))), [column, true]);
  });
  assert.deepEqual(order(after("3", "r", "1")), ["name", false]);
  assert.deepEqual(order(after("1")), ["name", true]);
  assert.deepEqual(order(after(">", ">")), ["waiting", false]);
  assert.deepEqual(order(after("<")), ["running/s", false]);
});

test("scrolling stays at the top, and sorting goes back there", () => {
  assert.equal(after("down", "j", "up").top, 1);
  assert.equal(after("pagedown", "space", "b").top, 10);
  assert.equal(after("up", "pageup", "k").top, 0);
  assert.equal(after("G", "home").top, 0);
  assert.ok(after("end").top > 1e9);
  assert.equal(after("pagedown", "3").top, 0);
  assert.equal(after("right", "right", "left").left, 1);
  assert.equal(after("left").left, 0);
});

test("switches, and a help that any key closes", () => {
  assert.deepEqual([after("i").view.hideIdle, after("i", "i").view.hideIdle], [true, false]);
  assert.deepEqual([after("m").merge, after("m", "m").merge], [true, false]);
  assert.equal(after("?").help, true);
  assert.deepEqual([after("h", "down").help, after("h", "down").top], [false, 0]);
  assert.equal(KEYS.length, 13);
});
