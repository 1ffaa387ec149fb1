import { activemq } from "./activemq.ts";
import { artemis } from "./artemis.ts";
import type { Told } from "./facts.ts";
import { rabbitmqMetrics } from "./metrics.ts";
import { rabbitmq } from "./rabbitmq.ts";
import { type Connection, type Source, Stranger } from "./source.ts";

/** What can be asked, by the words of `--type`. */
export const SOURCES = { rabbitmq, "rabbitmq-metrics": rabbitmqMetrics, activemq, artemis } as const satisfies Record<
  string,
  Source
>;

export type Type = keyof typeof SOURCES;

/** Ports of RabbitMQ's Prometheus endpoint, plain and by TLS. */
const METRICS_PORTS: ReadonlySet<string> = new Set(["15692", "15691"]);

/** Whether an address looks like that of a Prometheus endpoint. */
export const isMetrics = ({ port, pathname }: URL) => METRICS_PORTS.has(port) || pathname.endsWith("/metrics/");

/** What is tried, in this order. Jolokia has no other place than the one that its address names. */
function typesAt(url: URL): readonly Type[] {
  if (url.pathname.endsWith("/jolokia/")) return ["activemq", "artemis"];
  return isMetrics(url) ? ["rabbitmq-metrics", "rabbitmq"] : ["rabbitmq", "rabbitmq-metrics"];
}

/**
 * Asks a broker of whatever kind it is, unless that is said.
 *
 * @throws CheckError when there is no answer, or none that any source understands
 */
export async function ask(connection: Connection, only: string | undefined, type: Type | undefined): Promise<Told> {
  let first: Stranger | undefined;
  for (const one of type === undefined ? typesAt(connection.url) : [type]) {
    try {
      return await SOURCES[one](connection, only);
    } catch (error) {
      if (!(error instanceof Stranger)) throw error;
      first ??= error;
    }
  }
  throw first ?? new Error("no source");
}

/** Where the node that an address is of has its Prometheus endpoint, unless somebody has changed that. */
export function metricsOf({ url, login: _, ...connection }: Connection): Connection {
  const beside = new URL("/", url);
  beside.port = url.protocol === "https:" ? "15691" : "15692";
  // it asks for no login unless made to, and the password is for the address that was given
  return { ...connection, url: beside, login: undefined };
}
