import { type Alarm, deadLettersIn, type Queue, type Told, type Use } from "./facts.ts";
import { activeBroker, amountOf, type Bean, countOf, nameOf, readBeans, sorted } from "./jolokia.ts";
import type { Connection } from "./source.ts";

const BROKER = "org.apache.activemq.artemis:broker=*";
const QUEUES = `${BROKER},component=addresses,address=*,subcomponent=queues,routing-type=*,queue=*`;

const BROKER_ATTRIBUTES = ["Name", "Backup", "UptimeMillis"];
const USE_ATTRIBUTES = ["AddressMemoryUsagePercentage", "DiskStoreUsage", "MaxDiskUsage"];

const QUEUE_ATTRIBUTES = [
  ...["Name", "Address", "MessageCount", "DeliveringCount", "ConsumerCount", "MessagesAdded", "MessagesAcknowledged"],
  ...["FirstMessageAge", "DeadLetterAddress", "Paused", "Temporary", "InternalQueue"],
];

/** ActiveMQ Artemis, by Jolokia: attributes as `ActiveMQServerControl` and `QueueControl` of its management API have them. */
export async function artemis(connection: Connection): Promise<Told> {
  const [brokers = [], listed = []] = await readBeans(connection, [
    { pattern: BROKER, attributes: [...BROKER_ATTRIBUTES, ...USE_ATTRIBUTES] },
    { pattern: QUEUES, attributes: QUEUE_ATTRIBUTES },
  ]);
  const { name, bean: broker } = activeBroker(
    connection,
    "ActiveMQ Artemis",
    brokers.map((bean) => ({ name: String(bean.Name), isStandby: bean.Backup === true, bean })),
  );
  // those of clients that ask for a reply, and the broker's own
  const beans = listed.filter(({ Temporary, InternalQueue }) => Temporary !== true && InternalQueue !== true);
  const deadLetterAddresses = new Set(beans.map(({ DeadLetterAddress }) => DeadLetterAddress));
  const queues = sorted(
    connection,
    beans.map((bean) => readQueue(connection, bean, deadLetterAddresses)),
  );
  const { memory, store } = usesOf(broker);
  const uptime = amountOf(broker.UptimeMillis);
  return {
    peer: connection.url.host,
    place: `broker ${name}`,
    queues,
    alarms: alarmsOf(store, name),
    memory,
    store,
    deadLetters: deadLettersIn(queues),
    unroutable: undefined,
    uptimes: new Map(uptime === undefined ? [] : [[name, uptime / 1000]]),
    withheld: undefined,
    counting: "at once",
    countless: "the broker could not tell them",
  };
}

/** Of the disk a part, of which at most so many percent may be used. */
function usesOf(broker: Bean): { readonly memory: Use | undefined; readonly store: Use | undefined } {
  const use = (percent: number | undefined) => (percent === undefined ? undefined : { percent, node: undefined });
  const disk = amountOf(broker.DiskStoreUsage);
  const most = amountOf(broker.MaxDiskUsage);
  return {
    memory: use(amountOf(broker.AddressMemoryUsagePercentage)),
    // -1 is no limit
    store: use(disk === undefined || !most ? undefined : Math.round((disk / most) * 100_000) / 10),
  };
}

/** Messages beyond its memory go to disk, unless an address is set up in another way: that is no alarm. */
const alarmsOf = (store: Use | undefined, node: string): readonly Alarm[] =>
  store !== undefined && store.percent >= 100 ? [{ node, resource: "disk" }] : [];

function readQueue(connection: Connection, bean: Bean, deadLetterAddresses: ReadonlySet<unknown>): Queue {
  const count = (attribute: string) => countOf(connection, bean, attribute, bean[attribute]);
  const messages = count("MessageCount");
  const delivering = count("DeliveringCount");
  const age = amountOf(bean.FirstMessageAge);
  return {
    name: nameOf(connection, bean),
    // read one after the other, while messages move
    ready: messages === undefined || delivering === undefined ? undefined : Math.max(0, messages - delivering),
    unacknowledged: delivering,
    consumers: count("ConsumerCount"),
    oldestSeconds: age === undefined || messages === 0 ? undefined : Math.round(age / 1000),
    published: count("MessagesAdded"),
    delivered: undefined,
    acknowledged: count("MessagesAcknowledged"),
    state: bean.Paused === true ? "paused" : "running",
    node: undefined,
    members: undefined,
    online: undefined,
    holdsDeadLetters: typeof bean.Address === "string" && deadLetterAddresses.has(bean.Address),
    isStream: false,
  };
}
