import type { Socket } from "node:net";

import { CheckError } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";
import { dial } from "./dial.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";
import { deadlineFailure, lostFailure } from "./failure.ts";
import type { TlsOptions } from "./tls.ts";

export interface ConnectOptions {
  /** The check's deadline. When it aborts, everything waited for rejects and the socket is destroyed. */
  readonly signal: AbortSignal;
  /** Only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** Speak TLS; plaintext unless given. */
  readonly tls?: TlsOptions | undefined;
  /** Longest answer taken, in bytes; 64 MiB unless given. An answer is what comes between two writes. */
  readonly maxBytes?: number | undefined;
}

/** A broken peer must not exhaust the monitoring host. */
const MAX_BYTES = 64 * 1024 * 1024;

interface Waiter {
  readonly resolve: (chunk: Buffer | undefined) => void;
  readonly reject: (failure: CheckError) => void;
}

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
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #received = 0;
  #ended = false;
  #failure: CheckError | undefined;
  #waiter: Waiter | undefined;

  private constructor(to: Endpoint, socket: Socket, options: ConnectOptions) {
    this.peer = formatEndpoint(to);
    this.#to = to;
    this.#socket = socket;
    this.#signal = options.signal;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    socket.pause();
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("end", () => this.#finish());
    socket.on("close", () => this.#finish());
    socket.on("error", (error) => this.#fail(lostFailure(this.#to, error, this.#received)));
    options.signal.addEventListener("abort", this.#abort, { once: true });
    if (options.signal.aborted) this.#abort();
  }

  /**
   * Resolves names, connects, and shakes hands when `options.tls` is given.
   *
   * @throws {@link CheckError} CRITICAL when the name is unknown, nobody accepts or the certificate is not trusted; on the
   *   deadline the state its signal carries; UNKNOWN when only the local side is at fault.
   */
  static async open(to: Endpoint, options: ConnectOptions): Promise<Connection> {
    const { tls, family, signal } = options;
    if (tls === undefined) return new Connection(to, await dial(to, family, signal), options);
    const { prepareHandshake } = await import("./tls.ts");
    const shakeHands = await prepareHandshake(to, tls);
    return new Connection(to, await shakeHands(await dial(to, family, signal), signal), options);
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
    const detail = ` (${this.#received} bytes received)`;
    this.#fail(deadlineFailure(this.#signal, `no complete answer from ${this.peer}`, detail));
  };

  #take(chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#received > this.#maxBytes) {
      const limit = `${this.#maxBytes / (1024 * 1024)} MiB`;
      this.#fail(new CheckError(Status.UNKNOWN, `answer from ${this.peer} is longer than ${limit}`));
      return;
    }
    this.#socket.pause();
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
    if (this.#waiter !== undefined) this.#settle().reject(this.#failure);
  }

  #settle(): Waiter {
    const waiter = this.#waiter as Waiter;
    this.#waiter = undefined;
    return waiter;
  }
}
