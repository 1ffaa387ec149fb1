import { CheckError } from "monitoring-plugins-ts";

import { messagesIn, type Queue } from "./facts.ts";
import { readJson, strange } from "./management.ts";
import { type Connection, send } from "./source.ts";

/** What of a queue says where its dead letters go: its own arguments before a policy. */
export const DEAD_LETTER_COLUMNS = ["arguments.x-", "effective_policy_definition."]
  .flatMap((where) => ["dead-letter-exchange", "dead-letter-routing-key"].map((what) => where + what))
  .join();

/** For so many exchanges each is asked for by itself; of more the bindings of all are one list. */
const FEW = 5;

type Row = Readonly<Record<string, unknown>>;

/**
 * How many messages lie in the queues to which others give up theirs.
 *
 * @param rows what the broker tells of these queues
 * @returns undefined where there is no such queue, or the broker does not tell
 */
export async function deadLetters(
  connection: Connection,
  rows: readonly Row[],
  queues: readonly Queue[],
): Promise<number | undefined> {
  const targets = new Set<unknown>();
  /** The keys by which dead letters come to an exchange; undefined for their own. */
  const exchanges = new Map<string, Set<unknown>>();
  for (const row of rows) {
    // most of them have neither
    if (row.arguments === undefined && row.effective_policy_definition === undefined) continue;
    const { "x-dead-letter-exchange": ownExchange, "x-dead-letter-routing-key": ownKey } = (row.arguments ?? {}) as Row;
    const { "dead-letter-exchange": exchange, "dead-letter-routing-key": key } = (row.effective_policy_definition ??
      {}) as Row;
    const [from, to] = typeof ownExchange === "string" ? [ownExchange, ownKey] : [exchange, key];
    if (from === "") targets.add(to);
    else if (typeof from === "string") exchanges.set(from, (exchanges.get(from) ?? new Set()).add(to));
  }
  try {
    if (exchanges.size > 0) for (const queue of await boundTo(connection, exchanges)) targets.add(queue);
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    return undefined;
  }
  return targets.size === 0 ? undefined : messagesIn(queues.filter(({ name }) => targets.has(name)));
}

/** The queues that get what comes to these exchanges. Those bound by its very key, else all: a fanout looks at none, a topic has patterns. */
async function boundTo(
  connection: Connection,
  exchanges: ReadonlyMap<string, ReadonlySet<unknown>>,
): Promise<readonly unknown[]> {
  const vhost = encodeURIComponent(connection.vhost);
  const each = [...exchanges.keys()].map(
    (name) => `api/exchanges/${vhost}/${encodeURIComponent(name)}/bindings/source`,
  );
  const bindings = new Map<unknown, Row[]>();
  for (const path of exchanges.size > FEW ? [`api/bindings/${vhost}`] : each) {
    const answer = await send(connection, `${path}?columns=source,destination,destination_type,routing_key`);
    // an exchange that is not there takes nothing
    const list = answer.status === 404 ? [] : readJson(connection, answer);
    if (!Array.isArray(list)) throw strange(connection, answer);
    for (const binding of list as readonly (Row | null)[]) {
      if (binding?.destination_type !== "queue") continue;
      const others = bindings.get(binding.source);
      if (others === undefined) bindings.set(binding.source, [binding]);
      else others.push(binding);
    }
  }
  return [...exchanges].flatMap(([exchange, keys]) => {
    const all = bindings.get(exchange) ?? [];
    const exact = all.filter(({ routing_key: key }) => keys.has(key));
    return (keys.has(undefined) || exact.length === 0 ? all : exact).map(({ destination }) => destination);
  });
}
