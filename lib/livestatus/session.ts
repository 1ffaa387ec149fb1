import { Connection, type ConnectOptions } from "../net/connection.ts";
import { type Endpoint, formatEndpoint } from "../net/endpoint.ts";
import { CheckError, DeadlineError, NoDescriptorsError } from "../plugin/error.ts";
import type { Signal } from "../plugin/signal.ts";
import { Controller, sleep } from "../plugin/signal.ts";
import { Status } from "../plugin/status.ts";
import { firstLine, HEADER_BYTES, mayBecomeHeader, parseHeader, parseRows } from "./answer.ts";
import { type FailureKind, LivestatusError } from "./failure.ts";
import { formatQuery, type Query } from "./query.ts";

/** No answer to a query about the server's own state is longer, in bytes. */
const MAX_BYTES = 1024 * 1024;

/** How long the rest of a text that is no Livestatus is waited for, and how much of it is looked at. */
const STRANGER_MS = 300;
const STRANGER_BYTES = 4096;

/** Longest path of a Unix socket on Linux: Node cuts longer ones silently, and may reach another socket. */
const LONGEST_PATH = 107;

/**
 * One connection to a Livestatus server or proxy. Queries go one after the other; {@link close} it at the end, because
 * servers have few places for clients and keep them for the idle ones, too.
 */
export class Session {
  readonly #connection: Connection;
  readonly #options: ConnectOptions;

  private constructor(connection: Connection, options: ConnectOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** @throws {@link LivestatusError} that says at which step connecting failed */
  static async open(to: Endpoint, options: ConnectOptions): Promise<Session> {
    if ("path" in to && Buffer.byteLength(to.path) > LONGEST_PATH) {
      const message = `path of the socket is longer than ${LONGEST_PATH} bytes: ${to.path}`;
      throw new LivestatusError(Status.UNKNOWN, "path too long", message);
    }
    try {
      return new Session(await Connection.open(to, { maxBytes: MAX_BYTES, ...options }), options);
    } catch (error) {
      throw await connectFailure(to, error, options);
    }
  }

  /**
   * Sends a query and returns the rows of its answer.
   *
   * @throws {@link LivestatusError} for everything but code 200 with an array of rows
   */
  async ask(query: Query): Promise<readonly (readonly unknown[])[]> {
    const { code, body } = await this.#exchange(formatQuery(query));
    if (code !== 200) {
      const text = firstLine(body);
      const message = `error ${code}${text === "" ? " without a text" : `: ${text}`}`;
      throw new LivestatusError(Status.CRITICAL, "error answer", message, { code });
    }
    const rows = parseRows(body);
    if (rows === undefined) {
      const what = body.length === 0 ? "empty" : `not a list: '${firstLine(body.slice(0, 80))}'`;
      throw new LivestatusError(Status.CRITICAL, "no data", `answers without data (${what})`);
    }
    return rows;
  }

  /** Not a byte of an answer to the last query has come. */
  get isSilent(): boolean {
    return this.#connection.received === 0;
  }

  /** Closes the connection; may be called again. A query still waiting fails as if the other side had closed. */
  close(): void {
    this.#connection.close();
  }

  async #exchange(request: string): Promise<{ code: number; body: string }> {
    const chunks: Buffer[] = [];
    let received = 0;
    let needed = HEADER_BYTES;
    let code: number | undefined;
    this.#connection.write(request);
    while (received < needed) {
      const chunk = await this.#read(received);
      if (chunk === undefined) throw brokenOff(Buffer.concat(chunks), code === undefined ? undefined : needed);
      chunks.push(chunk);
      received += chunk.length;
      if (code !== undefined) continue;
      const start = chunks.length === 1 ? chunk : Buffer.concat(chunks);
      if (received < HEADER_BYTES) {
        if (!mayBecomeHeader(start)) throw await this.#stranger(chunks);
        continue;
      }
      const header = parseHeader(start);
      if (header === undefined) throw await this.#stranger(chunks);
      if (header.length > MAX_BYTES) {
        const message = `announces an answer of ${header.length} bytes, more than any such query has`;
        throw new LivestatusError(Status.CRITICAL, "broken off", message);
      }
      code = header.code;
      needed += header.length;
    }
    const [first] = chunks;
    const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    return { code: code ?? 0, body: bytes.toString("utf8", HEADER_BYTES, needed) };
  }

  async #read(received: number): Promise<Buffer | undefined> {
    try {
      return await this.#connection.read();
    } catch (error) {
      const { signal } = this.#options;
      if (signal.aborted) {
        const some = received === 0 ? "" : `, only ${received} bytes of one`;
        throw new LivestatusError(late(signal), "no answer", `no answer ${within(signal)} (connected${some})`, {
          cause: error,
        });
      }
      if (received === 0) return undefined;
      const status = error instanceof CheckError ? error.status : Status.UNKNOWN;
      throw new LivestatusError(status, "broken off", (error as Error).message, { cause: error });
    }
  }

  /** Collects a little more of what a peer says that does not speak Livestatus, so that the message is not half a word. */
  async #stranger(chunks: Buffer[]): Promise<LivestatusError> {
    const late = new Controller();
    const timer = sleep(STRANGER_MS, late.signal);
    let received = chunks.reduce((sum, { length }) => sum + length, 0);
    while (received < STRANGER_BYTES) {
      const chunk = await Promise.race([this.#connection.read().catch(() => undefined), timer]);
      if (!(chunk instanceof Buffer)) break;
      chunks.push(chunk);
      received += chunk.length;
    }
    late.abort();
    return strangerError(Buffer.concat(chunks).subarray(0, STRANGER_BYTES));
  }
}

/** First two bytes of a TLS alert: what a TLS server says to plain text. */
const isTlsAlert = (bytes: Buffer) => bytes[0] === 0x15 && bytes[1] === 0x03;

function strangerError(bytes: Buffer): LivestatusError {
  const text = firstLine(bytes.toString());
  const name = STRANGERS.find(([pattern]) => pattern.test(text))?.[1];
  const what = isTlsAlert(bytes)
    ? "a TLS alert, encryption setting wrong?"
    : `'${text}'${name === undefined ? "" : ` (${name})`}`;
  // what is not known may be the core's own front, saying that there is no core
  const status = name === undefined ? Status.CRITICAL : Status.UNKNOWN;
  return new LivestatusError(status, "stranger", `not a Livestatus answer: ${what}`);
}

/** Servers by how their answer to a line they do not know, or their greeting, begins. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/^ERR UNKNOWN_COMMAND\b/i, "a gearmand"],
  [/^(?:HTTP\/|<!doctype html|<html)/i, "a web server"],
  [/^SSH-/, "an SSH server"],
  [/^220[ -]/, "a mail or FTP server"],
];

function closedUnanswered(cause?: unknown): LivestatusError {
  const message =
    "connection closed without an answer (server restarting, access list, TLS expected, or request refused)";
  return new LivestatusError(Status.CRITICAL, "closed", message, { cause });
}

function brokenOff(bytes: Buffer, needed: number | undefined): LivestatusError {
  if (bytes.length === 0) return closedUnanswered();
  if (needed === undefined) return strangerError(bytes);
  return new LivestatusError(
    Status.CRITICAL,
    "broken off",
    `the answer broke off after ${bytes.length} of ${needed} bytes`,
  );
}

/** The state of what does not answer in time. */
const late = ({ reason }: Signal): Status => (reason instanceof CheckError ? reason.status : Status.CRITICAL);

const within = ({ reason }: Signal) => (reason instanceof DeadlineError ? `within ${reason.seconds} s` : "in time");

/** Codes of the operating system that tell why nobody is reached. */
const KINDS: Readonly<Record<string, FailureKind>> = {
  ENOENT: "missing",
  ENOTDIR: "missing",
  ECONNREFUSED: "refused",
  EACCES: "denied",
  EPERM: "denied",
  EAGAIN: "not accepting",
  ECONNRESET: "closed",
  EPIPE: "closed",
};

async function connectFailure(to: Endpoint, error: unknown, options: ConnectOptions): Promise<LivestatusError> {
  if (!(error instanceof CheckError)) throw error;
  const { signal, tls } = options;
  const fail = (kind: FailureKind, message: string, status: Status = error.status) =>
    new LivestatusError(status, kind, message, { cause: error });
  if (error instanceof NoDescriptorsError) return fail("own fault", error.message);
  if (signal.aborted) {
    if (tls !== undefined && error.message.includes("handshake")) {
      return fail("no handshake", `no TLS handshake ${within(signal)}, encryption setting wrong?`, late(signal));
    }
    if (error.message.startsWith("cannot resolve")) return fail("unreachable", error.message, late(signal));
    return fail("not accepting", `does not accept connections (${within(signal)})`, late(signal));
  }
  const { cause } = error;
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  if (error.message.startsWith("certificate")) return fail("untrusted", error.message);
  if (error.message.startsWith("TLS handshake")) {
    return fail("no handshake", `${error.message}, encryption setting wrong?`);
  }
  const kind = code === undefined ? undefined : KINDS[code];
  // a peer that accepts and closes at once: bun, which the standalone executable runs by, may tell so before it says connected
  if (kind === "closed") return closedUnanswered(error);
  if ("path" in to) {
    if (kind === "refused" && !(await isSocket(to.path))) {
      return fail("no socket", `is not a socket: ${to.path}`, Status.UNKNOWN);
    }
    if (kind === "not accepting") return fail(kind, "does not accept connections (its queue is full)", Status.CRITICAL);
    return fail(kind ?? "unreachable", error.message);
  }
  if (error.status === Status.UNKNOWN) return fail("own fault", `${error.message} (${formatEndpoint(to)})`);
  return fail(kind === "refused" ? kind : "unreachable", error.message);
}

/** Connecting to a plain file or a directory is refused, too. */
async function isSocket(path: string): Promise<boolean> {
  const { stat } = await import("node:fs/promises");
  return stat(path).then(
    (found) => found.isSocket(),
    () => true,
  );
}
