import { CheckError } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";
import { excerpt } from "./name.ts";
import { HEADER_LENGTH, type Packet } from "./packet.ts";

/** A line of the text protocol, as a byte string without its LF or CR LF. */
export interface Line {
  readonly kind: "line";
  readonly text: string;
}

/** Both protocols share a connection: a frame that starts with NUL is a packet, any other a line. */
export type Frame = Packet | Line;

const RESPONSE = 0x00524553;
const LF = 0x0a;

/** Twice the longest function name gearmand 1.1.20 accepts (8192 bytes). */
const MAX_LINE = 16 * 1024;

/** Cuts a byte stream, fed in pieces cut anywhere, into frames. */
export class FrameReader {
  readonly #peer: string;
  readonly #maxBody: number;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes without which the next frame cannot be complete: saves joining the pieces of a large packet again and again. */
  #needed = 1;

  constructor(peer: string, maxBody: number) {
    this.#peer = peer;
    this.#maxBody = maxBody;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /**
   * The next whole frame; undefined when more bytes are needed for it.
   *
   * @throws {@link CheckError} UNKNOWN for bytes that are neither a packet nor a line, or beyond the size limits.
   */
  next(): Frame | undefined {
    if (this.#length < this.#needed) return undefined;
    const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#length);
    this.#chunks = [bytes];
    return bytes[0] === 0 ? this.#nextPacket(bytes) : this.#nextLine(bytes);
  }

  #nextPacket(bytes: Buffer): Packet | undefined {
    if (bytes.length < HEADER_LENGTH) return this.#wait(HEADER_LENGTH);
    if (bytes.readUInt32BE(0) !== RESPONSE)
      throw this.#garbage(`'${excerpt(bytes.toString("latin1", 0, HEADER_LENGTH))}'`);
    const bodyLength = bytes.readUInt32BE(8);
    if (bodyLength > this.#maxBody) throw this.#garbage(`a packet of ${bodyLength} bytes`);
    const end = HEADER_LENGTH + bodyLength;
    if (bytes.length < end) return this.#wait(end);
    this.#keep(bytes.subarray(end));
    return { kind: "packet", type: bytes.readUInt32BE(4), body: bytes.subarray(HEADER_LENGTH, end) };
  }

  #nextLine(bytes: Buffer): Line | undefined {
    const end = bytes.indexOf(LF);
    if (end > MAX_LINE || (end < 0 && bytes.length > MAX_LINE)) {
      throw this.#garbage(`a line of more than ${MAX_LINE} bytes`);
    }
    if (end < 0) return this.#wait(bytes.length + 1);
    this.#keep(bytes.subarray(end + 1));
    const text = bytes.toString("latin1", 0, end);
    return { kind: "line", text: text.endsWith("\r") ? text.slice(0, -1) : text };
  }

  #wait(needed: number): undefined {
    this.#needed = needed;
    return undefined;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    this.#needed = 1;
  }

  #garbage(what: string): CheckError {
    return new CheckError(Status.UNKNOWN, `${this.#peer} does not speak Gearman's protocol: it sent ${what}`);
  }
}
