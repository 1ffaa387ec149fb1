import type { MetricDeclaration } from "monitoring-plugins-ts";

import type { Curve, Graph } from "./panels.ts";

// What panels look like, in Grafana's own words.

interface Drawn extends Curve {
  readonly declared: MetricDeclaration;
}

const STATES = [
  ["OK", "green"],
  ["WARNING", "yellow"],
  ["CRITICAL", "red"],
  ["UNKNOWN", "purple"],
] as const;

/** Gaps longer than this many milliseconds are shown as such: checks run every minute in the examples. */
const LONGEST_GAP = 300_000;

const COLOURS = { warning: "yellow", critical: "red" } as const;

/** Grafana's name of a unit. */
const unitOf = ({ share, declared: { uom = "" } }: Drawn) =>
  share ? "percent" : { s: "s", B: "bytes", "%": "percent", c: "short", "": "short" }[uom];

const byName = (name: string, properties: Readonly<Record<string, unknown>>) => ({
  matcher: { id: "byName", options: name },
  properties: Object.entries(properties).map(([id, value]) => ({ id, value })),
});

/** Lines over time. */
export function timeSeries({ title, about, thresholds, stacked }: Graph, curves: readonly Drawn[]): object {
  const [first] = curves;
  const lines = thresholds ? Object.entries(COLOURS) : [];
  return {
    type: "timeseries",
    title,
    description: about,
    interval: "1m",
    fieldConfig: {
      defaults: {
        unit: first === undefined ? "short" : unitOf(first),
        ...(curves.every(({ declared: { min } }) => min === 0) ? { min: 0 } : {}),
        color: { mode: "palette-classic" },
        custom: {
          drawStyle: "line",
          lineWidth: 1,
          fillOpacity: stacked ? 40 : 10,
          showPoints: "never",
          spanNulls: LONGEST_GAP,
          stacking: { mode: stacked ? "normal" : "none", group: "A" },
        },
      },
      overrides: lines.map(([name, fixedColor]) =>
        byName(name, {
          color: { mode: "fixed", fixedColor },
          "custom.lineStyle": { fill: "dash", dash: [10, 10] },
          "custom.fillOpacity": 0,
          "custom.hideFrom": { legend: true, tooltip: false, viz: false },
        }),
      ),
    },
    options: {
      legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
      tooltip: { mode: "multi", sort: "desc" },
    },
  };
}

/** How states are written and coloured. */
const AS_STATES = {
  mappings: [
    {
      type: "value",
      options: Object.fromEntries(STATES.map(([text, color], index) => [String(index), { text, color, index }])),
    },
  ],
  color: { mode: "thresholds" },
  thresholds: {
    mode: "absolute",
    steps: STATES.map(([, color], index) => ({ color, value: index === 0 ? null : index })),
  },
};

/** A bar for each service, coloured by its state. */
export function stateTimeline(): object {
  return {
    type: "state-timeline",
    title: "States",
    description: "The worst state of every service. Needs enable_send_metadata in the writer.",
    interval: "1m",
    fieldConfig: {
      defaults: { ...AS_STATES, custom: { fillOpacity: 80, lineWidth: 0, spanNulls: LONGEST_GAP } },
      overrides: [],
    },
    options: {
      mergeValues: true,
      showValue: "never",
      alignValue: "left",
      rowHeight: 0.9,
      legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
      tooltip: { mode: "single", sort: "none" },
    },
  };
}

/** A state for each command. */
export function worstStates(): object {
  return {
    type: "stat",
    title: "Worst now",
    description: "The worst of the last states of all services of a command.",
    interval: "1m",
    fieldConfig: { defaults: AS_STATES, overrides: [] },
    options: {
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      colorMode: "background_solid",
      graphMode: "none",
      justifyMode: "auto",
      orientation: "horizontal",
      textMode: "value_and_name",
    },
  };
}
