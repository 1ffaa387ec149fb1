import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";

import { fixed16 } from "./answer.ts";
import { Channel } from "./channel.ts";
import type { Fault, ProxyConfig, SiteConfig, SiteReport } from "./config.ts";

const HEARTBEAT = "GET status\nResponseHeader: fixed16\nOutputFormat: json\nKeepAlive: on\nColumns: program_start\n\n";

interface Waiting {
  readonly client: Client;
  readonly query: string;
  readonly timer: NodeJS.Timeout;
}

interface Client {
  readonly name: string;
  readonly socket: Socket;
  wait: "query" | "response" | "channel";
}

/** A site of the proxy: its socket, its pool of channels, its heartbeat. */
export class ProxySite {
  #fault: Fault;
  #state = "starting";
  #channels: Channel[] = [];
  #resetMs = Date.now();
  #failedConnectMs: number | undefined;
  #lastError: string | undefined;
  #heartbeats = 0;
  #nextHeartbeatMs = 0;
  #missed: NodeJS.Timeout | undefined;
  #nextFd = 9;
  #queue: Waiting[] = [];
  readonly #clients = new Set<Client>();
  readonly #site: SiteConfig;
  readonly #config: ProxyConfig;

  constructor(site: SiteConfig, config: ProxyConfig) {
    this.#site = site;
    this.#config = config;
    this.#fault = site.fault ?? {};
  }

  /** Listens, and begins to connect. Resolves when clients are accepted. */
  async start(): Promise<void> {
    const path = join(this.#config.root, "tmp/run/liveproxy", this.#site.id);
    rmSync(path, { force: true });
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    this.#connect();
    setInterval(() => this.#beat(), this.#config.heartbeatMs);
  }

  set fault(fault: Fault) {
    const wasStarting = this.#fault.starting;
    this.#fault = fault;
    if (fault.starting) this.#reset("[Errno 111] Connection refused");
    else if (wasStarting) this.#connect();
  }

  report(): SiteReport {
    return {
      id: this.#site.id,
      state: this.#fault.state ?? this.#state,
      resetMs: this.#fault.resetMs ?? this.#resetMs,
      failedConnectMs: this.#failedConnectMs,
      lastError: this.#lastError,
      channels: this.#channels.map(({ fd, state, client, sinceMs }) => ({ fd, state, client, sinceMs })),
      clients: [...this.#clients].filter(({ wait }) => wait !== "query").map(({ name, wait }) => `${name} - ${wait}`),
      heartbeats: this.#fault.heartbeats ?? this.#heartbeats,
      nextHeartbeatMs: this.#state === "ready" ? this.#nextHeartbeatMs - Date.now() : -1000,
      omitted: this.#fault.omitted ?? false,
    };
  }

  async #connect(): Promise<void> {
    if (this.#fault.starting) return;
    const { target, channels } = this.#site;
    try {
      const opened: Channel[] = [];
      for (let n = 0; n < channels; n += 1) {
        opened.push(await Channel.open(target, this.#nextFd + n, (error) => this.#reset(error)));
      }
      this.#channels = opened;
      this.#state = "ready";
      this.#resetMs = Date.now();
      this.#heartbeats = 0;
      this.#nextHeartbeatMs = Date.now() + this.#config.heartbeatMs;
    } catch (error) {
      this.#failedConnectMs = Date.now();
      this.#lastError = (error as Error).message;
      setTimeout(() => this.#connect(), this.#config.connectRetryMs);
    }
  }

  /** The site counts as dead: all channels go, and come back later. */
  #reset(error: string): void {
    if (this.#state !== "ready") return;
    clearTimeout(this.#missed);
    this.#missed = undefined;
    for (const channel of this.#channels) channel.close();
    this.#channels = [];
    this.#state = "starting";
    this.#resetMs = Date.now();
    this.#failedConnectMs = Date.now();
    this.#lastError = error;
    for (const { client, timer } of this.#queue.splice(0)) {
      clearTimeout(timer);
      this.#refuse(client, this.#notConnected());
    }
    for (const client of this.#clients) if (client.wait === "response") this.#refuse(client, this.#notConnected());
    setTimeout(() => this.#connect(), this.#config.connectRetryMs);
  }

  #beat(): void {
    if (this.#fault.mute) return;
    const free = this.#channels.find(({ state }) => state === "ready");
    if (this.#state !== "ready" || this.#missed !== undefined || free === undefined) return;
    this.#nextHeartbeatMs = Date.now() + this.#config.heartbeatMs;
    this.#missed = setTimeout(() => this.#reset("Heartbeat timed out"), this.#config.heartbeatTimeoutMs);
    free.use("heartbeat", "none", HEARTBEAT, () => {
      clearTimeout(this.#missed);
      this.#missed = undefined;
      this.#heartbeats += 1;
      this.#serveNext();
    });
  }

  #accept(socket: Socket): void {
    const { client: what } = this.#fault;
    socket.on("error", () => {});
    if (what === "close") {
      socket.destroy();
      return;
    }
    const client: Client = { name: `client${this.#clients.size}`, socket, wait: "query" };
    this.#clients.add(client);
    socket.on("close", () => this.#clients.delete(client));
    socket.on("end", () => socket.end());
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const query = text.slice(0, end + 2);
        text = text.slice(end + 2);
        if (what === "hang") return;
        if (typeof what === "object") socket.end(what.bytes);
        else setTimeout(() => this.#query(client, query), this.#fault.delayMs ?? 0);
      }
    });
  }

  #query(client: Client, query: string): void {
    const { error } = this.#fault;
    const free = this.#channels.find(({ state }) => state === "ready");
    if (error !== undefined) this.#refuse(client, fixed16(error.code, `${error.text}\n`));
    else if (this.#state !== "ready") this.#refuse(client, this.#notConnected());
    else if (free !== undefined) this.#forward(free, client, query);
    else this.#wait(client, query);
  }

  #wait(client: Client, query: string): void {
    const timer = setTimeout(() => {
      this.#queue = this.#queue.filter((waiting) => waiting.timer !== timer);
      const text = this.#config.busyText.replace("%d", String(this.#channels.length));
      this.#refuse(client, fixed16(this.#config.errorCode, `${text}\n`));
    }, this.#config.channelTimeoutMs);
    client.wait = "channel";
    this.#queue.push({ client, query, timer });
  }

  #forward(channel: Channel, client: Client, query: string): void {
    client.wait = "response";
    const timer = setTimeout(() => {
      if (this.#channels.includes(channel)) this.#reset("Query timed out");
    }, this.#config.queryTimeoutMs);
    channel.use("busy", client.name, query, (answer) => {
      clearTimeout(timer);
      client.wait = "query";
      client.socket.write(answer);
      if (!/^KeepAlive: on$/m.test(query)) client.socket.end();
      this.#serveNext();
    });
  }

  #serveNext(): void {
    const free = this.#channels.find(({ state }) => state === "ready");
    const next = free === undefined ? undefined : this.#queue.shift();
    if (free === undefined || next === undefined) return;
    clearTimeout(next.timer);
    this.#forward(free, next.client, next.query);
  }

  #refuse(client: Client, answer: string): void {
    client.wait = "query";
    client.socket.write(answer);
  }

  #notConnected(): string {
    return fixed16(
      this.#config.errorCode,
      `Site ${this.#site.id} is not connected: ${this.#lastError ?? "starting"}\n`,
    );
  }
}
