import type { Contrib } from "#generate/contrib.ts";

import { quantities } from "./quantities.ts";

const { ready, consumers, publish, ack, memory, store } = quantities;

export default {
  asksItsHost: true,
  services: [
    {
      title: "broker queue",
      about: "RabbitMQ takes messages, and the queue of results has a consumer.",
      hosts: "rabbitmq",
      options: { authFile: "/etc/monitoring/rabbitmq.auth", queue: ["results"] },
    },
    {
      suffix: "activemq",
      title: "activemq queue",
      about: "The same of an ActiveMQ, by its Jolokia.",
      hosts: "activemq_url",
      options: {
        server: { host: "activemq_url", sample: "http://activemq.example.com:8161/api/jolokia" },
        authFile: "/etc/monitoring/activemq.auth",
        queue: ["results"],
      },
    },
  ],
  row: {
    title: "Message queues (check_broker_queue)",
    graphs: [
      {
        title: "Messages ready",
        about: "Messages that wait for a consumer. A queue that only grows has too few, or none.",
        curves: [{ of: ready }],
        width: 6,
        thresholds: true,
      },
      {
        title: "Consumers",
        about: "A line at 0 is a queue that nobody reads.",
        curves: [{ of: consumers, keep: "min" }],
        width: 6,
      },
      {
        title: "Messages an hour",
        about: "That came, and that consumers acknowledged: what comes and is not acknowledged piles up.",
        curves: [{ of: publish }, { of: ack, keep: "min" }],
        width: 6,
      },
      {
        title: "Memory and store of the broker",
        about: "In % of what it may use. At 100 % it blocks publishers.",
        curves: [{ of: memory }, { of: store }],
        width: 6,
      },
    ],
  },
} satisfies Contrib;
