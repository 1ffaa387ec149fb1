import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { connectOptions } from "./address.ts";
import { type Packet, packet, Splitter, Type } from "./packet.ts";

/** Without a limit, a reply that is missing would hold up the whole run instead of failing its test. */
const REPLY_LIMIT_MS = 60_000;

/** A connection that speaks packets and nothing else. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #arrived: Packet[] = [];
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    const splitter = new Splitter();
    socket.on("data", (chunk: Buffer) => {
      for (const found of splitter.feed(chunk)) if (typeof found !== "string") this.#arrived.push(found);
      this.#wake();
    });
    // a server that is stopped in mid-conversation is the test's business; next() reports it to who waits
    socket.on("error", () => {});
    socket.once("close", () => this.#wake());
  }

  static async open(address: string): Promise<RawConnection> {
    const socket = connect(connectOptions(address));
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  send(type: number, ...args: readonly (string | Buffer)[]): void {
    this.#socket.write(packet("REQ", type, ...args));
  }

  /** The next packet, however long it takes. @throws Error when the connection ends first. */
  async next(): Promise<Packet> {
    for (;;) {
      const first = this.#arrived.shift();
      if (first !== undefined) return first;
      if (this.#socket.destroyed) throw new Error("no packet: the connection is closed");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next packet, which is due at once. @throws Error when it does not come. */
  async reply(): Promise<Packet> {
    const timer = setTimeout(() => this.close(), REPLY_LIMIT_MS);
    try {
      return await this.next();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the server has dealt with everything sent so far. Not while other packets may arrive. */
  async sync(): Promise<void> {
    this.send(Type.ECHO_REQ, "sync");
    const { type, body } = await this.reply();
    if (type !== Type.ECHO_RES) throw new Error(`packet ${type} instead of an echo: ${body.toString()}`);
  }

  close(): void {
    this.#socket.destroy();
  }
}
