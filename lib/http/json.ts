import type { LookupFunction } from "node:net";

import { deadlineFailure } from "../net/failure.ts";
import { resolveHost } from "../net/resolve.ts";
import type { TlsOptions } from "../net/tls.ts";
import { CheckError, noDescriptors } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";
import { printable } from "../plugin/text.ts";

/** How to ask. */
export interface HttpOptions {
  readonly signal: AbortSignal;
  readonly family?: 4 | 6 | undefined;
  /** For `https:` addresses. */
  readonly tls?: TlsOptions | undefined;
  /** Longest answer taken, in bytes. */
  readonly maxBytes: number;
}

/** A whole answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends JSON to an `http:` or `https:` address and reads the whole answer, whatever its status. Redirections are not
 * followed, no proxy is used.
 *
 * @throws {@link CheckError} CRITICAL when the server cannot be reached, is not trusted or answers too long or too late;
 *   UNKNOWN when only the local side is at fault
 */
export async function postJson(url: URL, body: unknown, options: HttpOptions): Promise<HttpAnswer> {
  const { signal, family, maxBytes, tls } = options;
  const { Agent, request } = await import("undici");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  // Node's own lookup blocks a thread that the end of the process would wait for
  const lookup: LookupFunction = (name, _options, done) => {
    resolveHost(name, family, signal).then(
      (addresses) =>
        done(
          null,
          addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
        ),
      (error) => done(error, []),
    );
  };
  const agent = new Agent({
    maxResponseSize: maxBytes,
    connect: { lookup, autoSelectFamily: true, ...(url.protocol === "https:" ? tlsSettings(host, tls ?? {}) : {}) },
  });
  try {
    const answer = await request(url, {
      method: "POST",
      dispatcher: agent,
      signal,
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
    return { status: answer.statusCode, body: await answer.body.text() };
  } catch (error) {
    throw failure(url, error as Error, options);
  } finally {
    // not awaited: it would wait for an answer that the deadline has already given up
    void agent.destroy();
  }
}

function tlsSettings(host: string, { ca, cert, key, serverName, checkName = true }: TlsOptions) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(checkName ? {} : { checkServerIdentity: () => undefined, host }),
  };
}

function failure(url: URL, error: Error, { signal, maxBytes }: HttpOptions): CheckError {
  const peer = url.host;
  if (signal.aborted) return deadlineFailure(signal, `no answer from ${peer}`);
  if (error instanceof CheckError) return error;
  const ours = noDescriptors(error);
  if (ours !== undefined) return ours;
  const { code } = error as NodeJS.ErrnoException;
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") {
    return new CheckError(Status.CRITICAL, `answer from ${peer} is longer than ${maxBytes} bytes`, { cause: error });
  }
  const why = error.message === "" ? (code ?? error.name) : error.message;
  return new CheckError(Status.CRITICAL, `${peer}: ${printable(why, 200)}`, { cause: error });
}
