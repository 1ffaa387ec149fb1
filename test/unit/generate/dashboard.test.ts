import assert from "node:assert/strict";
import { test } from "node:test";

import { readExecutables } from "../../../generate/catalogue.ts";
import { type Backend, dashboard } from "../../../generate/dashboard.ts";
import { graphite } from "../../../generate/graphite.ts";
import { influxdb } from "../../../generate/influxql.ts";
import { root } from "../../../packaging/programs.mjs";

const executables = await readExecutables(root);

interface Drawn {
  readonly title: string;
  readonly targets?: readonly { readonly query?: string; readonly target?: string }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

/** The queries of a panel, and its unit. */
function panel(backend: Backend, title: string) {
  const { panels } = JSON.parse(dashboard(executables, backend)) as { panels: readonly Drawn[] };
  const found = panels.find((known) => known.title === title) ?? assert.fail(title);
  const queries = (found.targets ?? []).map(({ query, target }) => query ?? target ?? "");
  return { queries, unit: found.fieldConfig?.defaults.unit };
}

test("a panel about something that no plugin declares is an error that names it", () => {
  const less = executables.map((executable) => ({
    ...executable,
    perfdata: executable.perfdata.filter(({ label }) => label !== "<name>_eta"),
  }));
  assert.throws(() => dashboard(less, influxdb), /check_gearman_fd_leak does not declare <name>_eta/);
});

test("what ends alike and is not meant is left out", () => {
  const [first = ""] = panel(influxdb, "Time to answer").queries;
  assert.ok(first.includes('"metric" =~ /^[A-Za-z0-9_.-]*_time$/ AND "metric" !~ /_response_time$/'), first);
  const [second = ""] = panel(graphite, "Time to answer").queries;
  assert.match(second, /exclude\(group\(.*\.\*_time\.value.*\), '_response_time\\\.value\$'\)/);
});

test("units follow from the declarations, thresholds are lines of their own", () => {
  for (const backend of [influxdb, graphite]) {
    assert.equal(panel(backend, "Resident memory").unit, "bytes");
    assert.equal(panel(backend, "Time until the limit").unit, "s");
    assert.equal(panel(backend, "Channels in use").unit, "percent");
    assert.equal(panel(backend, "Waiting jobs").queries.length, 3);
    // a range such as 1: is not stored
    assert.equal(panel(backend, "Workers").queries.length, 1);
  }
});
