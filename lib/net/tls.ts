import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { CheckError } from "../plugin/error.ts";
import type { Signal } from "../plugin/signal.ts";
import { Status } from "../plugin/status.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";
import { deadlineFailure, describeError } from "./failure.ts";

/** Contents, not file names: reading files, and saying which one is missing, is the caller's. */
export interface TlsOptions {
  /** PEM certificates to trust in place of the system's. */
  readonly ca?: Buffer | string | undefined;
  /** PEM certificate to show to the server, with its `key`. */
  readonly cert?: Buffer | string | undefined;
  readonly key?: Buffer | string | undefined;
  /** Name the certificate must be for, also sent as SNI; the host connected to unless given. */
  readonly serverName?: string | undefined;
  /** False accepts a trusted certificate for any name. */
  readonly checkName?: boolean | undefined;
  /** SHA-256 of the one certificate that is trusted, whoever has signed it and whatever its name: `AB:CD:...`, 32 bytes. */
  readonly fingerprint?: string | undefined;
}

/** Turns a connected socket into a TLS one. */
export type Handshake = (socket: Socket, signal: Signal) => Promise<TLSSocket>;

/** What OpenSSL says of bytes that are no TLS record, and Node of a peer that hangs up on the first message. */
const PLAINTEXT = new Set([
  "ECONNRESET",
  "EPIPE",
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_RECORD_LAYER_FAILURE",
  "ERR_SSL_UNEXPECTED_EOF_WHILE_READING",
  "ERR_SSL_UNKNOWN_PROTOCOL",
  "ERR_SSL_WRONG_VERSION_NUMBER",
]);

/**
 * Loads TLS and the certificates before anything is connected: a TLS gearmand burns a whole core while a client that
 * connected has not started its handshake.
 *
 * @throws {@link CheckError} UNKNOWN when a certificate, the key or the CA cannot be used. The handshake it returns throws
 *   CRITICAL when the certificate is not trusted or for another name, when the peer does not speak TLS, and on the deadline.
 */
export async function prepareHandshake(to: Endpoint, options: TlsOptions): Promise<Handshake> {
  const [{ connect, createSecureContext }, { isIP }, { X509Certificate }] = await Promise.all([
    import("node:tls"),
    import("node:net"),
    import("node:crypto"),
  ]);
  const peer = formatEndpoint(to);
  const { ca, cert, key, checkName = true, fingerprint } = options;
  // first, and by itself: createSecureContext() takes a CA without any certificate in it, and then trusts nobody without
  // saying why, or blames no file by name
  if (ca !== undefined) useLocal("TLS CA", () => new X509Certificate(ca));
  const secureContext = useLocal("TLS certificate or key", () => createSecureContext({ ca, cert, key }));
  const name = options.serverName ?? ("host" in to ? to.host : "localhost");

  return (socket, signal) =>
    new Promise((resolve, reject) => {
      const secured = connect({
        socket,
        secureContext,
        host: name,
        // SNI carries names only (RFC 6066, section 3)
        ...(isIP(name) === 0 ? { servername: name } : {}),
        ...(checkName && fingerprint === undefined ? {} : { checkServerIdentity: () => undefined }),
        // the certificate itself is what is known then, and looked at below
        rejectUnauthorized: fingerprint === undefined,
      });
      const abort = () => fail(deadlineFailure(signal, `no TLS handshake with ${peer}`));
      const fail = (failure: CheckError) => {
        signal.removeEventListener("abort", abort);
        secured.destroy();
        socket.destroy();
        reject(failure);
      };
      secured.once("secureConnect", () => {
        const shown = secured.getPeerCertificate().fingerprint256;
        if (fingerprint !== undefined && shown !== fingerprint) return fail(otherCertificate(peer, shown));
        signal.removeEventListener("abort", abort);
        resolve(secured);
      });
      // stays attached: until the socket has its new owner, an error without a listener would end the process
      secured.on("error", (error) => fail(handshakeFailure(peer, name, error, secured)));
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
    });
}

const otherCertificate = (peer: string, shown: string) =>
  new CheckError(Status.CRITICAL, `certificate of ${peer} is another one: its SHA-256 fingerprint is ${shown}`);

function handshakeFailure(peer: string, name: string, error: NodeJS.ErrnoException, secured: TLSSocket): CheckError {
  const critical = (message: string) => new CheckError(Status.CRITICAL, message, { cause: error });
  if (error.code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const { reason } = error as { reason?: string };
    return critical(`certificate is not for ${name} (${(reason ?? error.message).replace(/\.$/, "")})`);
  }
  // Node sets this once the handshake is through and only the certificate is at fault
  if (secured.authorizationError) return critical(`certificate of ${peer} not trusted: ${error.message}`);
  const plaintext = PLAINTEXT.has(error.code ?? "");
  const why = plaintext ? "the server seems to speak plaintext" : describeError(error);
  return critical(`TLS handshake with ${peer} failed: ${why}`);
}

function useLocal<T>(what: string, build: () => T): T {
  try {
    return build();
  } catch (cause) {
    throw new CheckError(Status.UNKNOWN, `${what} cannot be used: ${describeError(cause as Error)}`, { cause });
  }
}
