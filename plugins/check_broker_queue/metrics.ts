import { CheckError, printable, Status } from "monitoring-plugins-ts";
import type { HttpResponse } from "monitoring-plugins-ts/http";

import { type Measurement, parseExposition, parseLabels } from "./exposition.ts";
import type { Alarm, Queue, Told, Use } from "./facts.ts";
import { type Connection, Stranger, send } from "./source.ts";

/** What is asked for of queues, and where each family tells it. */
const FAMILIES = { queue_coarse_metrics: "messages_ready", queue_consumer_count: "consumers" } as const;

const OF_QUEUE = "rabbitmq_detailed_queue_";

const ALARMS = {
  rabbitmq_alarms_memory_used_watermark: "memory",
  rabbitmq_alarms_free_disk_space_watermark: "disk",
  rabbitmq_alarms_file_descriptor_limit: "file_descriptor_limit",
} as const;

const UNROUTABLE = ["dropped", "returned"].map((how) => `rabbitmq_global_messages_unroutable_${how}_total`);

/** Of a queue, in the order of use. */
const COUNTS = ["messages_ready", "messages_unacked", "consumers"] as const;
type Counts = Map<string, number>;

/** What this endpoint does not tell of a queue, or at a price that grows with the number of queues. */
const UNTOLD = {
  oldestSeconds: undefined,
  published: undefined,
  delivered: undefined,
  acknowledged: undefined,
  state: undefined,
  node: undefined,
  members: undefined,
  online: undefined,
  holdsDeadLetters: false,
  isStream: false,
} as const;

/**
 * One node of RabbitMQ, by its Prometheus endpoint (plugin rabbitmq_prometheus), which counts also where the management's statistics
 * are off: queues that live on this node, without what passed through them.
 */
export async function rabbitmqMetrics(connection: Connection): Promise<Told> {
  const families = Object.keys(FAMILIES).map((family) => `&family=${family}`);
  const vhost = `vhost=${encodeURIComponent(connection.vhost)}`;
  const queues = await fetchQueues(connection, `metrics/detailed?${vhost}${families.join("")}`);
  return { ...(await fetchNode(connection)), queues };
}

async function fetchQueues(connection: Connection, path: string): Promise<readonly Queue[]> {
  const text = await get(connection, path);
  const { host } = connection.url;
  for (const [family, what] of Object.entries(FAMILIES)) {
    if (!text.includes(`# TYPE ${OF_QUEUE}${what} gauge\n`)) {
      throw new CheckError(Status.UNKNOWN, `${host} knows no family ${family}: it takes RabbitMQ 3.9 or later`);
    }
  }
  const [ready, unacknowledged, consumers] = COUNTS.map(() => new Map<string, number>()) as [Counts, Counts, Counts];
  const counts = new Map([ready, unacknowledged, consumers].map((count, at) => [`${OF_QUEUE}${COUNTS[at]}`, count]));
  const isEscaped = escapes(text);
  for (const { name, labels, value } of measurements(connection, text)) {
    const count = counts.get(name);
    if (count === undefined) continue;
    const queue = queueOf(labels, connection.vhost, isEscaped);
    if (queue === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0) {
      const shown = printable(queue, 100);
      throw new CheckError(Status.UNKNOWN, `${host} answers with a queue whose ${name} is no count: '${shown}'`);
    }
    count.set(queue, value);
  }
  if (ready.size === 0) {
    const place = printable(connection.vhost, 100);
    throw new CheckError(
      Status.UNKNOWN,
      `${host} tells of no queue in vhost ${place}: there is no such vhost, or none of its queues lives on this node`,
    );
  }
  return Array.from(ready, ([name, count]) => ({
    ...UNTOLD,
    name,
    ready: count,
    unacknowledged: unacknowledged.get(name),
    consumers: consumers.get(name),
  }));
}

/** What the node tells of itself. */
async function fetchNode(connection: Connection): Promise<Omit<Told, "queues">> {
  const text = await get(connection, "metrics");
  const values = new Map<string, number>();
  let node: string | undefined;
  for (const { name, labels, value } of measurements(connection, text)) {
    if (name === "rabbitmq_identity_info") node = parseLabels(labels)?.get("rabbitmq_node");
    // of one for each protocol the sum
    values.set(name, (values.get(name) ?? 0) + value);
  }
  const of = (used: string, most: string): Use | undefined => {
    const [part, whole] = [values.get(used), values.get(most)];
    if (part === undefined || whole === undefined || !(part >= 0 && whole > 0)) return undefined;
    return { percent: Math.round((part / whole) * 1000) / 10, node };
  };
  const alarms = Object.entries(ALARMS).flatMap(([name, resource]): Alarm[] =>
    values.get(name) === 1 ? [{ node: node ?? connection.url.host, resource }] : [],
  );
  const knowsAlarms = Object.keys(ALARMS).some((name) => values.has(name));
  const uptime = values.get("rabbitmq_erlang_uptime_seconds");
  const unroutable = UNROUTABLE.map((name) => values.get(name) ?? Number.NaN).reduce((sum, count) => sum + count);
  const on = node === undefined ? "" : ` on node ${printable(node, 100)}`;
  return {
    peer: connection.url.host,
    place: `vhost ${printable(connection.vhost, 100)}${on}`,
    alarms: knowsAlarms ? alarms : undefined,
    memory: of("rabbitmq_process_resident_memory_bytes", "rabbitmq_resident_memory_limit_bytes"),
    // what has to be free, of what is
    store: of("rabbitmq_disk_space_available_limit_bytes", "rabbitmq_disk_space_available_bytes"),
    deadLetters: undefined,
    unroutable: Number.isSafeInteger(unroutable) ? unroutable : undefined,
    uptimes: new Map(node === undefined || uptime === undefined ? [] : [[node, uptime]]),
    withheld: undefined,
    counting: "at once",
    countless: `${connection.url.host} does not tell them`,
  };
}

/**
 * RabbitMQ writes names as they are, quotes and all, until 3.11.27 and 3.12.10 (https://github.com/rabbitmq/rabbitmq-server/pull/9656).
 */
function escapes(text: string): boolean {
  const [, ...version] = /^rabbitmq_build_info\{rabbitmq_version="(\d+)\.(\d+)\.(\d+)/m.exec(text) ?? [];
  const [major = 0, minor = 0, patch = 0] = version.map(Number);
  const first = minor < 12 ? 1128 : 1211;
  return major > 3 || (major === 3 && minor * 100 + patch >= first);
}

/** The queue that a line is of; undefined for one of another vhost. */
function queueOf(labels: string, vhost: string, isEscaped: boolean): string | undefined {
  const known = isEscaped ? parseLabels(labels) : undefined;
  if (known !== undefined) return known.get("vhost") === vhost ? known.get("queue") : undefined;
  const before = `vhost="${vhost}",queue="`;
  return labels.startsWith(before) && labels.endsWith('"') ? labels.slice(before.length, -1) : undefined;
}

function* measurements({ url }: Connection, text: string): Iterable<Measurement> {
  try {
    yield* parseExposition(text);
  } catch (error) {
    const line = printable((error as Error).message, 60);
    throw new CheckError(Status.UNKNOWN, `${url.host} answers with a line that is no metric: '${line}'`);
  }
}

/** The text of an answer that is RabbitMQ's. */
async function get(connection: Connection, path: string): Promise<string> {
  const { url, login } = connection;
  // the address may be that which Prometheus has
  const base = new URL(url.pathname.endsWith("/metrics/") ? ".." : ".", url);
  const answer = await send({ ...connection, url: base }, path, undefined, { accept: "text/plain" });
  if (answer.status === 401 || answer.status === 403) {
    const who = login === undefined ? "asks for user and password: give them by --auth-file" : undefined;
    throw new CheckError(Status.UNKNOWN, `${url.host} ${who ?? `refuses user ${printable(login?.user ?? "", 100)}`}`);
  }
  if (answer.status !== 200) throw failed(connection, answer);
  if (!/^# TYPE (?:rabbitmq|erlang|telemetry)_/m.test(answer.body)) throw strange(connection, answer);
  return answer.body;
}

function failed({ url }: Connection, { status }: HttpResponse): CheckError {
  if (status >= 500) return new CheckError(Status.CRITICAL, `${url.host} answers with HTTP status ${status}`);
  return new Stranger(`${url.host} is not RabbitMQ's Prometheus endpoint: it answers with HTTP status ${status}`);
}

function strange({ url }: Connection, { headers, body }: HttpResponse): CheckError {
  const type = printable(headers["content-type"] ?? "no type", 60);
  const begin = printable(body.trim().slice(0, 41), 40);
  return new Stranger(
    `${url.host} is not RabbitMQ's Prometheus endpoint: it answers with ${type}, not its metrics: '${begin}'`,
  );
}
