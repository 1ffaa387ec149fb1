import assert from "node:assert/strict";
import { test } from "node:test";

import {
  combine,
  definePlugin,
  flag,
  type Grammar,
  quantity,
  Range,
  type RelativeThreshold,
  readCommandLine,
  report,
  Status,
} from "monitoring-plugins-ts";

const share: Grammar<RelativeThreshold> = {
  placeholder: "<n%>",
  parse: (text) => ({ of: (max) => Range.parse(`${(Number.parseFloat(text) * max) / 100}`) }),
};

const quantities = {
  load: quantity({
    label: "load1",
    meaning: "load of the last minute",
    text: "load is <value>",
    warning: { flags: "-w, --warning", default: "4" },
    critical: { flags: "-c, --critical", default: "8" },
  }),
  wait: quantity({
    label: "[<server>_][<queue>_]wait",
    uom: "s",
    min: 0,
    meaning: "time until a worker took it",
    text: "waited <value>",
    warning: "--wait-warning",
  }),
  used: quantity({
    label: "<name>_used",
    meaning: "slots in use",
    text: "<value> slots in use",
    critical: "--used-critical",
    grammar: share,
    max: "all slots",
  }),
  lost: quantity({ label: "lost", meaning: "jobs that were lost" }),
};

const read = (...argv: readonly string[]) => readCommandLine(quantities, argv);
const printed = (result: Parameters<typeof report>[1]) => report("check_x", result, 0);

test("what is said, judged and printed is one value, by one pair of thresholds", async () => {
  const { load, wait } = await read("-c", "9", "--wait-warning", "0.1");
  assert.equal(printed(load.measure(9.5)), "check_x CRITICAL - load is 9.5 | 'load1'=9.5;4;9\n");
  assert.equal(printed(load.measure(4)), "check_x OK - load is 4 | 'load1'=4;4;9\n");
  const late = wait.measure(0.123456789, { names: { queue: "host" }, say: (text) => `Queue host: job ${text}` });
  assert.equal(printed(late), "check_x WARNING - Queue host: job waited 0.123 s | 'host_wait'=0.123457s;0.1;;0\n");
});

test("what is judged is what is printed, to the last digit", async () => {
  const { wait } = await read("--wait-warning", "0.1");
  assert.equal(wait.judge(0.1000004), Status.OK);
  assert.equal(printed(wait.measure(0.1000004)), "check_x OK - waited 0.100 s | 'wait'=0.1s;0.1;;0\n");
});

test("parts of a label that may be missing, and those that may not", async () => {
  const { wait, used } = await read();
  assert.equal(wait.metric(1, { server: "a-1", queue: "b" }).label, "a-1_b_wait");
  assert.equal(wait.metric(1, { server: "a-1" }).label, "a-1_wait");
  assert.equal(wait.metric(1).label, "wait");
  assert.equal(used.metric(1, { name: "x" }).label, "x_used");
});

test("a threshold in % is that of the maximum printed with the value", async () => {
  const { used } = await read("--used-critical", "80%");
  const full = used.measure(9, { names: { name: "x" }, max: 10 });
  assert.equal(printed(full), "check_x CRITICAL - 9 slots in use | 'x_used'=9;;8;;10\n");
});

test("of several the one that alerts most, and of equals the greatest", async () => {
  const { load } = await read("-w", "2:", "-c", "1:");
  const value = (n: number) => n;
  assert.equal(load.worst([5, 1.5, 3, Number.NaN], value)?.row, 1.5);
  assert.equal(load.worst([5, 7, 3], value)?.row, 7);
  assert.equal(load.worst([Number.NaN], value), undefined);
  assert.equal(load.by(undefined, undefined).worst([5, 0.5], value)?.row, 5);
});

test("of several the one that is closest to its maximum", async () => {
  const { used } = await read("--used-critical", "80%");
  const rows = [
    { value: 50, max: 100 },
    { value: 3, max: 4 },
    { value: 7, max: 10 },
  ];
  const worst = used.worst(
    rows,
    ({ value }) => value,
    ({ max }) => max,
  );
  assert.equal(worst?.value, 3);
});

test("one is not several, and what says nothing is no line", async () => {
  const jobs = quantity({ label: "jobs", meaning: "jobs", text: "<value> job(s) waiting", warning: "-w, --warning" });
  const { gauge } = await readCommandLine({ gauge: jobs }, ["-w", "1"]);
  assert.deepEqual([gauge.text(1), gauge.text(2)], ["1 job waiting", "2 jobs waiting"]);
  const fine = gauge.measure(1, { say: (text, status) => (status === Status.OK ? "" : text) });
  assert.equal(report("check_x", combine("fine", [fine]), 1), "check_x OK - fine | 'jobs'=1;1\n");
});

test("a value that is not known is UNKNOWN, and not printed", async () => {
  const { load } = await read();
  assert.equal(printed(load.measure(Number.NaN)), "check_x UNKNOWN - load of the last minute: not known\n");
});

test("the help of one threshold may say more than that of the other", () => {
  const { options } = quantity({
    label: "workers",
    meaning: "workers of a queue",
    text: "<value> worker(s)",
    warning: "-W, --worker-warning",
    critical: { flags: "-C, --worker-critical", note: "1: is fewer than one." },
  });
  assert.deepEqual(
    Object.values(options).map(({ help }) => help),
    ["Workers of a queue: warning.", "Workers of a queue: critical. 1: is fewer than one."],
  );
});

test("whether anything judges it", async () => {
  const { load, wait, lost } = await read();
  assert.deepEqual([load.isJudged, wait.isJudged, lost.isJudged], [true, false, false]);
});

test("a plugin has the options of its quantities where these stand, and gets gauges", async () => {
  const plugin = definePlugin({
    name: "check_x",
    summary: "",
    usage: "",
    options: {
      before: flag({ flags: "--before", help: "" }),
      ...quantities,
      after: flag({ flags: "--after", help: "" }),
    },
    check: ({ load, before, after }) => load.measure(Number(before) + Number(after)),
  });
  assert.deepEqual(Object.keys(plugin.options), [
    ...["before", "warning", "critical", "waitWarning", "usedCritical", "after"],
  ]);
  assert.equal(plugin.options.waitWarning?.flags, "--wait-warning <range>");
  assert.equal(plugin.options.waitWarning?.help, "Time until a worker took it, in seconds: warning.");
  assert.deepEqual(
    plugin.quantities?.map(({ declared }) => declared.label),
    ["load1", "[<server>_][<queue>_]wait", "<name>_used", "lost"],
  );
  const values = await readCommandLine(plugin.options, ["--before", "--after"]);
  const result = await plugin.check(values, {} as never);
  assert.equal(printed(result), "check_x OK - load is 2 | 'load1'=2;4;8\n");
});
