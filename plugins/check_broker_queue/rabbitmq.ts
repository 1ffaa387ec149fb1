import { CheckError, printable, Status } from "monitoring-plugins-ts";

import { DEAD_LETTER_COLUMNS, deadLetters } from "./dead-letters.ts";
import type { Alarm, Queue, Told, Use } from "./facts.ts";
import { failed, missing, readJson, strange } from "./management.ts";
import { type Connection, send } from "./source.ts";

/** Only these are sent: all a queue has is 50 times as long. */
const COLUMNS = [
  "name,type,state,node,messages_ready,messages_unacknowledged,consumers,members,online,head_message_timestamp",
  "message_stats.publish,message_stats.deliver_get,message_stats.ack,message_stats.deliver_no_ack,message_stats.get_no_ack",
  DEAD_LETTER_COLUMNS,
].join();

const NODE_COLUMNS = "name,uptime,mem_used,mem_limit,disk_free,disk_free_limit";

type Row = Readonly<Record<string, unknown>>;

/** RabbitMQ, by its management API. */
export async function rabbitmq(connection: Connection, only: string | undefined): Promise<Told> {
  const rows = await fetchQueues(connection, only);
  const alarms = await fetchAlarms(connection);
  const nodes = await fetchNodes(connection);
  const { unroutable, hasNoStatistics, hasCounters } = await fetchOverview(connection);
  const queues = rows.map((row) => readQueue(row, connection, hasCounters));
  return {
    peer: connection.url.host,
    place: `vhost ${printable(connection.vhost, 100)}`,
    queues,
    alarms,
    memory: fullest(nodes.rows, "mem_used", "mem_limit"),
    // what has to be free, of what is
    store: fullest(nodes.rows, "disk_free_limit", "disk_free"),
    // of one queue nobody wants to know
    deadLetters: only === undefined ? await deadLetters(connection, rows, queues) : undefined,
    unroutable,
    uptimes: uptimesOf(nodes.rows),
    withheld: nodes.withheld,
    counting: hasNoStatistics ? "never" : "late",
    countless: hasNoStatistics
      ? "the broker's management statistics are off"
      : "it is younger than 5 s, or the broker's management statistics are off",
  };
}

/**
 * The queues of the vhost. Of one that is named only that is asked for; when it is not there, the list tells why: a classic
 * queue whose node is down is in the list alone.
 */
async function fetchQueues(connection: Connection, only: string | undefined): Promise<readonly Row[]> {
  const { vhost } = connection;
  if (isStep(vhost))
    throw new CheckError(Status.UNKNOWN, `vhost ${vhost} has no address: ${vhost} is a step in a path`);
  const path = `api/queues/${encodeURIComponent(vhost)}`;
  if (only !== undefined && !isStep(only)) {
    const answer = await send(connection, `${path}/${encodeURIComponent(only)}?columns=${COLUMNS}`);
    if (answer.status !== 404) return [readJson(connection, answer) as Row];
  }
  const answer = await send(connection, `${path}?columns=${COLUMNS}`);
  if (answer.status === 404) throw await missing(connection, answer);
  const list = readJson(connection, answer);
  if (!Array.isArray(list)) throw strange(connection, answer);
  return list;
}

/** What leads to another path, also where its dots are escaped. */
const isStep = (name: string) => name === "." || name === "..";

/** Nodes that run short of something, at once and without statistics. Undefined where the broker is too old to tell. */
async function fetchAlarms(connection: Connection): Promise<readonly Alarm[] | undefined> {
  const answer = await send(connection, "api/health/checks/alarms");
  if (answer.status === 404) return undefined;
  const content = readJson(connection, answer, 503) as { alarms?: unknown };
  if (answer.status === 200) return [];
  if (!Array.isArray(content.alarms)) throw failed(connection, answer);
  return content.alarms.map((alarm: Row | null) => ({
    node: String(alarm?.node ?? "a node"),
    resource: String(alarm?.resource ?? "an"),
  }));
}

/** The nodes of the cluster, which are for users with the tag monitoring alone; else none, and why. */
async function fetchNodes(
  connection: Connection,
): Promise<{ readonly rows: readonly Row[]; readonly withheld: string | undefined }> {
  const answer = await send(connection, `api/nodes?columns=${NODE_COLUMNS}`);
  try {
    const rows = readJson(connection, answer);
    if (!Array.isArray(rows)) throw strange(connection, answer);
    return { rows: rows.map((row) => row ?? {}), withheld: undefined };
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    return { rows: [], withheld: error.message };
  }
}

/** Whether the broker counts at all, and what passes through queues; messages that no queue took since it does: dropped, or returned to who sent them. */
async function fetchOverview(connection: Connection): Promise<{
  readonly unroutable: number | undefined;
  readonly hasNoStatistics: boolean;
  readonly hasCounters: boolean;
}> {
  const columns = "disable_stats,rates_mode,message_stats.drop_unroutable,message_stats.return_unroutable";
  const answer = await send(connection, `api/overview?columns=${columns}`);
  try {
    const { disable_stats: isOff, rates_mode: mode, message_stats: stats } = readJson(connection, answer) as Row;
    const { drop_unroutable: dropped = 0, return_unroutable: returned = 0 } = (stats ?? {}) as Row;
    const hasNoStatistics = isOff === true;
    // without rates there are no counters, which otherwise are not told while they are 0
    const hasCounters = mode !== "none";
    const isKnown = hasCounters && !hasNoStatistics && isAmount(dropped) && isAmount(returned);
    return { unroutable: isKnown ? dropped + returned : undefined, hasNoStatistics, hasCounters };
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    return { unroutable: undefined, hasNoStatistics: false, hasCounters: true };
  }
}

const isAmount = (value: unknown): value is number => typeof value === "number" && value >= 0 && value < 1e18;

/** The node that uses most of what it has. */
function fullest(nodes: readonly Row[], used: string, most: string): Use | undefined {
  const uses = nodes.flatMap(({ name, [used]: part, [most]: whole }): Use[] => {
    if (!isAmount(part) || !isAmount(whole) || whole === 0) return [];
    return [{ percent: Math.round((part / whole) * 1000) / 10, node: String(name) }];
  });
  return uses.toSorted((a, b) => b.percent - a.percent)[0];
}

const uptimesOf = (nodes: readonly Row[]): ReadonlyMap<string, number> =>
  new Map(nodes.flatMap(({ name, uptime }) => (isAmount(uptime) ? [[String(name), uptime / 1000] as const] : [])));

/** @throws CheckError naming the queue when what it tells is nothing to count with */
function readQueue(row: Row, { url }: Connection, hasCounters: boolean): Queue {
  const { name, type, state, node, members, online, head_message_timestamp: head, message_stats: told } = row ?? {};
  if (typeof name !== "string") throw wrong(url, name, "name is no text");
  const ready = countOf(url, name, "messages_ready", row.messages_ready);
  // what has never happened is not told
  const isCounted = hasCounters && ready !== undefined;
  const stats = (told ?? {}) as Row;
  return {
    name,
    ready,
    unacknowledged: countOf(url, name, "messages_unacknowledged", row.messages_unacknowledged),
    consumers: countOf(url, name, "consumers", row.consumers),
    oldestSeconds: isAmount(head) && head > 0 ? ageOf(head) : undefined,
    published: isCounted ? (countOf(url, name, "publish", stats.publish) ?? 0) : undefined,
    delivered: isCounted ? (countOf(url, name, "deliver_get", stats.deliver_get) ?? 0) : undefined,
    // consumers that do not acknowledge by design take for good
    acknowledged: isCounted
      ? (countOf(url, name, "ack", stats.ack) ?? 0) +
        (countOf(url, name, "deliver_no_ack", stats.deliver_no_ack) ?? 0) +
        (countOf(url, name, "get_no_ack", stats.get_no_ack) ?? 0)
      : undefined,
    state: typeof state === "string" ? state : undefined,
    node: typeof node === "string" ? node : undefined,
    members: readNames(members),
    online: readNames(online),
    // another queue may name one of work, such as one in which messages wait to be tried again
    holdsDeadLetters: false,
    isStream: type === "stream",
  };
}

/** No second of our days has so many digits: publishers write milliseconds, too. */
const FIRST_MS = 1e11;

/** A clock that is behind the publisher's must not make it younger than it can be. */
const ageOf = (stamp: number) => {
  const seconds = stamp < FIRST_MS ? stamp : stamp / 1000;
  return Math.max(0, Math.round(Date.now() / 1000 - seconds));
};

/** @returns undefined for what is not told @throws CheckError when it is no count */
function countOf(url: URL, name: string, key: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(url, name, `${key} is no count`);
  return value as number;
}

const wrong = ({ host }: URL, name: unknown, what: string) =>
  new CheckError(Status.UNKNOWN, `${host} answers with a queue whose ${what}: '${printable(String(name), 100)}'`);

const readNames = (value: unknown) => (Array.isArray(value) ? value.map(String) : undefined);
