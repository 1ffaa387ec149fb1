import { dial } from "../net/dial.ts";
import { formatEndpoint, type TcpEndpoint } from "../net/endpoint.ts";
import { deadlineFailure } from "../net/failure.ts";
import { prepareHandshake, type TlsOptions } from "../net/tls.ts";
import { CheckError, noDescriptors } from "../plugin/error.ts";
import type { Login } from "../plugin/login.ts";
import { patience, type Signal } from "../plugin/signal.ts";
import { printable } from "../plugin/text.ts";

/** How Icinga 2's API is reached. */
export interface ApiOptions {
  readonly server: TcpEndpoint;
  /** A user of the API. */
  readonly credentials: Login;
  readonly tls: TlsOptions;
  /** Longest wait for an answer. */
  readonly seconds: number;
  /** Connections kept, and so requests under way. */
  readonly connections: number;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** An answer is about one object, with its output in it at most. */
const MAX_ANSWER = 16 * 1024 * 1024;

/** What undici says of a connection that the server closed before it had answered. */
const CLOSED = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

/** JSON over connections that are kept. Nothing is loaded or connected before the first request. */
export class ApiClient {
  readonly name: string;
  readonly #options: ApiOptions;
  readonly #headers: Readonly<Record<string, string>>;
  #loaded: ReturnType<typeof load> | undefined;

  constructor(options: ApiOptions) {
    const { user, password } = options.credentials;
    this.name = `https://${formatEndpoint(options.server)}`;
    this.#options = options;
    this.#headers = {
      accept: "application/json",
      "content-type": "application/json",
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
    };
  }

  /**
   * Sends a request, and reads the whole answer, whatever its status. One whose connection was closed before anything came
   * is sent once more: a core that was restarted closes those that are kept.
   *
   * @param json sent by POST; without it the request is a GET
   * @throws Error, its message for people, when there is no answer
   */
  async ask(path: string, json: unknown, outer: AbortSignal): Promise<Answer> {
    const { signal, end } = patience(this.#options.seconds, outer);
    try {
      return await this.#send(path, json, signal).catch((error) => {
        if (signal.aborted || !CLOSED.has(error.code)) throw error;
        return this.#send(path, json, signal);
      });
    } catch (error) {
      throw new Error(this.#describe(error as NodeJS.ErrnoException, signal), { cause: error });
    } finally {
      end();
    }
  }

  async #send(path: string, json: unknown, signal: Signal): Promise<Answer> {
    this.#loaded ??= load(this.name, this.#options);
    const pool = await this.#loaded;
    const { statusCode, body } = await pool.request({
      path,
      // it needs no more of it than a Signal has
      signal: signal as AbortSignal,
      headers: this.#headers,
      ...(json === undefined ? { method: "GET" } : { method: "POST", body: JSON.stringify(json) }),
    });
    return { status: statusCode, body: await body.text() };
  }

  #describe(error: NodeJS.ErrnoException, signal: Signal): string {
    if (signal.aborted) return deadlineFailure(signal, `no answer from ${this.name}`).message;
    if (error instanceof CheckError) return error.message;
    if (error.code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return `${this.name} answers more than ${MAX_ANSWER} bytes`;
    return (
      noDescriptors(error)?.message ?? `${this.name}: ${printable(error.message || (error.code ?? error.name), 200)}`
    );
  }

  async close(): Promise<void> {
    const pool = await this.#loaded?.catch(() => undefined);
    await pool?.destroy();
  }
}

async function load(origin: string, { server, tls, seconds, connections }: ApiOptions) {
  const [{ Pool }, shakeHands] = await Promise.all([import("undici"), prepareHandshake(server, tls)]);
  return new Pool(origin, {
    connections,
    maxResponseSize: MAX_ANSWER,
    // as every connection of this library: names by getent, failures in its words
    connect: (_, done) => {
      const { signal, end } = patience(seconds);
      dial(server, undefined, signal)
        .then((socket) => shakeHands(socket, signal))
        .finally(end)
        .then(
          (socket) => done(null, socket),
          (error) => done(error, null),
        );
    },
  });
}
