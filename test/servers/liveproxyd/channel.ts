import { connect, type Socket } from "node:net";

import { answerLength } from "./answer.ts";

/** One connection to a core that stays open, and answers one query after the other. */
export class Channel {
  state: "ready" | "busy" | "heartbeat" = "ready";
  client = "none";
  sinceMs = Date.now();
  readonly fd: number;
  readonly #socket: Socket;
  readonly #onLost: (error: string) => void;
  #partial = Buffer.alloc(0);
  #answered: ((answer: Buffer) => void) | undefined;

  private constructor(socket: Socket, fd: number, onLost: (error: string) => void) {
    this.#socket = socket;
    this.fd = fd;
    this.#onLost = onLost;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => {});
    socket.on("close", () => this.#onLost("Connection closed by peer"));
  }

  /** @throws Error in the words of Python, which the real one is written in */
  static open(target: string, fd: number, onLost: (error: string) => void): Promise<Channel> {
    return new Promise((resolve, reject) => {
      const colon = target.lastIndexOf(":");
      const socket = target.startsWith("/")
        ? connect(target)
        : connect(Number(target.slice(colon + 1)), target.slice(0, colon));
      socket.once("connect", () => resolve(new Channel(socket, fd, onLost)));
      socket.once("error", ({ code }: NodeJS.ErrnoException) => {
        const words = { ECONNREFUSED: "[Errno 111] Connection refused", ENOENT: "[Errno 2] No such file or directory" };
        reject(new Error(words[code as keyof typeof words] ?? code));
      });
    });
  }

  /** Hands the query on unchanged, and the whole answer back. */
  use(state: "busy" | "heartbeat", client: string, query: string, answered: (answer: Buffer) => void): void {
    this.state = state;
    this.client = client;
    this.sinceMs = Date.now();
    this.#answered = answered;
    this.#socket.write(query);
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#partial = Buffer.concat([this.#partial, chunk]);
    const length = answerLength(this.#partial);
    if (length === undefined || this.#partial.length < length) return;
    const answer = this.#partial;
    this.#partial = Buffer.alloc(0);
    this.state = "ready";
    this.client = "none";
    this.sinceMs = Date.now();
    this.#answered?.(answer);
    this.#answered = undefined;
  }
}
