import assert from "node:assert/strict";
import { test } from "node:test";

import { parseResultLine } from "monitoring-plugins-ts/passive";

const NOW = 1_700_000_000;
const read = (line: string) => parseResultLine(line, NOW);

test("JSON", () => {
  const whole = {
    host: "web",
    service: "load",
    exit_code: 1,
    output: "high",
    perfdata: "load1=5",
    time: NOW - 9,
    more: 1,
  };
  assert.deepEqual(read(JSON.stringify(whole)), {
    host: "web",
    service: "load",
    exitCode: 1,
    output: "high",
    perfdata: "load1=5",
    time: NOW - 9,
  });
  const least = read('{"host":"web","exit_code":0,"output":"up | rta=1ms"}');
  assert.deepEqual(least, {
    host: "web",
    service: undefined,
    exitCode: 0,
    output: "up",
    perfdata: "rta=1ms",
    time: NOW,
  });
});

test("lines as send_nsca takes them", () => {
  const service = { host: "web", service: "load", exitCode: 2, output: "high", perfdata: "load1=50", time: NOW };
  assert.deepEqual(read("web\tload\t2\thigh | load1=50"), service);
  assert.deepEqual(read("web\t1\tdown"), { ...service, service: undefined, exitCode: 1, output: "down", perfdata: "" });
  assert.equal(read("web\t0\tup\t(two TABs)\there").output, "up\t(two TABs)\there");
  assert.equal(read("web\t0\tup\t(two TABs)\there").service, undefined);
  assert.deepEqual([read("web\t80\t1\tport").service, read("web\t80\t1\tport").exitCode], ["80", 1]);
  assert.equal(read(String.raw`web	load	0	first\nsecond C:\\new`).output, "first\nsecond C:\\new");
});

test("what is no result is named", () => {
  const cases = [
    ["", "'' is no host, service, exit code and output"],
    ["web", "'web' is no host, service, exit code and output"],
    ["web\tload", "is no host, service, exit code and output"],
    ["web;load;0;fine", "is no host, service, exit code and output"],
    ["web\tload\tOK\tfine", "exit code 'OK' is no whole number"],
    ["web\t\t0\tfine", "service is empty"],
    ["\tload\t0\tfine", "host is empty"],
    ["{", "'{' is no JSON, or nested too deeply"],
    ['{"host":"web"}', "no exit_code"],
    ['{"__proto__":{"host":"web","exit_code":0,"output":"x"}}', "no exit_code"],
    ['{"host":"web","exit_code":0}', "no output"],
    ['{"host":["web"],"exit_code":0,"output":""}', "host (a list) is no text"],
    [`{"a":${"[".repeat(100_000)}`, "is no JSON"],
    [
      `{"host":${"[".repeat(10_000)}${"]".repeat(10_000)},"exit_code":0,"output":""}`,
      "is no JSON, or nested too deeply",
    ],
  ] as const;
  for (const [line, message] of cases) {
    assert.throws(
      () => read(line),
      (error: Error) => error.message.includes(message) && error.message.length < 400,
      message,
    );
  }
});
