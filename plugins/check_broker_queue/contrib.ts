import type { Contrib } from "#generate/contrib.ts";

export default {
  asksItsHost: true,
  services: [
    {
      title: "broker queue",
      about: "RabbitMQ takes messages, and the queue of results has a consumer.",
      hosts: "rabbitmq",
      options: { authFile: "/etc/monitoring/rabbitmq.auth", queue: ["results"] },
    },
  ],
} satisfies Contrib;
