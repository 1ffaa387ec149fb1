import { createServer } from "node:http";

import { own } from "#test/servers/misbehaving.ts";
import type { Owner } from "#test/support/owner.ts";

/** A queue as RabbitMQ's management API tells it. */
export type Row = Readonly<Record<string, unknown>> & { readonly name: string };

/** A queue whose counts are known. */
export const row = (
  name: string,
  ready: number,
  consumers: number,
  more: Readonly<Record<string, unknown>> = {},
): Row => ({
  name,
  state: "running",
  node: "rabbit@one",
  messages_ready: ready,
  messages_unacknowledged: 0,
  consumers,
  ...more,
});

/** What a node of it tells of itself. */
export const node = (name: string, more: Readonly<Record<string, unknown>> = {}): Row => ({
  name,
  uptime: 86_400_000,
  mem_used: 120_000_000,
  mem_limit: 1_000_000_000,
  disk_free: 5_000_000_000,
  disk_free_limit: 50_000_000,
  ...more,
});

export interface FakeManagement {
  readonly url: string;
  /** Changed while it runs, to show another state. */
  queues: readonly Row[];
  /** Undefined for a user who may not see them. */
  nodes: readonly Row[] | undefined;
  /** What it says of itself as a whole. */
  overview: Readonly<Record<string, unknown>>;
  alarms: readonly { readonly node: string; readonly resource: string }[];
  /** Of its exchanges to queues. */
  bindings: readonly { readonly source: string; readonly destination: string; readonly routing_key: string }[];
  /** Paths asked for, in their order. */
  readonly asked: string[];
}

/** A stand-in of RabbitMQ's management API, as far as the check asks, for what a real one cannot be made to do. */
export async function fakeManagement(owner: Owner, ...queues: readonly Row[]): Promise<FakeManagement> {
  const fake: Omit<FakeManagement, "url"> = {
    queues,
    nodes: [node("rabbit@one")],
    overview: {},
    alarms: [],
    bindings: [],
    asked: [],
  };
  const started = Date.now();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    fake.asked.push(pathname);
    const answer = (status: number, content: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
    if (pathname === "/api/health/checks/alarms") {
      const { alarms } = fake;
      if (alarms.length === 0) return answer(200, { status: "ok" });
      return answer(503, { status: "failed", reason: "There are alarms in effect in the cluster", alarms });
    }
    if (pathname === "/api/nodes") {
      if (fake.nodes === undefined) return answer(401, { error: "not_authorised", reason: "Not monitor user" });
      const since = Date.now() - started;
      return answer(
        200,
        fake.nodes.map((one) => (typeof one.uptime === "number" ? { ...one, uptime: one.uptime + since } : one)),
      );
    }
    if (pathname === "/api/overview") return answer(200, fake.overview);
    if (pathname === "/api/whoami") return answer(200, { name: "guest" });
    const ofBindings = /^\/api\/(?:bindings\/%2F|exchanges\/%2F\/([^/]+)\/bindings\/source)$/.exec(pathname);
    if (ofBindings !== null) {
      const [, exchange] = ofBindings;
      const isMeant = ({ source }: { readonly source: string }) =>
        exchange === undefined || encodeURIComponent(source) === exchange;
      return answer(
        200,
        fake.bindings.filter(isMeant).map((binding) => ({ ...binding, destination_type: "queue" })),
      );
    }
    const [, vhost, name] = /^\/api\/queues\/([^/]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
    if (vhost !== "%2F") return answer(404, { error: "Object Not Found", reason: "Not Found" });
    if (name === undefined) return answer(200, fake.queues);
    // a queue that is down is in the list only
    const found = fake.queues.find((queue) => encodeURIComponent(queue.name) === name && queue.state !== "down");
    if (found === undefined) return answer(404, { error: "Object Not Found", reason: "Not Found" });
    return answer(200, found);
  });
  return Object.assign(fake, { url: `http://${(await own(owner, server)).address}` });
}
