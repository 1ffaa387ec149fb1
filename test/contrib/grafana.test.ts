// Every query of the dashboards, asked of a real InfluxDB and a real Graphite that a real Icinga 2 has written to, in the form for
// InfluxDB 2 as well. Grafana itself is in neither Debian nor npm: what it does with variables is done by dashboard.ts.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { startInfluxdb } from "../servers/influxdb.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { type Dashboard, fillIn, offered, type Panel, readDashboard, type Target } from "./dashboard.ts";
import { BUCKET, DATABASE, HOST, type Monitored, startMonitored } from "./monitored.ts";

/** A line of a graph: its name, and its values without gaps. */
interface Line {
  readonly name: string;
  readonly values: readonly number[];
}

type Ask = (target: Target, chosen?: Readonly<Record<string, readonly string[]>>) => Promise<readonly Line[]>;

const MINUTES = 5;

const inInfluxdb =
  (dashboard: Dashboard, { influxdb }: Pick<Monitored, "influxdb">, database: string): Ask =>
  async ({ query = "", alias = "" }, chosen) => {
    const nameOf = (name: string, tags: Readonly<Record<string, string>>) =>
      alias.replace("$measurement", name).replace(/\$tag_(\w+)/g, (_, tag) => tags[tag] ?? "");
    const text = fillIn(dashboard, query, chosen)
      .replaceAll("$timeFilter", `time > now() - ${MINUTES}m`)
      .replaceAll("$__interval", "1s");
    assert.doesNotMatch(text.replaceAll("$/", ""), /\$/, "a variable that nobody fills in");
    const series = await influxdb.query(database, text);
    return series.map(({ name, tags = {}, values }) => ({
      name: nameOf(name, tags),
      values: values.flatMap(([, value]) => (typeof value === "number" ? [value] : [])),
    }));
  };

const inGraphite =
  (dashboard: Dashboard, { graphite }: Monitored): Ask =>
  async ({ target = "" }, chosen) => {
    const series = await graphite.render(fillIn(dashboard, target, chosen), MINUTES * 60);
    return series.map(({ target: name, datapoints }) => ({
      name,
      values: datapoints.flatMap(([value]) => (value === null ? [] : [value])),
    }));
  };

const graphs = ({ panels }: Dashboard) =>
  panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ panel, target })));

/** The answers by panel and letter, once there are some for all, and a state of every service. */
async function untilAll(
  dashboard: Dashboard,
  ask: Ask,
  services: readonly string[],
): Promise<ReadonlyMap<string, readonly Line[]>> {
  const answers = new Map<string, readonly Line[]>();
  const read = async (target: Target) => (await ask(target)).filter(({ values }) => values.length > 0);
  let missing: readonly string[] = [];
  const areThere = async () => {
    const without: string[] = [];
    for (const { panel, target } of graphs(dashboard)) {
      const key = `${panel.title} ${target.refId}`;
      const enough = panel.type === "state-timeline" ? services.length : 1;
      if (answers.has(key)) continue;
      const lines = await read(target);
      if (lines.length >= enough) answers.set(key, lines);
      else without.push(`${panel.title}: ${target.query ?? target.target}`);
    }
    missing = without;
    return missing.length === 0;
  };
  await until(areThere, () => `data for\n${missing.join("\n")}`, 300);
  for (const { panel, target } of graphs(dashboard)) {
    const lines = await read(target);
    if (lines.length > 0) answers.set(`${panel.title} ${target.refId}`, lines);
  }
  return answers;
}

function panelOf({ panels }: Dashboard, title: string): Panel {
  return panels.find((panel) => panel.title === title) ?? assert.fail(`no panel ${title}`);
}

for (const name of ["influxdb", "graphite"]) {
  test(`${name}.json: nothing clashes, overlaps or points outside`, () => {
    const dashboard = readDashboard(name);
    const { panels, templating } = dashboard;
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
    const taken = new Set<string>();
    for (const { gridPos, title } of panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(!taken.has(`${x} ${y}`), `${title} lies on another panel`);
          taken.add(`${x} ${y}`);
        }
      }
    }
    const source = templating.list[0] ?? assert.fail("no variables");
    assert.deepEqual([source.name, source.type, source.query], ["datasource", "datasource", name]);
    for (const { panel, target } of graphs(dashboard)) {
      assert.deepEqual(target.datasource, { type: name, uid: `$\{datasource}` }, panel.title);
      assert.doesNotThrow(() => fillIn(dashboard, target.query ?? target.target ?? ""), panel.title);
    }
    for (const { title, targets = [] } of panels) {
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
    }
  });
}

test("every query of both dashboards has data, as a running icinga2 writes them", {
  ...needs("icinga2", "gearmand", "gearman", "influxd", "carbon-cache", "graphite-manage"),
}, async (t) => {
  const monitored = await startMonitored(t, 2);
  const leaking = setInterval(() => monitored.leak(), 400);
  await Promise.all([
    askInfluxdb(t, monitored, DATABASE),
    askInfluxdb(t, monitored, BUCKET),
    askGraphite(t, monitored),
  ]).finally(() => clearInterval(leaking));
});

test("a site that loses its channels does not take the thresholds of the others away", needs("influxd"), async (t) => {
  const influxdb = await startInfluxdb(t, DATABASE);
  const start = Math.floor(Date.now() / 1000) - 20;
  const point = (site: string, fields: string, second: number) =>
    `liveproxy,hostname=${HOST},service=sites,metric=${site}_channels_busy ${fields} ${start + second}`;
  const lines = Array.from({ length: 10 }, (_, second) => [
    point("berlin", "value=1,warn=3.2,crit=4,max=4", second),
    point("munich", second < 5 ? "value=1,warn=8,crit=10,max=10" : "value=0,max=0", second),
  ]);
  const url = `http://${influxdb.address}/write?db=${DATABASE}&precision=s`;
  await fetch(url, { method: "POST", body: lines.flat().join("\n") });
  const dashboard = readDashboard("influxdb");
  const ask = inInfluxdb(dashboard, { influxdb }, DATABASE);
  for (const target of panelOf(dashboard, "Channels in use").targets ?? []) {
    const expected = { warning: Array(10).fill(80), critical: Array(10).fill(100) }[target.alias ?? ""];
    if (expected !== undefined) assert.deepEqual(await ask(target), [{ name: target.alias, values: expected }]);
  }
});

async function askInfluxdb(t: TestContext, monitored: Monitored, database: string): Promise<void> {
  const dashboard = readDashboard("influxdb");
  const ask = inInfluxdb(dashboard, monitored, database);
  const answers = await untilExpected(dashboard, ask, HOST, monitored);
  const { influxdb } = monitored;
  const options = new Map<string, readonly string[]>();
  for (const variable of dashboard.templating.list.slice(1)) {
    assert.ok(typeof variable.query === "object");
    const series = await influxdb.query(database, fillIn(dashboard, variable.query.query));
    const answer = series.flatMap(({ values }) => values.map(([, value]) => String(value)));
    options.set(variable.name, offered(variable, answer));
  }
  expectOptions(options, HOST, monitored.services);
  await expectChoice(dashboard, ask, HOST, "gearman results");
  t.diagnostic(`InfluxDB, ${database}: ${answers.size} queries with data`);
}

async function askGraphite(t: TestContext, monitored: Monitored): Promise<void> {
  const dashboard = readDashboard("graphite");
  const ask = inGraphite(dashboard, monitored);
  const host = HOST.replaceAll(".", "_");
  const answers = await untilExpected(dashboard, ask, host, monitored);
  const options = new Map<string, readonly string[]>();
  for (const variable of dashboard.templating.list.slice(1)) {
    assert.ok(typeof variable.query === "string");
    options.set(variable.name, offered(variable, await monitored.graphite.find(fillIn(dashboard, variable.query))));
  }
  expectOptions(
    options,
    host,
    monitored.services.map((name) => name.replaceAll(" ", "_")),
  );
  await expectChoice(dashboard, ask, host, "gearman_results");
  t.diagnostic(`Graphite: ${answers.size} queries with data`);
}

/** On a busy machine a check now and then finds no answer in time, and its state is another one until the next. */
async function untilExpected(
  dashboard: Dashboard,
  ask: Ask,
  host: string,
  monitored: Monitored,
): Promise<ReadonlyMap<string, readonly Line[]>> {
  let answers: ReadonlyMap<string, readonly Line[]> = new Map();
  let failure: unknown;
  const isSo = async () => {
    answers = await untilAll(dashboard, ask, monitored.services);
    try {
      expectLines(answers, host, monitored);
      return true;
    } catch (error) {
      failure = error;
      return false;
    }
  };
  await until(isSo, () => `what the dashboard should show: ${failure}`, 1000);
  return answers;
}

/** Lines that tell whether names, thresholds and shares are what they should be. */
function expectLines(
  answers: ReadonlyMap<string, readonly Line[]>,
  host: string,
  { services, commands }: Monitored,
): void {
  const lines = (key: string) => answers.get(key) ?? assert.fail(key);
  const last = (key: string) => lines(key)[0]?.values.at(-1);
  assert.equal(lines("States A").length, services.length);
  const worst = Object.fromEntries(lines("Worst now A").map(({ name, values }) => [name, values.at(-1)]));
  // the core does not fetch its results, and a site is starting
  assert.deepEqual([worst.gearman, worst.liveproxy], [2, 1]);
  assert.deepEqual(Object.keys(worst).sort(), [...commands].sort());
  assert.deepEqual([last("Waiting jobs B"), last("Waiting jobs C")], [10, 100]);
  assert.deepEqual([last("Running jobs B"), last("Running jobs C")], [50, 60]);
  assert.deepEqual([last("Result queue A"), last("Result queue B")], [3, 0]);
  assert.deepEqual([last("Time until the result is back B"), last("Time until the result is back C")], [2, 5]);
  assert.deepEqual([last("Descriptors used of the limit B"), last("Descriptors used of the limit C")], [80, 90]);
  assert.deepEqual([last("Channels in use B"), last("Channels in use C")], [80, 100]);
  assert.deepEqual([last("Sites A"), last("Sites B"), last("Sites C")], [2, 1, 0]);
  const share = last("Descriptors used of the limit A") ?? -1;
  assert.ok(share > 0 && share < 10, `${share} %`);
  assert.ok((last("Descriptors gained an hour A") ?? 0) > 0);
  const names = lines("Sites A").map(({ name }) => name);
  assert.ok(
    names.every((name) => name.startsWith(`${host} `) && name.endsWith(" sites_ready")),
    names.join(),
  );
}

/** What is offered for choice. */
function expectOptions(
  options: ReadonlyMap<string, readonly string[]>,
  host: string,
  services: readonly string[],
): void {
  assert.deepEqual(options.get("host"), [host]);
  assert.deepEqual(options.get("service"), [...services].sort());
  assert.deepEqual(options.get("queue"), ["check_results", "host", "hostgroup_berlin", "service"]);
}

/** A choice leaves what was chosen, and nothing else; a name within another one is not meant. */
async function expectChoice(dashboard: Dashboard, ask: Ask, host: string, results: string): Promise<void> {
  const [target] = panelOf(dashboard, "Waiting jobs").targets ?? [];
  assert.ok(target !== undefined);
  const { regex } = panelOf(dashboard, "Waiting jobs").transformations?.[0]?.options ?? { regex: "^(.*)$" };
  const names = async (chosen: Readonly<Record<string, readonly string[]>>) =>
    (await ask(target, chosen)).map(({ name }) => name.replace(new RegExp(regex), "$1")).sort();
  assert.deepEqual(await names({ service: ["gearmand"], queue: ["host", "service"] }), [
    `${host} host`,
    `${host} service`,
  ]);
  assert.deepEqual(await names({ host: [host], service: [results] }), [`${host} check_results`]);
  assert.deepEqual(await names({ host: ["another"] }), []);
  // a server in front of the queue, whose dots Graphite takes for levels
  const servers = await names({ queue: ["host"] });
  assert.equal(servers.filter((name) => /127\.0\.0\.1-\d+_host$/.test(name)).length, 1, servers.join());
  assert.equal(servers.filter((name) => /localhost-\d+_host$/.test(name)).length, 1, servers.join());
  assert.equal(servers.length, 3, servers.join());
}
