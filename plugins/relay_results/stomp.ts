import type { Client, IFrame, IMessage, IStompSocket } from "@stomp/stompjs";
import { CheckError, DeadlineError, printable, Status } from "monitoring-plugins-ts";
import { Connection, formatEndpoint, type TcpEndpoint, type TlsOptions } from "monitoring-plugins-ts/net";

import { CUT, FrameLimit } from "./frames.ts";

/** Where messages come from: a queue of a broker. */
export interface Source {
  readonly server: TcpEndpoint;
  readonly isTls: boolean;
  /** As STOMP has it: `/queue/results`, `/amq/queue/results`. */
  readonly destination: string;
}

export interface StompOptions {
  readonly login: { readonly user: string; readonly password: string } | undefined;
  readonly vhost: string;
  readonly tls: TlsOptions;
  /** Messages that may be under way at once. */
  readonly prefetch: number;
  /** Longest message, in bytes. */
  readonly maxMessage: number;
  /** Longest wait until the broker is connected and has answered. */
  readonly seconds: number;
}

/** A message until it is settled: by {@link Delivery.ack}, by {@link Delivery.reject}, or by the end of the connection, which brings it again. */
export interface Delivery {
  readonly body: Buffer;
  /** Bytes it had where they were too many, and the body is empty. */
  readonly cutFrom: number | undefined;
  /** It may have been delivered before. */
  readonly isAgain: boolean;
  /** Its connection has ended: it can be settled no more, and comes again. */
  isGone(): boolean;
  ack(): void;
  /** The broker puts it where its rules say, such as a dead letter queue, or drops it. */
  reject(): void;
}

/** Why a connection ended: `refused` and `missing` do not mend themselves. */
export interface Ending {
  readonly kind: "lost" | "refused" | "missing" | "cancelled" | "stopped";
  readonly text: string;
}

export interface Events {
  /** The broker has taken the subscription: deliveries may come. */
  subscribed(): void;
  delivered(delivery: Delivery): void;
}

const HEARTBEAT_MS = 5000;

/** RabbitMQ takes a subscription before it looks whether there is such a queue: an error comes later, or never. */
const SECOND_THOUGHT_MS = 1000;

/** A source as people call it. */
export const sourceName = ({ server, destination }: Source) => `${formatEndpoint(server)}${destination}`;

/** Takes messages off a queue until the connection ends. */
export class Consumer {
  readonly #source: Source;
  readonly #options: StompOptions;
  readonly #events: Events;
  #client: Client | undefined;
  #socket: Socket | undefined;
  #ending: Ending | undefined;
  #secondThought: NodeJS.Timeout | undefined;
  #isSubscribed = false;
  /** Aborted when the broker has not answered in time, or is not waited for any longer. */
  readonly #patience = new AbortController();

  constructor(source: Source, options: StompOptions, events: Events) {
    this.#source = source;
    this.#options = options;
    this.#events = events;
  }

  /** @returns why it ended; resolves when nothing of the connection is left */
  async run(): Promise<Ending> {
    const { server, isTls } = this.#source;
    const { seconds, tls, login, vhost } = this.#options;
    const timer = setTimeout(() => this.#patience.abort(new DeadlineError(Status.CRITICAL, seconds)), seconds * 1000);
    try {
      const { Client } = await import("@stomp/stompjs");
      const connection = await Connection.open(server, {
        signal: this.#patience.signal,
        tls: isTls ? tls : undefined,
        maxBytes: Number.POSITIVE_INFINITY,
      });
      const socket = new Socket(connection, this.#options.maxMessage);
      this.#socket = socket;
      if (this.#ending !== undefined) socket.close();
      const client = new Client({
        webSocketFactory: () => socket,
        reconnectDelay: 0,
        heartbeatIncoming: HEARTBEAT_MS,
        heartbeatOutgoing: HEARTBEAT_MS,
        discardWebsocketOnCommFailure: true,
        forceBinaryWSFrames: true,
        connectHeaders: {
          host: vhost,
          ...(login === undefined ? {} : { login: login.user, passcode: login.password }),
        },
        // an error in one of these would be printed, and passed over, by the library
        onConnect: () => this.#guard(() => this.#subscribe(() => clearTimeout(timer))),
        onStompError: (frame) => this.#guard(() => this.#fail(frame)),
        onHeartbeatLost: () => this.#end("lost", `no heart-beat within ${(2 * HEARTBEAT_MS) / 1000} s`),
      });
      this.#client = client;
      client.activate();
      const why = await socket.run();
      return this.#ending ?? { kind: "lost", text: why };
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      return this.#ending ?? { kind: "lost", text: error.message };
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#secondThought);
      await this.#client?.deactivate({ force: true });
      this.#socket?.close();
    }
  }

  /** Ends the connection once the broker has what was acknowledged. */
  close(): void {
    this.#ending ??= { kind: "stopped", text: "stopped" };
    if (this.#client?.connected) void this.#client.deactivate();
    else this.abandon();
  }

  /** Ends the connection at once, also one that is not there yet. */
  abandon(): void {
    this.#patience.abort();
  }

  #subscribe(subscribed: () => void): void {
    const client = this.#client as Client;
    client.watchForReceipt(SUBSCRIPTION, () =>
      this.#guard(() => {
        subscribed();
        this.#secondThought = setTimeout(() => this.#subscribed(), SECOND_THOUGHT_MS);
      }),
    );
    const prefetch = `${this.#options.prefetch}`;
    client.subscribe(this.#source.destination, (message) => this.#guard(() => this.#deliver(message)), {
      id: SUBSCRIPTION,
      receipt: SUBSCRIPTION,
      ack: "client-individual",
      "prefetch-count": prefetch,
      "activemq.prefetchSize": prefetch,
    });
  }

  #subscribed(): void {
    clearTimeout(this.#secondThought);
    if (this.#isSubscribed || this.#ending !== undefined) return;
    this.#isSubscribed = true;
    this.#events.subscribed();
  }

  #deliver(message: IMessage): void {
    this.#subscribed();
    const { headers, binaryBody } = message;
    const cutFrom = headers[CUT];
    const isOpen = () => this.#ending === undefined && this.#client?.connected === true;
    const settle = (settlement: () => void) => {
      // without the connection it is not settled, and comes again
      if (this.#client?.connected) settlement();
    };
    this.#events.delivered({
      body: Buffer.from(binaryBody.buffer, binaryBody.byteOffset, binaryBody.byteLength),
      cutFrom: cutFrom === undefined ? undefined : Number(cutFrom),
      isAgain: headers.redelivered === "true",
      isGone: () => !isOpen(),
      ack: () => settle(() => message.ack()),
      reject: () => settle(() => message.nack({ requeue: "false" })),
    });
  }

  #fail({ headers, body }: IFrame): void {
    const said = printable(`${headers.message ?? "an error"}: ${body.trim().replaceAll(/\s+/g, " ")}`, 300);
    if (/bad connect|access.refused|authentication|not.authori[sz]ed/i.test(said)) this.#end("refused", said);
    else if (/not.found|no such/i.test(said)) this.#end("missing", said);
    else if (/cancel/i.test(said)) this.#end("cancelled", said);
    else this.#end("lost", said);
  }

  /** RabbitMQ closes the connection only seconds after a refusal, and not at all after it has cancelled a subscription. */
  #end(kind: Ending["kind"], text: string): void {
    this.#ending ??= { kind, text };
    this.#socket?.close();
  }

  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#socket?.fail(error as Error);
    }
  }
}

const SUBSCRIPTION = "results";

/** What the library takes for a WebSocket: a connection that is open, and whose frames are bounded. */
class Socket implements IStompSocket {
  readonly url: string;
  binaryType = "arraybuffer";
  readyState = 1;
  onopen: IStompSocket["onopen"] = null;
  onclose: IStompSocket["onclose"] = null;
  onerror: IStompSocket["onerror"] = null;
  onmessage: IStompSocket["onmessage"] = null;
  readonly #connection: Connection;
  readonly #limit: FrameLimit;
  #failure: Error | undefined;

  constructor(connection: Connection, maxMessage: number) {
    this.#connection = connection;
    this.#limit = new FrameLimit(maxMessage);
    this.url = connection.peer;
  }

  /** Hands on what comes until the connection ends. @returns why it ended @throws Error of one of our handlers */
  async run(): Promise<string> {
    let why = `${this.url} closed the connection`;
    try {
      for (let chunk = await this.#connection.read(); chunk !== undefined; chunk = await this.#connection.read()) {
        for (const part of this.#limit.take(chunk)) this.onmessage?.({ data: part });
      }
    } catch (error) {
      why = (error as Error).message;
    }
    this.close();
    this.onclose?.();
    if (this.#failure !== undefined) throw this.#failure;
    return why;
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.close();
  }

  send(data: Parameters<IStompSocket["send"]>[0]): void {
    this.#connection.write(data as string | Uint8Array);
  }

  close(): void {
    this.readyState = 3;
    this.#connection.close();
  }

  terminate(): void {
    this.close();
  }
}
