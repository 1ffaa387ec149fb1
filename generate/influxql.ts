import { type Backend, variable, type Wanted } from "./dashboard.ts";
import { ending, isNamed, labelPattern, queueIn } from "./perfdata.ts";

/** Icinga's default templates: the command is the measurement, host, service and label are tags. */
const measurement = (commands: readonly string[]) =>
  commands.length === 1 ? `"${commands[0]}"` : `/^(${commands.join("|")})$/`;

const HOST = `"hostname" =~ /^${variable("host", "regex")}$/`;
const CHOSEN = `${HOST} AND "service" =~ /^${variable("service", "regex")}$/`;

/** What a line is called; a label without a name in it is that of its service. */
const alias = ({ label }: Wanted) =>
  isNamed(label) ? "$tag_hostname $tag_metric" : "$tag_hostname $tag_service $tag_metric";

const tags = ({ label }: Wanted) => (isNamed(label) ? '"hostname", "metric"' : '"hostname", "service", "metric"');

function where(curve: Wanted): string {
  const { label, only = variable("queue", "regex"), others } = curve;
  const pattern = labelPattern(label.replace("<queue>", "QUEUE")).replace("QUEUE", only);
  const excluded = others.map((other) => ` AND "metric" !~ /${ending(other.label)}$/`);
  return `${CHOSEN} AND "metric" =~ /${pattern}/${excluded.join("")}`;
}

const query = (text: string, name: string) => ({
  ...{ query: text, rawQuery: true, resultFormat: "time_series", alias: name },
});

export const influxdb: Backend = {
  type: "influxdb",
  title: "InfluxDB",

  variables: (commands, queues) => {
    const ask = (key: string, from: readonly string[], condition: string) => ({
      refId: "InfluxVariableQueryEditor-VariableQuery",
      query: `SHOW TAG VALUES FROM ${measurement(from)} WITH KEY = "${key}"${condition}`,
    });
    return [
      { name: "host", query: ask("hostname", commands, ""), all: ".*" },
      { name: "service", query: ask("service", commands, ` WHERE ${HOST}`), all: ".*" },
      {
        name: "queue",
        query: ask(
          "metric",
          queues.flatMap((of) => of.commands),
          ` WHERE ${CHOSEN} AND "metric" =~ /(${queues.map(({ end }) => end).join("|")})$/`,
        ),
        regex: queueIn(queues),
        all: ".*",
      },
    ];
  },

  values(curve) {
    const keep = curve.keep ?? "max";
    const value = curve.share ? `${keep}("value") / max("max") * 100` : `${keep}("value")`;
    const from = `FROM ${measurement(curve.commands)} WHERE ${where(curve)} AND $timeFilter`;
    return query(`SELECT ${value} ${from} GROUP BY time($__interval), ${tags(curve)} fill(null)`, alias(curve));
  },

  threshold(curve, field, name) {
    const from = `FROM ${measurement(curve.commands)} WHERE ${where(curve)} AND $timeFilter`;
    // each point by its own maximum, since sites have different numbers of channels; aggregated before it is divided, a series
    // without threshold would take the others with it
    const share = `SELECT "${field}" / "max" * 100 AS "line" ${from}`;
    const lowest = curve.share
      ? `SELECT min("line") FROM (${share}) WHERE $timeFilter`
      : `SELECT min("${field}") ${from}`;
    return query(`${lowest} GROUP BY time($__interval) fill(null)`, name);
  },

  states: (commands) =>
    query(
      `SELECT max("state") FROM ${measurement(commands)} WHERE ${CHOSEN} AND $timeFilter GROUP BY time($__interval), "hostname", "service" fill(null)`,
      "$tag_hostname $tag_service",
    ),

  worst(commands) {
    const last = `SELECT last("state") AS "state" FROM ${measurement(commands)} WHERE ${CHOSEN} AND $timeFilter GROUP BY "hostname", "service"`;
    return query(`SELECT max("state") FROM (${last})`, "$measurement");
  },

  shortName: ({ label, isAlone }) =>
    isAlone && isNamed(label) ? { regex: `^(.*)${ending(label)}$`, renamePattern: "$1" } : undefined,
};
