import { Connection, type ConnectOptions } from "../net/connection.ts";
import type { TcpEndpoint } from "../net/endpoint.ts";
import { CheckError } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";
import { type Frame, FrameReader } from "./frame-reader.ts";
import { excerpt } from "./name.ts";
import { encodePacket, type Packet, PacketType, packetName, splitTexts } from "./packet.ts";
import { ServerError } from "./server-error.ts";
import { closedEarly } from "./status.ts";

/** A packet may be as long as an answer, whose limit the connection keeps. */
const MAX_BODY = 24 * 1024 * 1024;

/**
 * One connection to a job server for lines and packets alike, used by one caller at a time. An AdminClient, a JobClient and
 * a Worker may share a session, as a round trip through a queue needs it: whoever sends waits for its answer before the next
 * one sends.
 */
export class Session {
  readonly #connection: Connection;
  readonly #frames: FrameReader;

  private constructor(connection: Connection, maxBytes: number | undefined) {
    this.#connection = connection;
    this.#frames = new FrameReader(connection.peer, maxBytes ?? MAX_BODY);
  }

  /** @throws {@link CheckError} as `Connection.open`. */
  static async open(server: TcpEndpoint, options: ConnectOptions): Promise<Session> {
    return new Session(await Connection.open(server, options), options.maxBytes);
  }

  /** The server as the user named it, for messages. */
  get peer(): string {
    return this.#connection.peer;
  }

  /** Sends one command line; CR LF ends it, since gearmand cuts two bytes off some commands, whatever they are. */
  sendLine(command: string): void {
    this.#connection.write(Buffer.from(`${command}\r\n`, "latin1"));
  }

  /**
   * Sends one packet.
   *
   * @param args text as byte strings; only the last one may hold NULs
   */
  send(type: PacketType, ...args: readonly (string | Uint8Array)[]): void {
    this.#connection.write(encodePacket(type, args));
  }

  /** The next line or packet, whatever it is. @throws {@link CheckError} as {@link receiveLine}. */
  async receive(): Promise<Frame> {
    for (;;) {
      const frame = this.#frames.next();
      if (frame !== undefined) return frame;
      const chunk = await this.#connection.read();
      if (chunk === undefined) throw closedEarly(this.#connection);
      this.#frames.push(chunk);
    }
  }

  /**
   * The next line.
   *
   * @throws {@link CheckError} CRITICAL when the server hangs up, UNKNOWN when it sends something else, on the deadline its state.
   */
  async receiveLine(): Promise<string> {
    const frame = await this.receive();
    if (frame.kind === "packet") throw this.unexpected(packetName(frame.type));
    return frame.text;
  }

  /** The next line, or undefined once the ECHO_RES of an ECHO_REQ comes in its place. @throws as {@link receiveLine}. */
  async receiveUntilEcho(): Promise<string | undefined> {
    for (;;) {
      const frame = await this.receive();
      if (frame.kind === "line") return frame.text;
      if (frame.type === PacketType.ECHO_RES) return undefined;
      if (frame.type !== PacketType.NOOP) throw this.unexpected(packetName(frame.type));
    }
  }

  /**
   * The next packet. NOOPs are skipped unless `wakeUp` is set: they only wake a worker that sleeps.
   *
   * @param refused words an ERROR packet is reported with, `job server refused the job`
   * @throws {@link ServerError} CRITICAL for an ERROR packet; otherwise as {@link receiveLine}.
   */
  async receivePacket(refused: string, { wakeUp = false } = {}): Promise<Packet> {
    for (;;) {
      const frame = await this.receive();
      if (frame.kind === "line") throw this.unexpected(`'${excerpt(frame.text)}'`);
      if (frame.type === PacketType.ERROR) throw errorPacket(refused, frame.body);
      if (frame.type !== PacketType.NOOP || wakeUp) return frame;
    }
  }

  /** The failure of an answer that does not fit the question. */
  unexpected(what: string): CheckError {
    return new CheckError(Status.UNKNOWN, `unexpected answer from ${this.peer}: ${what}`);
  }

  /** Destroys the connection at once; may be called again. */
  close(): void {
    this.#connection.close();
  }
}

/** What an ERROR packet says: a code, and a sentence for people. */
export function errorPacket(refused: string, body: Buffer): ServerError {
  const [code = "", text = ""] = splitTexts(body, 2);
  return new ServerError(Status.CRITICAL, refused, { code, text });
}
