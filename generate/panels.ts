import { CONTRIBS } from "./contrib.ts";

/** A declared item of perfdata on a panel. */
export interface Curve {
  readonly plugin: string;
  /** As declared, see `plugins/<plugin>/perfdata.ts`. */
  readonly label: string;
  /** What is kept of the values that fall on one pixel; what alerts by being low has its minimum kept. */
  readonly keep?: "max" | "min";
  /** Only this queue. */
  readonly only?: string;
  /** In % of its maximum. */
  readonly share?: true;
}

/** A panel of the dashboards. */
export interface Graph {
  readonly title: string;
  /** What to look for. */
  readonly about: string;
  readonly curves: readonly Curve[];
  /** Of 24. */
  readonly width: number;
  /** Draws the thresholds of the first curve, where the writer has stored them. */
  readonly thresholds?: true;
  readonly stacked?: true;
}

export interface Row {
  readonly title: string;
  readonly graphs: readonly Graph[];
}

const leak = (label: string): Curve => ({ plugin: "check_gearman_fd_leak", label: `<name>_${label}` });
const sites = (label: string): Curve => ({ plugin: "check_liveproxy", label });

/** Of the plugins that have no `contrib.ts` yet, by their names. */
const CENTRAL: readonly (readonly [plugin: string, row: Row])[] = [
  [
    "check_gearman_fd_leak",
    {
      title: "Descriptors (check_gearman_fd_leak)",
      graphs: [
        {
          title: "Open descriptors, and workers",
          about: "Descriptors that grow with the workers are a load, those that grow alone are a leak.",
          curves: [leak("fds"), leak("workers")],
          width: 8,
        },
        {
          title: "Descriptors used of the limit",
          about: "In % of the soft limit of the process that decides.",
          curves: [{ ...leak("fds"), share: true }],
          width: 8,
          thresholds: true,
        },
        {
          title: "Sockets in CLOSE_WAIT",
          about: "The peer has closed, the process has not: it hangs or leaks.",
          curves: [leak("close_wait")],
          width: 8,
          thresholds: true,
        },
        {
          title: "Descriptors gained an hour",
          about: "A robust slope: spikes do not move it. Above 0 for hours is a leak.",
          curves: [leak("growth")],
          width: 8,
        },
        {
          title: "Time until the limit",
          about: "At the growth of now. No line: the limit does not come closer.",
          curves: [{ ...leak("eta"), keep: "min" }],
          width: 8,
        },
        {
          title: "Resident memory",
          about: "Memory that grows without descriptors: jobs pile up in gearmand.",
          curves: [leak("rss")],
          width: 8,
          thresholds: true,
        },
      ],
    },
  ],
  [
    "check_liveproxy",
    {
      title: "Livestatus sites (check_liveproxy)",
      graphs: [
        {
          title: "Sites",
          about: "How many are ready, starting and down.",
          curves: [{ ...sites("sites_ready"), keep: "min" }, sites("sites_starting"), sites("sites_down")],
          width: 6,
        },
        {
          title: "Time to answer",
          about: "Of each site, asked through the proxy.",
          curves: [sites("<site>_time")],
          width: 6,
          thresholds: true,
        },
        {
          title: "Channels in use",
          about: "In % of the channels the proxy has to a site. At 100 % clients wait.",
          curves: [{ ...sites("<site>_channels_busy"), share: true }],
          width: 6,
          thresholds: true,
        },
        {
          title: "State file and heartbeats",
          about: "Age of the state file, and time since the last heartbeat of each site.",
          curves: [sites("state_age"), sites("<site>_heartbeat_age")],
          width: 6,
          thresholds: true,
        },
      ],
    },
  ],
];

const own = Array.from(CONTRIBS).flatMap(([plugin, { row }]): readonly (readonly [string, Row])[] => {
  if (row === undefined) return [];
  const graphs = row.graphs.map(({ curves, ...graph }) => ({
    ...graph,
    curves: curves.map(({ of, ...curve }) => ({ ...curve, plugin, label: of.declared.label })),
  }));
  return [[plugin, { ...row, graphs }]];
});

/**
 * What the dashboards show, in the order of the plugins' names. Ranges such as `1:` are not stored by any writer of Icinga 2, so
 * those thresholds have no line.
 */
export const ROWS: readonly Row[] = [...CENTRAL, ...own]
  .sort(([a], [b]) => Number(a > b) - Number(a < b))
  .map(([, row]) => row);
