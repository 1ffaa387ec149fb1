import { Connection } from "../net/connection.ts";
import type { TcpEndpoint } from "../net/endpoint.ts";
import type { TlsOptions } from "../net/tls.ts";
import type { Signal } from "../plugin/signal.ts";
import { Answer, type HttpResponse } from "./answer.ts";

/** What binds requests. */
export interface HttpOptions {
  /** The check's deadline. */
  readonly signal: Signal;
  /** Only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** For `https:` addresses. */
  readonly tls?: TlsOptions | undefined;
  /** Longest answer taken, in bytes. */
  readonly maxBytes: number;
}

/** What is sent beside the address. */
interface Question {
  /** Sent as JSON by POST; without it the request is a GET. */
  readonly json?: unknown;
  /** Nothing in it may have line breaks. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request, and what binds it. */
export type HttpRequest = HttpOptions & Question;

/**
 * Asks `http:` or `https:` addresses. A connection is kept for the next request to the same server; requests at the same time have one each.
 * Redirections are not followed, no proxy is used, and user and password in the address are not sent.
 *
 * Always {@link close} it.
 */
export class HttpClient {
  readonly options: HttpOptions;
  /** The one that is kept while nobody asks. */
  #connection: Connection | undefined;
  /** What it is connected to. */
  #origin = "";

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
    const text = written(url, question);
    const kept = url.origin === this.#origin ? this.#connection : undefined;
    if (kept !== undefined) {
      this.#connection = undefined;
      try {
        return await this.#ask(kept, url, text);
      } catch (error) {
        if (kept.received > 0 || this.options.signal.aborted) throw error;
      }
    }
    const { signal, family, tls = {}, maxBytes } = this.options;
    const options = { signal, family, maxBytes, ...(url.protocol === "https:" ? { tls } : {}) };
    return this.#ask(await Connection.open(endpointOf(url), options), url, text);
  }

  /** Ends the connection that is kept; a later request opens another one. */
  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #ask(connection: Connection, { origin }: URL, text: string): Promise<HttpResponse> {
    const answer = new Answer(connection, this.options.maxBytes);
    try {
      connection.write(text);
      const response = await answer.read();
      if (answer.isLast) connection.close();
      else {
        this.close();
        this.#connection = connection;
        this.#origin = origin;
      }
      return response;
    } catch (error) {
      connection.close();
      throw error;
    }
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

function written(url: URL, { json, headers = {} }: Question): string {
  const body = json === undefined ? "" : JSON.stringify(json);
  const described = { "content-type": "application/json", "content-length": `${Buffer.byteLength(body)}` };
  const all = { host: url.host, accept: "*/*", ...(json === undefined ? {} : described), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${json === undefined ? "GET" : "POST"} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

/** Where the address points to. */
function endpointOf({ protocol, hostname, port }: URL): TcpEndpoint {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}
