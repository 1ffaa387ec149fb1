import {
  defineProgram,
  flag,
  list,
  option,
  type ProgramContext,
  parseDecimal,
  selectionOptions,
  UsageError,
} from "monitoring-plugins-ts";
import {
  type Address,
  endpointsOf,
  parseAddress,
  parseAddresses,
  parsePort,
  readNetworkOptions,
  serverOptions,
  type TcpEndpoint,
} from "monitoring-plugins-ts/net";

import { exitCode, formatJson, formatText } from "./batch.ts";
import { COLOURS, quantities } from "./quantities.ts";
import { COLUMNS, type Column, type View } from "./table.ts";
import { Watch } from "./watch.ts";

const SERVER = "Job server";
const QUEUES = "Which queues, and how";
const OUTPUT = "Output";

/** The variable OMD sites name their job server by. */
const SERVER_VARIABLE = "CONFIG_GEARMAND_PORT";

/** More often would only keep the server busy. */
const SHORTEST = 0.1;

/** Seconds between two looks on the screen. */
const DEFAULT_INTERVAL = 1;

/** A day: more is a slip of the finger, and timers of Node end at 24 days. */
const LONGEST = 86_400;

/** @throws Error naming the text when it is no such number of seconds */
function parseSeconds(text: string): number {
  const seconds = parseDecimal(text);
  if (seconds === undefined || seconds < SHORTEST || seconds > LONGEST) {
    throw new Error(`'${text}' is not a number of seconds from ${SHORTEST} to ${LONGEST}`);
  }
  return seconds;
}

/** @throws Error naming the text when there is no such column */
function parseColumn(text: string): Column {
  const column = COLUMNS.find((name) => name === text);
  if (column === undefined) throw new Error(`'${text}' is not a column: use ${COLUMNS.join(", ")}`);
  return column;
}

const options = {
  ...serverOptions({
    section: SERVER,
    what: "Job server",
    port: 4730,
    note: ` (default: $${SERVER_VARIABLE}, else localhost)`,
  }),
  moreServers: list({
    flags: "-s, --server <host[:port]>",
    help: "The same as -H.",
    section: SERVER,
    selects: true,
    parse: parseAddresses,
  }),
  timeout: option({
    flags: "-t, --timeout <seconds>",
    help: "Longest wait for a server's answer, connecting included.",
    section: SERVER,
    parse: parseSeconds,
    default: "10",
  }),

  ...selectionOptions(QUEUES, "Queues"),
  hideIdle: flag({ flags: "-q, --quiet", help: "Hide queues with neither workers nor jobs.", section: QUEUES }),
  merge: flag({ flags: "--merge", help: "One line a queue, the servers in columns.", section: QUEUES }),
  sort: option({
    flags: "--sort <column>",
    help: `${COLUMNS.join(", ")}; numbers from the largest.`,
    section: QUEUES,
    parse: parseColumn,
    default: "name",
  }),
  reverse: flag({ flags: "-r, --reverse", help: "Sort the other way round.", section: QUEUES }),

  ...quantities,
  zeroWorkerCritical: flag({
    flags: "-x, --critical-zero-worker",
    help: "Red for every queue without worker.",
    section: COLOURS,
  }),

  interval: option({
    flags: "-i, --interval <seconds>",
    help: "Pause between two looks; fractions are allowed. With -b or --json: repeat for ever. (default: 1, with -b or --json: look once)",
    section: OUTPUT,
    parse: parseSeconds,
  }),
  batch: flag({ flags: "-b, --batch", help: "Plain text instead of a screen, once.", section: OUTPUT }),
  json: flag({ flags: "--json", help: "One line of JSON instead of a screen, once.", section: OUTPUT }),
  verbose: flag({ flags: "-v, --verbose", help: "With -b: how long each server took.", section: OUTPUT }),
};

const notes = `
On the screen, ? lists the keys; q ends it. NO_COLOR in the environment
switches colours off.

Exit codes: 0, and with -b or --json the worst of what kept a server from
answering: 2 if one could not be reached, 3 if one is no job server.

Examples:
  gearman_top -H gearmand.example.com
  gearman_top -H gearmand1.example.com,gearmand2.example.com --merge -q
  gearman_top -b --include 'hostgroup_*' --sort waiting
  gearman_top --json | jq '.servers[].queues[] | select(.waiting > 0)'
`;

export default defineProgram({
  name: "gearman_top",
  summary: "Shows the queues of Gearman job servers: their workers, and the jobs waiting and running.",
  usage: "[-H host[:port]] [-i seconds] [-q] [--merge] [-b] [--json]",
  options,
  notes,
  async run(options, context) {
    const connect = readNetworkOptions(options);
    const servers = endpoints([...options.server, ...options.moreServers], options.port, context.env);
    const watches = servers.map((server) => new Watch(server, connect, options.timeout));
    const view: View = {
      include: options.include,
      exclude: options.exclude,
      hideIdle: options.hideIdle,
      sort: options.sort,
      reverse: options.reverse,
      waiting: options.waiting,
      worker: options.worker,
      zeroWorkerCritical: options.zeroWorkerCritical,
    };
    const { merge, verbose, interval } = options;
    if (!options.batch && !options.json) {
      const { runScreen } = await import("./live.ts");
      return runScreen(watches, { view, merge, interval: interval ?? DEFAULT_INTERVAL }, context);
    }
    const [format, separator] = options.json ? ([formatJson, ""] as const) : ([formatText, "\n"] as const);
    const round = () =>
      format({ time: context.now(), servers: watches.map(({ facts }) => facts), view, merge, verbose });
    return printRounds(watches, interval, context, round, separator);
  },
});

/** @throws UsageError when the variable is no address */
function endpoints(
  given: readonly Address[],
  port: number,
  { [SERVER_VARIABLE]: variable = "" }: ProgramContext["env"],
): readonly TcpEndpoint[] {
  const addresses = given.length > 0 ? given : [variable === "" ? { host: "localhost" } : parseVariable(variable)];
  return endpointsOf(addresses, port);
}

function parseVariable(text: string): Address {
  try {
    // the variable's name promises a port, so one alone is taken for what it is
    return /^\d+$/.test(text) ? { host: "localhost", port: parsePort(text) } : parseAddress(text);
  } catch (cause) {
    throw new UsageError(`$${SERVER_VARIABLE}: ${(cause as Error).message}`, { cause });
  }
}

/** Prints once, or until nobody reads any more. @returns the exit code of the last round */
async function printRounds(
  watches: readonly Watch[],
  interval: number | undefined,
  context: ProgramContext,
  format: () => string,
  separator: string,
): Promise<number> {
  for (let isFirst = true; ; isFirst = false) {
    const start = process.uptime();
    await Promise.all(watches.map((watch) => watch.poll()));
    const isRead = context.print(isFirst ? format() : separator + format());
    if (interval === undefined || !isRead) return exitCode(watches.map(({ facts }) => facts));
    const pauseMs = Math.max(0, start + interval - process.uptime()) * 1000;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
