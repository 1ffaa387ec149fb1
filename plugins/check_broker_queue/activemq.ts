import { type Alarm, deadLettersIn, type Queue, type Told, type Use } from "./facts.ts";
import { activeBroker, amountOf, type Bean, countOf, nameOf, readBeans, sorted } from "./jolokia.ts";
import type { Connection } from "./source.ts";

const BROKER = "org.apache.activemq:type=Broker,brokerName=*";

/** Of a broker that waits, all others are errors. */
const BROKER_ATTRIBUTES = [
  ...["BrokerName", "Slave", "StatisticsEnabled", "UptimeMillis"],
  ...["MemoryPercentUsage", "StorePercentUsage", "TempPercentUsage"],
];

const QUEUE_ATTRIBUTES = [
  ...["Name", "QueueSize", "InFlightCount", "ConsumerCount", "EnqueueCount", "DispatchCount", "DequeueCount"],
  ...["DLQ", "Paused"],
];

/** What of a broker is full when no more is taken from publishers. */
const LIMITS = { memory: "MemoryPercentUsage", store: "StorePercentUsage", "temporary store": "TempPercentUsage" };

/** ActiveMQ Classic, by Jolokia. */
export async function activemq(connection: Connection, only: string | undefined): Promise<Told> {
  const [brokers = [], listed = []] = await readBeans(connection, [
    { pattern: BROKER, attributes: BROKER_ATTRIBUTES },
    queuesOf(only === undefined ? "*" : encodeName(only)),
  ]);
  const { name, bean: broker } = activeBroker(
    connection,
    "ActiveMQ",
    brokers.map((bean) => ({ name: String(bean.BrokerName), isStandby: bean.Slave === true, bean })),
  );
  const found = listed.filter(({ Name }) => only === undefined || Name === only);
  // the names of MBeans are written in another way by other versions
  const beans = found.length > 0 || only === undefined ? found : (await readBeans(connection, [queuesOf("*")]))[0];
  const hasCounts = broker.StatisticsEnabled !== false;
  const queues = sorted(
    connection,
    (beans ?? []).map((bean) => readQueue(connection, bean, hasCounts)),
  );
  const uptime = amountOf(broker.UptimeMillis);
  return {
    peer: connection.url.host,
    place: `broker ${name}`,
    queues,
    alarms: alarmsOf(broker, name),
    memory: useOf(broker.MemoryPercentUsage),
    store: useOf(broker.StorePercentUsage),
    // without such a queue there has been none yet
    deadLetters: only === undefined && hasCounts ? (deadLettersIn(queues) ?? 0) : undefined,
    unroutable: undefined,
    uptimes: new Map(uptime === undefined ? [] : [[name, uptime / 1000]]),
    withheld: undefined,
    counting: "at once",
    countless: hasCounts ? "the broker could not tell them" : "the broker's statistics are off",
  };
}

/** What makes Jolokia tell the queues of a name, of which `*` stands for all. */
export const queuesOf = (name: string) => ({
  pattern: `${BROKER},destinationType=Queue,destinationName=${name}`,
  attributes: QUEUE_ATTRIBUTES,
});

/** As ActiveMQ writes the name of a queue into that of its MBean: `JMXSupport.encodeObjectNamePart`. */
const encodeName = (name: string) =>
  name
    .replaceAll(/[:,'"]/g, "_")
    .replaceAll("?", "&qe;")
    .replaceAll("=", "&amp;")
    .replaceAll("*", "&ast;");

function alarmsOf(broker: Bean, node: string): readonly Alarm[] {
  return Object.entries(LIMITS).flatMap(([resource, attribute]) =>
    (amountOf(broker[attribute]) ?? 0) >= 100 ? [{ node, resource }] : [],
  );
}

function useOf(value: unknown): Use | undefined {
  const percent = amountOf(value);
  return percent === undefined ? undefined : { percent, node: undefined };
}

/** @param hasCounts false where the broker does not count, and says 0 of all queues */
function readQueue(connection: Connection, bean: Bean, hasCounts: boolean): Queue {
  const size = countOf(connection, bean, "QueueSize", bean.QueueSize);
  const inFlight = countOf(connection, bean, "InFlightCount", bean.InFlightCount);
  const consumers = countOf(connection, bean, "ConsumerCount", bean.ConsumerCount);
  const published = countOf(connection, bean, "EnqueueCount", bean.EnqueueCount);
  const delivered = countOf(connection, bean, "DispatchCount", bean.DispatchCount);
  const acknowledged = countOf(connection, bean, "DequeueCount", bean.DequeueCount);
  const name = nameOf(connection, bean);
  const isTold = hasCounts && size !== undefined && inFlight !== undefined;
  return {
    name,
    // read one after the other, while messages move
    ready: isTold ? Math.max(0, size - inFlight) : undefined,
    unacknowledged: hasCounts ? inFlight : undefined,
    consumers: hasCounts ? consumers : undefined,
    oldestSeconds: undefined,
    published: hasCounts ? published : undefined,
    delivered: hasCounts ? delivered : undefined,
    acknowledged: hasCounts ? acknowledged : undefined,
    state: bean.Paused === true ? "paused" : "running",
    node: undefined,
    members: undefined,
    online: undefined,
    // the flag is lost when the broker starts anew
    holdsDeadLetters: bean.DLQ === true || /^ActiveMQ\.DLQ(\.|$)/.test(name),
    isStream: false,
  };
}
