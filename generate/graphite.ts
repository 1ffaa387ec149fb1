import { type Backend, variable, type Wanted } from "./dashboard.ts";
import { ending, isNamed, queueIn, required } from "./perfdata.ts";

/** Icinga's default templates: `icinga2.HOST.services.SERVICE.COMMAND`, dots in names made `_`, those in labels left alone. */
const HOSTS = `icinga2.${variable("host", "glob")}.services`;
const SERVICE = `${HOSTS}.${variable("service", "glob")}`;

/** A dot in a label begins a level: `192.0.2.10-4730_host_waiting` has four. */
const LEVELS = ["", "*.", "*.*.", "*.*.*."];

const oneOf = (names: readonly string[]) => (names.length === 1 ? names.join() : `{${names.join(",")}}`);

/** The server's part of a label, where there are several. */
const ANY_SERVER = "*-[0-9]*_";

/** What the last level of a label may be. Braces must not hold braces, and a choice of queues comes in some. */
function lastLevels({ label, only = variable("queue", "glob") }: Wanted): readonly string[] {
  const end = ending(label);
  if (label === end) return [end];
  if (required(label) === end) return [oneOf([end, `*_${end}`])];
  return label.includes("<queue>") ? [only + end, ANY_SERVER + only + end] : [`*${end}`];
}

/** The series of a field, whatever their names and wherever these have dots. */
function series(curve: Wanted, field: string): string {
  const levels = curve.label.includes("<") ? LEVELS : [""];
  const paths = lastLevels(curve).flatMap((last) =>
    levels.map((above) => `${SERVICE}.${oneOf(curve.commands)}.perfdata.${above}${last}.${field}`),
  );
  return curve.others.reduce(
    (kept, other) => `exclude(${kept}, '${ending(other.label)}\\.${field}$')`,
    paths.length === 1 ? paths.join() : `group(${paths.join(", ")})`,
  );
}

/** Nodes of a series' path. */
const [HOST, SERVICE_NAME, COMMAND, LABEL] = [1, 3, 4, 6];

/** In % of the maximum, which is stored with the thresholds. */
const share = (curve: Wanted, field: string) =>
  `asPercent(${series(curve, field)}, ${series(curve, "max")}, ${HOST}, ${SERVICE_NAME}, ${LABEL})`;

/** As text: Grafana's own editor of targets does not know all of this. */
const target = (text: string) => ({ target: text, textEditor: true });

export const graphite: Backend = {
  type: "graphite",
  title: "Graphite",

  variables: (commands, queues) => [
    // whole paths: what has no service of ours is not offered
    {
      name: "host",
      query: `expand(icinga2.*.services.*.${oneOf(commands)})`,
      regex: "/^[^.]+\\.([^.]+)\\./",
      all: "*",
    },
    {
      name: "service",
      query: `expand(${HOSTS}.*.${oneOf(commands)})`,
      regex: "/^[^.]+\\.[^.]+\\.[^.]+\\.([^.]+)\\./",
      all: "*",
    },
    {
      name: "queue",
      query: `${SERVICE}.${oneOf(queues.flatMap((of) => of.commands))}.perfdata.${oneOf(queues.map(({ end }) => `*${end}`))}`,
      regex: queueIn(queues),
      all: "*",
    },
  ],

  values(curve) {
    const { keep = "max", label, isAlone } = curve;
    const end = `${isAlone ? ending(label) : ""}\\.value`;
    const [from, to] = isNamed(label)
      ? [`^[^.]*\\.([^.]+)\\.services\\.(?:.*\\.)?perfdata\\.(.+)${end}.*$`, "\\1 \\2"]
      : ["^[^.]*\\.([^.]+)\\.services\\.([^.]+)\\.[^.]+\\.perfdata\\.(.+)\\.value.*$", "\\1 \\2 \\3"];
    const plain = curve.share ? share(curve, "value") : series(curve, "value");
    // the same queue in two services is one line
    const merged =
      isNamed(label) && !curve.share
        ? `aggregateWithWildcards(${plain}, '${keep}', ${SERVICE_NAME}, ${COMMAND})`
        : plain;
    return target(`aliasSub(consolidateBy(${merged}, '${keep}'), '${from}', '${to}')`);
  },

  threshold(curve, field, name) {
    const lines = curve.share ? share(curve, field) : series(curve, field);
    return target(`alias(keepLastValue(minSeries(${lines})), '${name}')`);
  },

  states: (commands) =>
    target(`aliasByNode(consolidateBy(${SERVICE}.${oneOf(commands)}.metadata.state, 'max'), ${HOST}, ${SERVICE_NAME})`),

  worst: (commands) =>
    target(`groupByNode(keepLastValue(${SERVICE}.${oneOf(commands)}.metadata.state), ${COMMAND}, 'max')`),

  shortName: () => undefined,
};
