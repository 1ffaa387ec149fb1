import assert from "node:assert/strict";
import { test } from "node:test";
import { CheckError, parseCountThreshold, Status } from "monitoring-plugins-ts";

import { COLUMNS, mergedTable, serverTable } from "../table.ts";
import { answered, failed, VIEW } from "./facts.ts";

const names = ({ rows }: { rows: readonly { name: string }[] }) => rows.map(({ name }) => name);

test("sorted by any column, either way; equal ones by name, unknown rates last", () => {
  const facts = answered(
    { a: [1, 5, 2], b: [3, 5, 0], c: [2, 0, 9], new: [0, 1, 0] },
    { a: [1, 8, 2], b: [3, 0, 0], c: [2, 0, 1] },
  );
  const order = Object.fromEntries(
    COLUMNS.flatMap((sort) =>
      [false, true].map((reverse) => [
        `${sort} ${reverse}`,
        names(serverTable(facts, { ...VIEW, sort, reverse })).join(" "),
      ]),
    ),
  );
  assert.deepEqual(order, {
    "name false": "a b c new",
    "name true": "new c b a",
    "worker false": "b c a new",
    "worker true": "new a c b",
    "waiting false": "a b new c",
    "waiting true": "c new a b",
    "running false": "c a b new",
    "running true": "b new a c",
    "waiting/s false": "b c a new",
    "waiting/s true": "a c b new",
    "running/s false": "c a b new",
    "running/s true": "a b c new",
  });
});

test("rates are changes per second, and unknown after a failure", () => {
  const before = { at: 98, answer: answered({ q: [1, 30, 0] }).newest?.answer as never };
  const [row] = serverTable({ ...answered({ q: [1, 10, 4] }), previous: before }, VIEW).rows;
  assert.deepEqual([row?.waitingRate, row?.runningRate], [-10, 2]);
  const away = { at: 99, answer: new CheckError(Status.CRITICAL, "gone") };
  const [fresh] = serverTable({ ...answered({ q: [1, 10, 4] }), previous: away }, VIEW).rows;
  assert.deepEqual([fresh?.waitingRate, fresh?.runningRate], [undefined, undefined]);
});

test("idle and not selected queues are counted as hidden", () => {
  const facts = answered({ idle: [0, 0, 0], busy: [0, 0, 1], host: [1, 0, 0] });
  const { rows, hidden } = serverTable(facts, { ...VIEW, hideIdle: true, exclude: [(name) => name === "host"] });
  assert.deepEqual([names({ rows }), hidden], [["busy"], 2]);
});

test("states by the thresholds of check_gearman", () => {
  const facts = answered({ ok: [1, 9, 0], warn: [1, 10, 0], crit: [1, 100, 0], stranded: [0, 1, 0], idle: [0, 0, 0] });
  const states = (view = VIEW) =>
    Object.fromEntries(serverTable(facts, view).rows.map(({ name, status }) => [name, status]));
  const { OK, WARNING, CRITICAL } = Status;
  assert.deepEqual(states(), { ok: OK, warn: WARNING, crit: CRITICAL, stranded: CRITICAL, idle: OK });
  assert.equal(states({ ...VIEW, zeroWorkerCritical: true }).idle, CRITICAL);
  const worker = VIEW.worker.by(parseCountThreshold("1"), undefined);
  assert.equal(states({ ...VIEW, worker }).ok, WARNING);
});

test("a name's control characters never come through", () => {
  // the bytes of the name in UTF-8: an escape sequence, a C1 control, a mark that turns the direction of writing
  const key = Buffer.from("\u001b[31mred\u009b\u202e").toString("latin1");
  const [row] = serverTable(answered({ [key]: [1, 0, 0] }), VIEW).rows;
  assert.equal(row?.name, "?[31mred??");
});

test("merged: sums, and each server's own; names that only look the same stay apart", () => {
  const a = answered({ host: [1, 2, 3], "x\u0080": [1, 0, 0] }, { host: [1, 1, 3], "x\u0080": [1, 0, 0] });
  const b = answered({ host: [4, 5, 6], "x\u0081": [2, 0, 0], idle: [0, 0, 0] });
  const { rows, hidden } = mergedTable([a, failed(), b], { ...VIEW, hideIdle: true });
  assert.deepEqual(
    rows.map(({ key, worker, waiting, running, servers }) => [
      key,
      [worker, waiting, running],
      servers?.map((counts) => counts?.worker),
    ]),
    [
      ["host", [5, 7, 9], [1, undefined, 4]],
      ["x\u0080", [1, 0, 0], [1, undefined, undefined]],
      ["x\u0081", [2, 0, 0], [undefined, undefined, 2]],
    ],
  );
  assert.equal(hidden, 1);
  assert.equal(rows[0]?.waitingRate, undefined, "one of the two is unknown");
});

test("merged: a queue idle on one server and busy on another is not idle, and as bad as at its worst", () => {
  const servers = [answered({ q: [0, 0, 0], r: [3, 0, 0] }), answered({ q: [1, 0, 0], r: [0, 1, 0] })];
  const { rows } = mergedTable(servers, { ...VIEW, hideIdle: true });
  assert.deepEqual(names({ rows }), ["q", "r"]);
  assert.deepEqual(
    rows.map(({ status }) => status),
    [Status.OK, Status.CRITICAL],
  );
});
