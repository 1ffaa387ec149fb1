import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ScreenState } from "../keys.ts";
import { formatCount, formatRate } from "../layout.ts";
import type { Scene } from "../scene.ts";
import { render } from "../screen.ts";
import { columnsOf } from "../terminal/width.ts";
import { answered, failed, type Queues, VIEW } from "./facts.ts";

const STATE: ScreenState = { view: VIEW, merge: false, top: 0, left: 0, help: false };
const SCENE: Scene = { servers: [], columns: 80, rows: 12, time: 0, now: 100, interval: 1, colour: true };

const text = (state: Partial<ScreenState>, scene: Partial<Scene>) =>
  render({ ...STATE, ...state }, { ...SCENE, ...scene }).lines.map((line) =>
    line
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );

const many: Queues = Object.fromEntries(
  Array.from({ length: 50 }, (_, i) => [`q${String(i).padStart(2, "0")}`, [i, 0, 0]]),
);

test("one server on 80 columns", () => {
  const servers = [answered({ host: [3, 1, 2] }, { host: [3, 5, 0] })];
  const [title, ...rest] = text({}, { servers, rows: 7 });
  assert.match(title ?? "", /^gearman_top {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}every 1 s {2}by name, A first$/);
  assert.deepEqual(rest, [
    "192.0.2.1:4730  v1.1.20  1 queues  1 waiting  2 running",
    "^Queue Name   |  Worker |  Waiting |  Running | Waiting/s | Running/s",
    " host         |       3 |        1 |        2 |      -4.0 |      +2.0",
    "",
    "",
    " q quit  ? help  < > sort  r reverse  i idle  m merge",
  ]);
});

test("the last page is full, and what is asked for beyond it is forgotten", () => {
  const picture = render({ ...STATE, top: 1e9, left: 7 }, { ...SCENE, servers: [answered(many)] });
  assert.deepEqual([picture.page, picture.top, picture.left], [8, 42, 0]);
  assert.match(text({ top: 1e9 }, { servers: [answered(many)] })[11] ?? "", /^ queues 43-50 of 50 {3}q quit/);
});

test("a failure is wrapped, a server that is waited for named, an empty one said to be so", () => {
  const lines = text(
    {},
    { servers: [failed("failed to connect to address 192.0.2.2 and port 4730: Connection refused")], columns: 40 },
  );
  assert.deepEqual(lines.slice(1, 5), [
    "192.0.2.2:4730",
    " failed to connect to address 192.0.2.2",
    " and port 4730: Connection refused",
    "",
  ]);
  assert.match(
    text({}, { servers: [{ server: "192.0.2.3:4730", askedAt: 99 }] })[1] ?? "",
    /^192.0.2.3:4730 {2}connecting$/,
  );
  assert.equal(text({}, { servers: [{ ...answered(many), askedAt: 95 }] })[2], " no answer for 5 s");
  assert.equal(text({}, { servers: [answered({})] })[3], " no queues found");
});

test("panes that have no room are reached by going right", () => {
  const servers = [1, 2, 3, 4, 5].map((n) => answered({ host: [n, 0, 0] }, undefined, `192.0.2.${n}:4730`));
  const shown = (left: number) =>
    text({ left }, { servers, rows: 12 })
      .join("\n")
      .match(/192\.0\.2\.\d/g);
  assert.deepEqual(shown(0), ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]);
  assert.deepEqual(shown(9), ["192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"]);
  assert.match(text({ left: 9 }, { servers }).at(-1) ?? "", /servers 2-5 of 5/);
});

test("merged, with a server that failed", () => {
  const servers = [answered({ host: [3, 1, 2], only: [1, 0, 0] }), failed("gone", "192.0.2.2:4730")];
  assert.deepEqual(text({ merge: true }, { servers, columns: 100, rows: 8 }).slice(1, 6), [
    " 192.0.2.2:4730: gone",
    "                All Servers             | 192.0.2.1:4730            | 192.0.2.2:4730",
    "^Queue Name    Worker  Waiting  Running |  Worker  Waiting  Running |  Worker  Waiting  Running",
    " host               3        1        2 |       3        1        2 |                         ?",
    " only               1        0        0 |       1        0        0 |                         ?",
  ]);
});

test("whatever the size, the screen is never overrun", () => {
  const servers = [answered({ ...many, ["日本".repeat(40)]: [1, 123456789, 0] }), failed(), answered({ a: [0, 1, 0] })];
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      fc.boolean(),
      fc.nat(60),
      (columns, rows, count, merge, help, top) => {
        const { lines, page } = render(
          { ...STATE, merge, help, top, left: top % 4 },
          { ...SCENE, columns, rows, servers: servers.slice(0, count) },
        );
        assert.ok(lines.length <= rows && page >= 1, `${lines.length} lines, page ${page}`);
        for (const line of lines) {
          const width = line.reduce((sum, { text }) => sum + columnsOf(text), 0);
          assert.ok(width <= columns, `${width} columns`);
        }
      },
    ),
  );
});

test("numbers keep their size when they have no room", () => {
  assert.deepEqual(
    [0, 9_999_999, 12_345_678, 5e9, 1e15].map((n) => formatCount(n, 7)),
    ["0", "9999999", "12.3M", "5.0G", "1000.0T"],
  );
  assert.deepEqual([undefined, 0, -0.01, 0.3, -12.34, 4567.8, 2e7].map(formatRate), [
    "",
    "0.0",
    "0.0",
    "+0.3",
    "-12.3",
    "+4568",
    "+20M",
  ]);
});
