import type { Agent, IncomingHttpHeaders, IncomingMessage, request as sendRequest } from "node:http";
import type { Socket } from "node:net";

import { dial } from "../net/dial.ts";
import { formatEndpoint, type TcpEndpoint } from "../net/endpoint.ts";
import { deadlineFailure, lostFailure } from "../net/failure.ts";
import type { TlsOptions } from "../net/tls.ts";
import { CheckError } from "../plugin/error.ts";
import type { Signal } from "../plugin/signal.ts";
import { Status } from "../plugin/status.ts";

/** What binds requests. */
export interface HttpOptions {
  /** The check's deadline. */
  readonly signal: Signal;
  /** Only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** For `https:` addresses. */
  readonly tls?: TlsOptions | undefined;
  /** Longest body taken, in bytes. */
  readonly maxBytes: number;
}

/** What is sent beside the address. */
interface Question {
  /** Sent as JSON by POST; without it the request is a GET. */
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request, and what binds it. */
export type HttpRequest = HttpOptions & Question;

/** A whole answer. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Read as UTF-8. */
  readonly body: string;
}

/** What answers does not speak HTTP. */
export class NotHttpError extends CheckError {
  /** What it has said instead, one character a byte. */
  readonly said: string;

  constructor(to: TcpEndpoint, said: string, cause?: Error) {
    super(Status.UNKNOWN, `${formatEndpoint(to)} does not speak HTTP`, { cause });
    this.said = said;
  }
}

/**
 * Asks `http:` or `https:` addresses by node:http. A connection is kept for the next request to the same server; requests at
 * the same time have one each. Redirections are not followed, no proxy is used, and user and password in the address are not
 * sent.
 *
 * Always {@link close} it.
 */
export class HttpClient {
  readonly options: HttpOptions;
  readonly #servers = new Map<string, Promise<Server>>();

  constructor(options: HttpOptions) {
    this.options = options;
  }

  /**
   * Sends a request and reads the whole answer, whatever its status. It may be sent twice: a server that keeps a connection may
   * close it just then.
   *
   * @throws {@link CheckError} CRITICAL when the server cannot be reached, is not trusted or hangs up; on the deadline the state
   *   its signal carries; UNKNOWN when what answers does not speak HTTP or says more than `maxBytes`, and when only the local
   *   side is at fault
   */
  async request(url: URL, question: Question = {}): Promise<HttpResponse> {
    const known = this.#servers.get(url.origin) ?? prepare(url, this.options);
    this.#servers.set(url.origin, known);
    const server = await known;
    let answer = await exchange(server, url, question, this.options);
    while (answer === undefined) answer = await exchange(server, url, question, this.options);
    return answer;
  }

  /** Ends the connections that are kept; a later request opens another one. */
  close(): void {
    for (const server of this.#servers.values()) server.then(({ agent }) => agent.destroy()).catch(() => {});
    this.#servers.clear();
  }
}

/** One request over a connection of its own, see {@link HttpClient}. */
export async function request(url: URL, asked: HttpRequest): Promise<HttpResponse> {
  const client = new HttpClient(asked);
  try {
    return await client.request(url, asked);
  } finally {
    client.close();
  }
}

interface Server {
  readonly to: TcpEndpoint;
  readonly send: typeof sendRequest;
  /** Has the connections that are kept. */
  readonly agent: Agent;
}

/** Nothing is connected before the first request. */
async function prepare(url: URL, { signal, family, tls = {} }: HttpOptions): Promise<Server> {
  const to = endpointOf(url);
  const [{ Agent, request: send }, shakeHands] = await Promise.all([
    import("node:http"),
    url.protocol === "https:"
      ? import("../net/tls.ts").then(({ prepareHandshake }) => prepareHandshake(to, tls))
      : undefined,
  ]);
  const agent = new Agent({ keepAlive: true });
  // as every connection of this library: names by getent, failures in its words
  agent.createConnection = (_, done) => {
    dial(to, family, signal)
      .then((socket): Socket | Promise<Socket> => shakeHands?.(socket, signal) ?? socket)
      .then(
        (socket) => done?.(null, socket),
        (error) => done?.(error, undefined as unknown as Socket),
      );
    return undefined;
  };
  return { to, send, agent };
}

/** @returns undefined when a connection that was kept had been closed by the server before it answered */
function exchange(
  { to, send, agent }: Server,
  url: URL,
  { json, headers = {} }: Question,
  { signal, maxBytes }: HttpOptions,
): Promise<HttpResponse | undefined> {
  const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
  const described = body === undefined ? {} : { "content-type": "application/json", "content-length": body.length };
  return new Promise((resolve, reject) => {
    const asked = send({
      method: body === undefined ? "GET" : "POST",
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, accept: "*/*", ...described, ...headers },
      agent,
    });
    let used: Socket | undefined;
    let before = 0;
    const received = () => (used?.bytesRead ?? 0) - before;
    const settle = (result: HttpResponse | undefined) => {
      signal.removeEventListener("abort", abort);
      resolve(result);
    };
    const fail = (failure: Error) => {
      signal.removeEventListener("abort", abort);
      asked.destroy();
      reject(failure);
    };
    const abort = () => {
      const detail = ` (${received()} bytes received)`;
      fail(deadlineFailure(signal, `no complete answer from ${formatEndpoint(to)}`, detail));
    };
    const failed = (error: Error) => {
      if (asked.reusedSocket && received() === 0 && !signal.aborted) settle(undefined);
      else fail(failure(to, error, received()));
    };
    // until then the connection keeps to the deadline itself
    asked.on("socket", (socket) => {
      used = socket;
      before = socket.bytesRead;
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
    });
    asked.on("error", failed);
    // nobody asked for another protocol
    asked.on("upgrade", () => fail(new NotHttpError(to, "")));
    asked.on("response", (response) => {
      read(response, maxBytes, to).then(
        (text) => settle({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        failed,
      );
    });
    asked.end(body);
  });
}

/** Where the address points to. */
function endpointOf({ protocol, hostname, port }: URL): TcpEndpoint {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}

/** One buffer that grows: an answer in pieces of a byte must not cost a hundred times its length. */
async function read(response: IncomingMessage, maxBytes: number, to: TcpEndpoint): Promise<string> {
  const announced = Number(response.headers["content-length"] ?? 0);
  let bytes = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(announced, 65_536)));
  let used = 0;
  const refuse = () => {
    const limit = `${maxBytes / (1024 * 1024)} MiB`;
    return new CheckError(Status.UNKNOWN, `answer from ${formatEndpoint(to)} is longer than ${limit}`);
  };
  if (announced > maxBytes) throw refuse();
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (used + chunk.length > maxBytes) throw refuse();
    if (used + chunk.length > bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(2 * bytes.length, used + chunk.length)));
      bytes.copy(larger, 0, 0, used);
      bytes = larger;
    }
    used += chunk.copy(bytes, used);
  }
  return bytes.toString("utf8", 0, used);
}

function failure(to: TcpEndpoint, error: NodeJS.ErrnoException & { rawPacket?: unknown }, received: number): Error {
  if (error instanceof CheckError) return error;
  // the codes of Node's parser
  if (error.code?.startsWith("HPE_")) {
    const said = error.rawPacket instanceof Buffer ? error.rawPacket.toString("latin1") : "";
    return new NotHttpError(to, said, error);
  }
  // Node's own words for a connection that was closed in the midst of an answer have the code of one that was reset
  if (error.code === "ECONNRESET" && error.syscall === undefined) {
    const message = `${formatEndpoint(to)} closed the connection before the answer was complete (${received} bytes received)`;
    return new CheckError(Status.CRITICAL, message, { cause: error });
  }
  return lostFailure(to, error, received);
}
