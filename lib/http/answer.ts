import type { Connection } from "../net/connection.ts";
import { CheckError } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";

/** A whole answer. */
export interface HttpResponse {
  readonly status: number;
  /** By their names in small letters; of one that came several times all values, with commas between. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Read as UTF-8. */
  readonly body: string;
}

/** What answers does not speak HTTP. */
export class NotHttpError extends CheckError {
  /** What it has said first, one character a byte. */
  readonly begin: string;

  constructor(peer: string, begin: string) {
    super(Status.UNKNOWN, `${peer} does not speak HTTP`);
    this.begin = begin;
  }
}

/** Longest head of an answer, and longest line that announces a piece of it, in bytes. */
const MOST_HEAD = 16_384;
const MOST_LINE = 4096;

/** With what every answer begins. */
const BEGIN = "HTTP/1.";
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const LENGTH = /^\d{1,15}$/;
const SIZE = /^([\da-fA-F]{1,8})[ \t]*(?:;.*)?$/;

const EMPTY = Buffer.alloc(0);

/**
 * One answer as RFC 9112 has it. Where it ends is told by its length, by the last of its pieces, or by the server that closes
 * the connection.
 */
export class Answer {
  readonly #connection: Connection;
  readonly #maxBytes: number;
  /** What came and was not looked at yet. */
  #rest: Buffer = EMPTY;
  #body: Buffer = EMPTY;
  #length = 0;
  #begin = "";
  #isLast = false;

  /** @param maxBytes of its body */
  constructor(connection: Connection, maxBytes: number) {
    this.#connection = connection;
    this.#maxBytes = maxBytes;
  }

  /** The connection is of no use for another request. */
  get isLast(): boolean {
    return this.#isLast;
  }

  /** @throws {@link CheckError} CRITICAL when it is cut off, {@link NotHttpError}, UNKNOWN when it is too long */
  async read(): Promise<HttpResponse> {
    let head = parseHead(await this.#until("\r\n\r\n", MOST_HEAD));
    // what goes before an answer (RFC 9110, section 15.2)
    while (head !== undefined && head.status < 200) head = parseHead(await this.#until("\r\n\r\n", MOST_HEAD));
    if (head === undefined) throw this.#strange();
    const { status, headers } = head;
    const { "transfer-encoding": coding, "content-length": length } = headers;
    this.#isLast = !head.isKept;
    if (coding !== undefined) await this.#readPieces(coding);
    else if (status !== 204 && status !== 304)
      await (length === undefined ? this.#readAll() : this.#readLength(length));
    // nobody asked for what comes behind it
    if (this.#rest.length > 0) this.#isLast = true;
    return { status, headers, body: this.#body.toString("utf8", 0, this.#length) };
  }

  async #readLength(text: string): Promise<void> {
    if (!LENGTH.test(text)) throw this.#strange();
    await this.#take(Number(text));
  }

  async #readPieces(coding: string): Promise<void> {
    if (coding.toLowerCase() !== "chunked") throw this.#strange();
    for (;;) {
      const [, digits] = SIZE.exec(await this.#until("\r\n", MOST_LINE)) ?? [];
      if (digits === undefined) throw this.#strange();
      const size = Number.parseInt(digits, 16);
      if (size === 0) break;
      await this.#take(size);
      if ((await this.#until("\r\n", MOST_LINE)) !== "") throw this.#strange();
    }
    // headers that come last say nothing here
    while ((await this.#until("\r\n", MOST_LINE)) !== "");
  }

  async #readAll(): Promise<void> {
    this.#isLast = true;
    do this.#append(this.#rest.length);
    while (await this.#more());
  }

  /** So many bytes into the body. */
  async #take(count: number): Promise<void> {
    for (let missing = count; missing > 0; ) {
      if (this.#length + missing > this.#maxBytes) throw this.#tooLong();
      if (this.#rest.length === 0 && !(await this.#more())) throw this.#cutOff();
      const part = Math.min(missing, this.#rest.length);
      this.#append(part);
      missing -= part;
    }
  }

  /** One buffer that grows: an answer in pieces of a byte must not cost a hundred times its length. */
  #append(count: number): void {
    const part = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    const length = this.#length + count;
    if (length > this.#maxBytes) throw this.#tooLong();
    if (this.#length === 0) this.#body = part;
    else {
      if (length > this.#body.length) {
        const larger = Buffer.allocUnsafe(Math.min(this.#maxBytes, Math.max(65_536, 2 * length)));
        this.#body.copy(larger, 0, 0, this.#length);
        this.#body = larger;
      }
      part.copy(this.#body, this.#length);
    }
    this.#length = length;
  }

  /** The text before an end, one character a byte; passes over both. */
  async #until(end: string, most: number): Promise<string> {
    for (let from = 0; ; ) {
      const at = this.#rest.indexOf(end, from, "latin1");
      if (at >= 0) {
        const text = this.#rest.toString("latin1", 0, at);
        this.#rest = this.#rest.subarray(at + end.length);
        return text;
      }
      if (this.#rest.length > most) throw this.#strange();
      from = Math.max(0, this.#rest.length - end.length + 1);
      if (!(await this.#more())) throw this.#cutOff();
    }
  }

  /** @returns false when nothing more comes */
  async #more(): Promise<boolean> {
    const chunk = await this.#connection.read();
    if (chunk === undefined) return false;
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#begin.length < BEGIN.length) {
      this.#begin = this.#rest.toString("latin1", 0, MOST_LINE);
      // a server that waits for its client to go on would keep silent for ever
      if (!this.#begin.startsWith(BEGIN) && !BEGIN.startsWith(this.#begin)) throw this.#strange();
    }
    return true;
  }

  #strange(): NotHttpError {
    return new NotHttpError(this.#connection.peer, this.#begin);
  }

  #tooLong(): CheckError {
    const limit = `${this.#maxBytes / (1024 * 1024)} MiB`;
    return new CheckError(Status.UNKNOWN, `answer from ${this.#connection.peer} is longer than ${limit}`);
  }

  #cutOff(): CheckError {
    const { peer, received } = this.#connection;
    const message = `${peer} closed the connection before the answer was complete (${received} bytes received)`;
    return new CheckError(Status.CRITICAL, message);
  }
}

/** What stands before the body. */
interface Head extends Pick<HttpResponse, "status" | "headers"> {
  /** The server says that it takes another request. */
  readonly isKept: boolean;
}

/** @returns undefined for what is no head of an answer that was asked for */
function parseHead(text: string): Head | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const [, minor, digits] = STATUS_LINE.exec(first) ?? [];
  const status = Number(digits);
  // nobody asked for another protocol
  if (digits === undefined || status === 101) return undefined;
  const headers: Record<string, string | undefined> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!TOKEN.test(name)) return undefined;
    const value = line.slice(colon + 1).trim();
    const before = Object.hasOwn(headers, name) ? `${headers[name]}, ` : "";
    headers[name] = before + value;
  }
  const { connection = "", "transfer-encoding": coding, "content-length": length } = headers;
  // of both, one may be of somebody who smuggles (RFC 9112, section 6.3)
  const isKept = minor === "1" && !/\bclose\b/i.test(connection) && (coding === undefined || length === undefined);
  return { status, headers, isKept };
}
