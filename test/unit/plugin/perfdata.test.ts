import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import { formatMetric, parsePerfdata } from "monitoring-plugins-ts";

import { parseOutput } from "../../support/perfdata.ts";

test("relayed perfdata is read as it is written by many programs, and printed as it should be", () => {
  const relayed = " 'backlog'=0;;;  'total_jobs'=5c;;; worker=3;;;3;6 'it''s'=1.50s;1:2;@3 q::jobs=7c";
  const printed = parsePerfdata(relayed).map(formatMetric);
  assert.deepEqual(printed, [
    "'backlog'=0",
    "'total_jobs'=5c",
    "'worker'=3;;;3;6",
    "'it_s'=1.5s;1:2;@3",
    "'q::jobs'=7c",
  ]);
});

test("what is no perfdata is left out of what is relayed", () => {
  assert.deepEqual(parsePerfdata("a=b =5 c= 'd'x=1 e=1e400 f=NaN ;;; g=1;x;y;z;w").map(formatMetric), ["'g'=1"]);
});

test("relaying never throws and never prints what a reader cannot read", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a'=0-9;:.@~ c%-]{0,30}$/)), (text) => {
      const items = parsePerfdata(text).map((metric, index) =>
        formatMetric({ ...metric, label: `${index}${metric.label}` }),
      );
      if (items.length > 0) assert.equal(parseOutput(`x OK - y | ${items.join(" ")}\n`).perfdata.length, items.length);
    }),
  );
});

test("labels that would be printed alike are alike already when they are read", () => {
  assert.deepEqual(
    parsePerfdata("'x|y'=1 'x_y'=2").map(({ label }) => label),
    ["x_y", "x_y"],
  );
});
