import { CheckError, type Context, Status, sleep } from "monitoring-plugins-ts";
import { HttpClient, type HttpOptions } from "monitoring-plugins-ts/http";

import { speaksAmqp } from "./amqp.ts";
import type { Answered, Queue, Told } from "./facts.ts";
import { filled } from "./second-source.ts";
import { type Connection, Standby } from "./source.ts";
import { ask, isMetrics, metricsOf, type Type } from "./sources.ts";
import { within } from "./within.ts";

/** Pause between two looks: the broker's own statistics are seconds old. */
const PAUSE_MS = 500;

/** Time kept for the answer when a second look takes all there is. */
const RESERVE_MS = 500;

/** Longest answer taken: 10,000 queues are 2 MB. */
const MAX_BYTES = 24 * 1024 * 1024;

/** How to ask. */
export interface Probe {
  /** Nodes in the order given. */
  readonly nodes: readonly Omit<Connection, "http">[];
  readonly http: Pick<HttpOptions, "family" | "tls">;
  /** What they are, where that is not left to their answers. */
  readonly type: Type | undefined;
  /** The one queue that is asked for, if it is one. */
  readonly only: string | undefined;
  /** How long what looks wrong has to last to be believed, in seconds. */
  readonly confirmSeconds: number;
  /** Whether a queue deserves a second look. */
  readonly isSuspect: (queue: Queue) => boolean;
}

/**
 * Asks one node after the other until one answers, each for its share of the time that is left.
 *
 * @throws CheckError of the first that is down when none serves
 */
export async function probe(probe: Probe, context: Context): Promise<Answered> {
  const http = new HttpClient({ ...probe.http, signal: context.signal, maxBytes: MAX_BYTES });
  try {
    return await askInTurn(http, probe, context);
  } finally {
    http.close();
  }
}

async function askInTurn(http: HttpClient, probe: Probe, context: Context): Promise<Answered> {
  const refused: CheckError[] = [];
  for (const [at, node] of probe.nodes.entries()) {
    const seconds = Math.max(0, context.remainingMs() - RESERVE_MS) / 1000 / (probe.nodes.length - at);
    const isLast = at === probe.nodes.length - 1;
    try {
      const look = (by: HttpClient) => ask({ ...node, http: by }, probe.only, probe.type);
      const facts = await (isLast ? look(http) : within(seconds, http.options, look));
      return { ...(await confirm({ ...node, http }, facts, probe, context)), refused };
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      // what answers decides, even if it says no
      if (error.status !== Status.CRITICAL || context.signal.aborted) throw error;
      refused.push(await explained(error, node.url, http.options));
    }
  }
  throw failureOf(refused);
}

/** What is wrong when no node serves: a standby is so only where its active node was asked, too. */
function failureOf(refused: readonly CheckError[]): Error {
  const [first, ...others] = refused;
  if (first instanceof Standby && others.length === 0) {
    return new CheckError(Status.UNKNOWN, `${first.message}: name the active one by another -H`);
  }
  return refused.find((error) => !(error instanceof Standby)) ?? first ?? new Error("no node to ask");
}

/** Ports of the management API, which is a plugin that is off at first. */
const MANAGEMENT = new Set(["15672", "15671"]);

/** Nobody on the management's port, and a broker on its own, is no outage. */
async function explained(error: CheckError, { hostname, port }: URL, http: HttpOptions): Promise<CheckError> {
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  if (code !== "ECONNREFUSED" || !MANAGEMENT.has(port)) return error;
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (!(await speaksAmqp(host, http))) return error;
  const message = `nobody listens on port ${port} of ${host}, where RabbitMQ runs without its management API: rabbitmq-plugins enable rabbitmq_management`;
  return new CheckError(Status.UNKNOWN, message, { cause: error });
}

/**
 * Asks again while a queue seems to have no consumer, or has no counts; what the node will never count is asked of its Prometheus
 * endpoint.
 *
 * @returns the newest answer, in which each queue that was in doubt has the most consumers seen meanwhile
 */
async function confirm(node: Connection, first: Told, probe: Probe, context: Context): Promise<Told> {
  const seconds = () => Math.max(0, context.remainingMs() - RESERVE_MS) / 1000;
  const given = probe.nodes.flatMap((one) => (isMetrics(one.url) ? [{ ...one, http: node.http }] : []));
  const metrics = given.length > 0 ? given : [metricsOf(node)];
  const fill = (told: Told) => filled(told, metrics, seconds(), probe.isSuspect);
  const complete = async (told: Told) => (told.counting === "never" ? await fill(told) : told);

  const until = process.uptime() + Math.min(probe.confirmSeconds, seconds());
  const most = new Map<string, number>();
  let newest = await complete(first);
  // to wait helps no queue that will never have counts
  const isSuspect = (queue: Queue) =>
    probe.isSuspect(queue) && !(newest.counting === "never" && queue.consumers === undefined);
  while (process.uptime() < until && newest.queues.some(isSuspect)) {
    for (const queue of newest.queues) {
      if (isSuspect(queue)) most.set(queue.name, Math.max(queue.consumers ?? 0, most.get(queue.name) ?? 0));
    }
    context.log("a queue without consumer, or without counts: asking again");
    await sleep(Math.min(PAUSE_MS, (until - process.uptime()) * 1000));
    try {
      const again = await complete(await ask(node, probe.only, probe.type));
      const queues = again.queues.map((queue) => {
        const seen = most.get(queue.name);
        const { consumers } = queue;
        return seen === undefined || consumers === undefined
          ? queue
          : { ...queue, consumers: Math.max(consumers, seen) };
      });
      newest = { ...again, queues };
    } catch (error) {
      // the deadline cut a look short: what was seen before is still true
      if (context.signal.aborted) break;
      throw error;
    }
  }
  return newest.counting === "late" && !context.signal.aborted ? await fill(newest) : newest;
}
