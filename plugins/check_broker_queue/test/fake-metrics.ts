import { createServer } from "node:http";

import { own } from "#test/servers/misbehaving.ts";
import type { Owner } from "#test/support/owner.ts";

const BEGIN = `# TYPE rabbitmq_detailed_queue_messages_ready gauge
# HELP rabbitmq_detailed_queue_messages_ready Messages ready to be delivered to consumers
# TYPE rabbitmq_detailed_queue_messages_unacked gauge
# TYPE rabbitmq_detailed_queue_consumers gauge
`;

/** A queue as the Prometheus endpoint tells it; `label` is its name as the broker writes it. */
export const lines = (label: string, ready: unknown, consumers: unknown, vhost = "/"): string =>
  [`messages_ready`, ready, `messages_unacked`, 0, `consumers`, consumers]
    .flatMap((what, at, all) =>
      at % 2 === 0 ? [`rabbitmq_detailed_queue_${what}{vhost="${vhost}",queue="${label}"} ${all[at + 1]}\n`] : [],
    )
    .join("");

/** What a broker of a version says of itself. */
export const build = (version: string) => `rabbitmq_build_info{rabbitmq_version="${version}"} 1\n`;

export interface FakeMetrics {
  readonly url: string;
  /** Changed while it runs, to show another state. */
  queues: string;
  node: string;
  headers: Readonly<Record<string, string>>;
}

/** A stand-in of RabbitMQ's Prometheus endpoint, for what a real one cannot be made to say. */
export async function fakeMetrics(owner: Owner, queues: string): Promise<FakeMetrics> {
  const node = `# TYPE rabbitmq_identity_info untyped
rabbitmq_identity_info{rabbitmq_node="rabbit@one"} 1
rabbitmq_alarms_memory_used_watermark 0
`;
  const fake = { queues: BEGIN + queues, node, headers: {} };
  const server = createServer((request, response) => {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4", ...fake.headers });
    response.end(request.url?.startsWith("/metrics/detailed?vhost=") ? fake.queues : fake.node);
  });
  return Object.assign(fake, { url: `http://${(await own(owner, server)).address}/metrics` });
}
