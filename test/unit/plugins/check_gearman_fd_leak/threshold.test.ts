import assert from "node:assert/strict";
import { test } from "node:test";

import {
  parseBytes,
  parseBytesGrowth,
  parseEta,
  parseGrowth,
  parseKinds,
  parseLevel,
  parsePid,
  parseWindow,
} from "../../../../plugins/check_gearman_fd_leak/threshold.ts";

test("a level is a number or a part of the limit, and prints as the number it means", () => {
  assert.equal(`${parseLevel("80%")(20_000)}`, "16000");
  assert.equal(`${parseLevel("80%")(64)}`, "51.2");
  assert.equal(`${parseLevel("80%")(48)}`, "38.4");
  assert.equal(`${parseLevel("~:90%")(1048576)}`, "~:943718.4");
  assert.equal(`${parseLevel("500")(64)}`, "500");
  assert.equal(`${parseLevel("@10%:20%")(1000)}`, "@100:200");
  assert.equal(`${parseLevel("~:12.5%")(1000)}`, "~:125");
  assert.equal(`${parseLevel("~:90%")(0)}`, "~:0");
  assert.equal(`${parseLevel("10%:")(0)}`, "0:");
  assert.equal(parseLevel("80%")(100).alerts(80), false);
  assert.equal(parseLevel("80%")(100).alerts(81), true);
});

test("a level of two minds is refused", () => {
  for (const text of ["10:80%", "%", "80%%", "abc%", "90%:80%", "abc", "20:10", "10 %", "1%2%", "1%0:80%", ".%"]) {
    assert.throws(() => parseLevel(text), /'/, text);
  }
});

test("growth has no lower end unless one is written: a process that closes is no leak", () => {
  assert.equal(parseGrowth("60").alerts(-1000), false);
  assert.equal(parseGrowth("60").alerts(60), false);
  assert.equal(parseGrowth("60").alerts(60.1), true);
  assert.equal(parseGrowth("0:60").alerts(-1), true);
  assert.equal(parseBytesGrowth("100MB").alerts(100_000_001), true);
  assert.equal(parseBytesGrowth("100MB").alerts(-5), false);
});

test("bytes have units", () => {
  assert.equal(`${parseBytes("500MB")}`, "500000000");
  assert.equal(`${parseBytes("~:1.5GiB")}`, "~:1610612736");
  assert.equal(`${parseBytes("1000")}`, "1000");
  for (const text of ["5XB", "5MM", "5 MB", "MB"]) assert.throws(() => parseBytes(text));
});

test("a time to the limit alerts below it", () => {
  assert.equal(parseEta("6h").alerts(6 * 3600 - 1), true);
  assert.equal(parseEta("6h").alerts(6 * 3600), false);
  assert.equal(`${parseEta("45m")}`, "2700:");
});

test("kinds, pids and windows", () => {
  assert.deepEqual(["all", "none", "7"].map(parseKinds), [Number.POSITIVE_INFINITY, 0, 7]);
  for (const text of ["0", "-1", "some", "1.5"]) assert.throws(() => parseKinds(text), /'/);
  assert.equal(parsePid("4711"), 4711);
  for (const text of ["0", "-1", "self", "1/../2"]) assert.throws(() => parsePid(text), /'/);
  assert.equal(parseWindow("2h"), 7200);
  assert.throws(() => parseWindow("9"), /too short/);
});
