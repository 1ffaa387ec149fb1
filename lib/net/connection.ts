import { connect, type OnReadOpts, type Socket } from "node:net";
import { CheckError } from "../plugin/error.ts";
import type { Signal } from "../plugin/signal.ts";
import { Status } from "../plugin/status.ts";
import { dial } from "./dial.ts";
import { type Endpoint, formatEndpoint, type UnixEndpoint } from "./endpoint.ts";
import { connectFailure, deadlineFailure, lostFailure } from "./failure.ts";
import type { TlsOptions } from "./tls.ts";

export interface ConnectOptions {
  /** The check's deadline. When it aborts, everything waited for rejects and the socket is destroyed. */
  readonly signal: Signal;
  /** Only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** Speak TLS; plaintext unless given. */
  readonly tls?: TlsOptions | undefined;
  /** Longest answer taken, in bytes; 24 MiB unless given. An answer is what comes between two writes. */
  readonly maxBytes?: number | undefined;
}

/** A broken peer must not exhaust the monitoring host. */
const MAX_BYTES = 24 * 1024 * 1024;

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (failure: CheckError) => void;
}

/**
 * Where plain sockets read to: one place for all, since what came is copied at once. Node otherwise takes as much from the
 * system for each read, which costs hundreds of short connections an eighth of their time.
 */
let shared: Buffer | undefined;

/**
 * A byte stream to a server over TCP, TLS or a Unix socket, bound to a deadline and to a size limit. Data is taken from the
 * system only while somebody reads, so a slow reader slows the sender down and nothing piles up.
 *
 * Always {@link close} it: a check that forgets its connections becomes the leak it looks for.
 */
export class Connection {
  /** The server as the user named it, for messages: `192.0.2.10:4730`. */
  readonly peer: string;
  readonly #to: Endpoint;
  #socket!: Socket;
  readonly #signal: Signal;
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #received = 0;
  #ended = false;
  /** The socket takes nothing from the system until somebody asks again. */
  #isStopped = true;
  #failure: CheckError | undefined;
  #waiter: Waiter<Buffer | undefined> | undefined;
  /** Who waits for the connection itself. */
  #opener: Waiter<Connection> | undefined;

  private constructor(to: Endpoint, options: ConnectOptions) {
    this.peer = formatEndpoint(to);
    this.#to = to;
    this.#signal = options.signal;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
  }

  /**
   * Resolves names, connects, and shakes hands when `options.tls` is given.
   *
   * @throws {@link CheckError} CRITICAL when the name is unknown, nobody accepts or the certificate is not trusted; on the
   *   deadline the state its signal carries; UNKNOWN when only the local side is at fault.
   */
  static async open(to: Endpoint, options: ConnectOptions): Promise<Connection> {
    const { tls, family, signal } = options;
    const connection = new Connection(to, options);
    if (tls !== undefined) {
      const { prepareHandshake } = await import("./tls.ts");
      const shakeHands = await prepareHandshake(to, tls);
      const socket = await shakeHands(await dial(to, family, signal), signal);
      socket.pause();
      socket.on("data", (chunk: Buffer) => {
        socket.pause();
        connection.#take(chunk);
      });
      return connection.#adopt(socket);
    }
    if ("path" in to) return connection.#openPath(to);
    return connection.#adopt(await dial(to, family, signal, connection.#onread()));
  }

  /** There is one way to a Unix socket, so the least is done: some checks ask hundreds of them. */
  #openPath({ path }: UnixEndpoint): Promise<Connection> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) return reject(deadlineFailure(this.#signal, `no connection to ${path}`));
      this.#opener = { resolve, reject };
      const socket = connect({ path, onread: this.#onread() });
      this.#adopt(socket);
      socket.once("connect", () => {
        this.#opener = undefined;
        resolve(this);
      });
    });
  }

  /** For a socket that hands over its bytes without being a stream: first ones at once, further ones when asked. */
  #onread(): OnReadOpts {
    shared ??= Buffer.allocUnsafeSlow(65_536);
    this.#isStopped = false;
    return {
      buffer: shared,
      callback: (length, buffer) => {
        this.#take(Buffer.from(buffer.subarray(0, length)));
        return false;
      },
    };
  }

  #adopt(socket: Socket): this {
    this.#socket = socket;
    socket.on("end", () => this.#finish());
    socket.on("close", () => this.#finish());
    socket.on("error", (error) => {
      const { peer } = this;
      const isOpen = this.#opener === undefined;
      const lost = () => lostFailure(this.#to, error, this.#received);
      this.#fail(isOpen ? lost() : connectFailure(this.#to, [{ address: peer, error }]));
    });
    this.#signal.addEventListener("abort", this.#abort, { once: true });
    if (this.#signal.aborted) this.#abort();
    return this;
  }

  /** Bytes that came since the last {@link write}. */
  get received(): number {
    return this.#received;
  }

  /**
   * Sends data; text as UTF-8. What goes wrong is told by the next {@link read}, since the answer may be on its way already.
   * The count towards `maxBytes` starts anew.
   */
  write(data: string | Uint8Array): void {
    this.#received = 0;
    if (!this.#socket.destroyed) this.#socket.write(data);
  }

  /**
   * The next piece of the answer, cut anywhere; undefined when the peer closed or {@link close} was called.
   *
   * @throws {@link CheckError} CRITICAL when the connection broke, UNKNOWN beyond `maxBytes`, on the deadline its state.
   */
  read(): Promise<Buffer | undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const chunk = this.#chunks.shift();
    if (chunk !== undefined || this.#ended) return Promise.resolve(chunk);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      if (!this.#isStopped) return;
      this.#isStopped = false;
      this.#socket.resume();
    });
  }

  /** Says that nothing more will be sent, and goes on receiving. */
  end(): void {
    this.#socket.end();
  }

  /** Destroys the socket at once; may be called again. A read still waiting gets undefined. */
  close(): void {
    this.#socket.destroy();
    this.#finish();
  }

  readonly #abort = (): void => {
    const isOpen = this.#opener === undefined;
    const waitedFor = isOpen ? `no complete answer from ${this.peer}` : `no connection to ${this.peer}`;
    this.#fail(deadlineFailure(this.#signal, waitedFor, isOpen ? ` (${this.#received} bytes received)` : ""));
  };

  #take(chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#received > this.#maxBytes) {
      const limit = `${this.#maxBytes / (1024 * 1024)} MiB`;
      this.#fail(new CheckError(Status.UNKNOWN, `answer from ${this.peer} is longer than ${limit}`));
      return;
    }
    this.#isStopped = true;
    if (this.#waiter === undefined) this.#chunks.push(chunk);
    else this.#settle().resolve(chunk);
  }

  #finish(): void {
    this.#ended = true;
    this.#signal.removeEventListener("abort", this.#abort);
    if (this.#waiter !== undefined) this.#settle().resolve(undefined);
  }

  #fail(failure: CheckError): void {
    if (this.#ended) return;
    this.#failure ??= failure;
    this.#chunks = [];
    this.#signal.removeEventListener("abort", this.#abort);
    this.#socket.destroy();
    this.#opener?.reject(this.#failure);
    if (this.#waiter !== undefined) this.#settle().reject(this.#failure);
  }

  #settle(): Waiter<Buffer | undefined> {
    const waiter = this.#waiter as Waiter<Buffer | undefined>;
    this.#waiter = undefined;
    return waiter;
  }
}
