import { createServer } from "node:http";
import { json } from "node:stream/consumers";

import { own } from "#test/servers/misbehaving.ts";
import type { Owner } from "#test/support/owner.ts";

/** Attributes of an MBean. */
export type Bean = Readonly<Record<string, unknown>>;

/** A queue of ActiveMQ Classic whose counts are known. */
export const classicQueue = (name: string, size: number, consumers: number, more: Bean = {}): Bean => ({
  Name: name,
  QueueSize: size,
  InFlightCount: 0,
  ConsumerCount: consumers,
  EnqueueCount: size,
  DispatchCount: 0,
  DequeueCount: 0,
  DLQ: false,
  Paused: false,
  ...more,
});

/** A queue of Artemis whose counts are known. */
export const artemisQueue = (name: string, count: number, consumers: number, more: Bean = {}): Bean => ({
  Name: name,
  Address: name,
  MessageCount: count,
  DeliveringCount: 0,
  ConsumerCount: consumers,
  MessagesAdded: count,
  MessagesAcknowledged: 0,
  FirstMessageAge: count === 0 ? null : 5000,
  DeadLetterAddress: "DLQ",
  Paused: false,
  Temporary: false,
  InternalQueue: false,
  ...more,
});

const CLASSIC = {
  broker: {
    BrokerName: "one",
    Slave: false,
    StatisticsEnabled: true,
    UptimeMillis: 3_600_000,
    MemoryPercentUsage: 2,
    StorePercentUsage: 1,
    TempPercentUsage: 0,
  },
  mbean: ({ Name }: Bean) =>
    `org.apache.activemq:brokerName=one,destinationName=${Name},destinationType=Queue,type=Broker`,
};

const ARTEMIS = {
  broker: {
    Name: "one",
    Backup: false,
    UptimeMillis: 3_600_000,
    AddressMemoryUsagePercentage: 2,
    DiskStoreUsage: 0.45,
    MaxDiskUsage: 90,
  },
  mbean: ({ Name, Address }: Bean) =>
    `org.apache.activemq.artemis:broker="one",component=addresses,address="${Address}",subcomponent=queues,routing-type="anycast",queue="${Name}"`,
};

export interface FakeJolokia {
  readonly url: string;
  /** Changed while it runs, to show another state. */
  queues: readonly Bean[];
  broker: Bean;
  /** In place of what it would answer. */
  answer: ((usual: readonly object[]) => unknown) | undefined;
  /** How many requests there have been. */
  requests: number;
}

interface Question {
  readonly type: string;
  readonly mbean?: string;
  readonly attribute?: readonly string[];
}

/**
 * A stand-in of Jolokia at an ActiveMQ Classic or an Artemis, as far as the check asks: for what a real one cannot be made to answer,
 * and for Artemis, whose answers are made after its documentation.
 */
export async function fakeJolokia(
  owner: Owner,
  kind: "classic" | "artemis",
  ...queues: readonly Bean[]
): Promise<FakeJolokia> {
  const { broker, mbean: nameOf } = kind === "classic" ? CLASSIC : ARTEMIS;
  const fake: Omit<FakeJolokia, "url"> = { queues, broker, answer: undefined, requests: 0 };
  const answerOf = ({ type, mbean = "", attribute = [] }: Question) => {
    const request = { type, mbean, attribute };
    if (type === "version") return { request, value: { agent: "1.7.1", protocol: "7.2", config: {} }, status: 200 };
    const told = (bean: Bean) =>
      Object.fromEntries(attribute.filter((key) => key in bean).map((key) => [key, bean[key]]));
    const isOther = mbean.startsWith("org.apache.activemq.artemis:") !== (kind === "artemis");
    const isOfQueues = /destinationType=Queue|subcomponent=queues/.test(mbean);
    const [, only = "*"] = /,destinationName=(.*)$/.exec(mbean) ?? [];
    const beans = isOfQueues
      ? fake.queues.filter(({ Name }) => only === "*" || Name === only).map((queue) => [nameOf(queue), told(queue)])
      : [["broker", told(fake.broker)]];
    if (isOther || beans.length === 0) {
      const error_type = "javax.management.InstanceNotFoundException";
      const error = `${error_type} : No MBean with pattern ${mbean} found for reading attributes`;
      return { request, error_type, error, status: 404 };
    }
    return { request, value: Object.fromEntries(beans), timestamp: 1_764_000_000, status: 200 };
  };
  const server = createServer(async (request, response) => {
    fake.requests++;
    const usual = ((await json(request)) as readonly Question[]).map(answerOf);
    response.writeHead(200, { "content-type": "text/plain;charset=utf-8" });
    response.end(JSON.stringify(fake.answer === undefined ? usual : fake.answer(usual)));
  });
  const place = kind === "classic" ? "api" : "console";
  return Object.assign(fake, { url: `http://${(await own(owner, server)).address}/${place}/jolokia` });
}
