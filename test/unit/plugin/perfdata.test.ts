import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { formatMetric, parsePerfdata } from "monitoring-plugins-ts";

import { parseOutput } from "../../support/perfdata.ts";

test("relayed perfdata is read as it is written by many programs, and printed as it should be", () => {
  const relayed = " 'backlog'=0;;;  'total_jobs'=5c;;; worker=3;;;3;6 'it''s'=1.50s;1:2;@3 q::jobs=7c";
  const printed = parsePerfdata(relayed).metrics.map(formatMetric);
  assert.deepEqual(printed, [
    "'backlog'=0",
    "'total_jobs'=5c",
    "'worker'=3;;;3;6",
    "'it_s'=1.5s;1:2;@3",
    "'q::jobs'=7c",
  ]);
});

test("what is no perfdata is left out of what is relayed", () => {
  const { metrics, dropped } = parsePerfdata("a=b =5 c= 'd'x=1 e=1e400 f=NaN ;;; g=1;x;y;z;w");
  assert.deepEqual(metrics.map(formatMetric), ["'g'=1"]);
  assert.deepEqual(dropped, ["a=b", "=5", "c=", "'d'x=1", "e=1e400", "f=NaN", ";;;"]);
});

test("relaying never throws and never prints what a reader cannot read", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a'=0-9;:.@~ c%-]{0,30}$/)), (text) => {
      const items = parsePerfdata(text).metrics.map((metric, index) =>
        formatMetric({ ...metric, label: `${index}${metric.label}` }),
      );
      if (items.length > 0) assert.equal(parseOutput(`x OK - y | ${items.join(" ")}\n`).perfdata.length, items.length);
    }),
  );
});

test("labels that would be printed alike are alike already when they are read", () => {
  assert.deepEqual(
    parsePerfdata("'x|y'=1 'x_y'=2").metrics.map(({ label }) => label),
    ["x_y", "x_y"],
  );
});

test("units that Nagios or Icinga take are kept; a number with another one is left out, since it would mean something else", () => {
  const known = ["GB", "TB", "KiB", "W", "kWh", "us", "%", "c", "C", "dBm", "Mb", "A", ""];
  assert.deepEqual(
    parsePerfdata(known.map((unit, at) => `x${at}=7${unit}`).join(" ")).metrics.map(({ uom }) => uom),
    known,
  );
  const unknown = ["jobs", "GHz", "B/s", "min", "°C", "xB", "iB"].map((unit, at) => `x${at}=7${unit}`);
  const { metrics, dropped } = parsePerfdata(`a=1 ${unknown.join(" ")} b=2`);
  assert.deepEqual(metrics.map(formatMetric), ["'a'=1", "'b'=2"]);
  assert.deepEqual(dropped, unknown);
});

test("an odd label is left out alone", () => {
  const { metrics, dropped } = parsePerfdata("'a'=1 'hg='q|z::jobs'=0c;;; 'b'=2c;;; 'c d'=3");
  assert.deepEqual(metrics.map(formatMetric), ["'a'=1", "'b'=2c", "'c d'=3"]);
  assert.deepEqual(dropped, ["'hg='q|z::jobs'=0c;;;"]);
});
