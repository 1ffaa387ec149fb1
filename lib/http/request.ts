import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { dial } from "../net/dial.ts";
import { formatEndpoint, type TcpEndpoint } from "../net/endpoint.ts";
import { deadlineFailure, lostFailure } from "../net/failure.ts";
import type { TlsOptions } from "../net/tls.ts";
import { CheckError } from "../plugin/error.ts";
import type { Signal } from "../plugin/signal.ts";
import { Status } from "../plugin/status.ts";

/** One request, and what binds it. */
export interface HttpRequest {
  /** The check's deadline. */
  readonly signal: Signal;
  /** Only addresses of this family. */
  readonly family?: 4 | 6 | undefined;
  /** For `https:` addresses. */
  readonly tls?: TlsOptions | undefined;
  /** Longest body taken, in bytes. */
  readonly maxBytes: number;
  /** Sent as JSON by POST; without it the request is a GET. */
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A whole answer. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Sends one request to an `http:` or `https:` address over a connection of its own, and reads the whole answer, whatever its
 * status. Redirections are not followed, no proxy is used, and user and password in the address are not sent.
 *
 * By node:http, which costs a program that ends after one request a quarter of what undici does.
 *
 * @throws {@link CheckError} CRITICAL when the server cannot be reached, is not trusted or hangs up; on the deadline the state
 *   its signal carries; UNKNOWN when what answers does not speak HTTP or says more than `maxBytes`, and when only the local
 *   side is at fault
 */
export async function request(url: URL, options: HttpRequest): Promise<HttpResponse> {
  const { signal, family, tls = {} } = options;
  const isTls = url.protocol === "https:";
  const to = endpointOf(url);
  const [{ request: send }, shakeHands] = await Promise.all([
    import("node:http"),
    isTls ? import("../net/tls.ts").then(({ prepareHandshake }) => prepareHandshake(to, tls)) : undefined,
  ]);
  const plain = await dial(to, family, signal);
  const socket = shakeHands === undefined ? plain : await shakeHands(plain, signal);

  const { json, headers = {} } = options;
  const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
  const described = body === undefined ? {} : { "content-type": "application/json", "content-length": body.length };
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
      settle();
    };
    const fail = (failure: CheckError) => end(() => reject(failure));
    const abort = () => {
      fail(deadlineFailure(signal, `no complete answer from ${formatEndpoint(to)}`, received(socket)));
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) return abort();
    const asked = send({
      method: body === undefined ? "GET" : "POST",
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, accept: "*/*", ...described, ...headers },
      createConnection: () => socket,
    });
    asked.on("error", (error) => fail(failure(to, error, socket)));
    asked.on("response", (response) => {
      read(response, options.maxBytes, to).then(
        (text) => end(() => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })),
        (error) => fail(error instanceof CheckError ? error : failure(to, error, socket)),
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
  let bytes = Buffer.allocUnsafe(Math.min(maxBytes, 65_536));
  let used = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (used + chunk.length > maxBytes) {
      const limit = `${maxBytes / (1024 * 1024)} MiB`;
      throw new CheckError(Status.UNKNOWN, `answer from ${formatEndpoint(to)} is longer than ${limit}`);
    }
    if (used + chunk.length > bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(2 * bytes.length, used + chunk.length)));
      bytes.copy(larger, 0, 0, used);
      bytes = larger;
    }
    used += chunk.copy(bytes, used);
  }
  return bytes.toString("utf8", 0, used);
}

const received = ({ bytesRead }: Socket) => ` (${bytesRead} bytes received)`;

function failure(to: TcpEndpoint, error: NodeJS.ErrnoException, socket: Socket): CheckError {
  const peer = formatEndpoint(to);
  // the codes of Node's parser
  if (error.code?.startsWith("HPE_")) {
    return new CheckError(Status.UNKNOWN, `${peer} does not speak HTTP`, { cause: error });
  }
  // Node's own words for a connection that was closed in the midst of an answer have the code of one that was reset
  if (error.code === "ECONNRESET" && error.syscall === undefined) {
    const message = `${peer} closed the connection before the answer was complete${received(socket)}`;
    return new CheckError(Status.CRITICAL, message, { cause: error });
  }
  return lostFailure(to, error, socket.bytesRead);
}
