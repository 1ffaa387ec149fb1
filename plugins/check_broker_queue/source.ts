import { CheckError, type Login, printable, Status } from "monitoring-plugins-ts";
import { type HttpClient, type HttpResponse, NotHttpError } from "monitoring-plugins-ts/http";

import type { Told } from "./facts.ts";

/** Where to ask, and as whom. */
export interface Connection {
  readonly url: URL;
  readonly login: Login | undefined;
  readonly vhost: string;
  readonly http: HttpClient;
}

/**
 * Asks one kind of broker, one request after the other: over one connection, which costs less than several at a time.
 *
 * @param only the one queue that matters; others may be told or not
 * @throws {@link Stranger} when what answers is of another kind; CheckError when there is no answer, or a refusal
 */
export type Source = (connection: Connection, only: string | undefined) => Promise<Told>;

/** What answers is not the kind of broker that was asked for; another kind may be tried. */
export class Stranger extends CheckError {
  constructor(message: string) {
    super(Status.UNKNOWN, message);
  }
}

/** A node that answers, and does not serve until the active one is gone. */
export class Standby extends CheckError {
  constructor(message: string) {
    super(Status.CRITICAL, message);
  }
}

/**
 * Sends one request, a GET unless there is something to send.
 *
 * @param path below the address given, or from the root where it begins with a slash
 * @param more headers
 * @throws CheckError when there is no answer, or when it points elsewhere
 */
export async function send(
  { url, login, http }: Connection,
  path: string,
  json?: unknown,
  more: Readonly<Record<string, string>> = {},
): Promise<HttpResponse> {
  const headers: Record<string, string> = { accept: "application/json", ...more };
  if (login !== undefined) {
    headers.authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
  }
  let answer: HttpResponse;
  try {
    answer = await http.request(new URL(path, url), { headers, json });
  } catch (error) {
    if (error instanceof NotHttpError && error.said.startsWith("AMQP")) {
      const message = `${url.host} is the broker's AMQP port: -H takes its management API, port 15672`;
      throw new CheckError(Status.UNKNOWN, message, { cause: error });
    }
    throw error;
  }
  const { status, headers: told } = answer;
  if (status >= 300 && status < 400 && told.location !== undefined) {
    const to = printable(told.location, 100);
    const message = `${url.host} redirects to ${to}, which is not followed: give -H the address itself`;
    throw new CheckError(Status.UNKNOWN, message);
  }
  // none was asked for, and unpacking it would have no bound
  const { "content-encoding": encoding = "identity" } = told;
  if (encoding !== "identity") {
    throw new CheckError(
      Status.UNKNOWN,
      `${url.host} answers in an encoding that was not asked for: ${printable(encoding, 40)}`,
    );
  }
  return answer;
}
