import { connect, type OnReadOpts, type Socket } from "node:net";
import type { Signal } from "../plugin/signal.ts";

import type { Endpoint } from "./endpoint.ts";
import { formatEndpoint } from "./endpoint.ts";
import { type Attempt, connectFailure, deadlineFailure } from "./failure.ts";
import { resolveHost } from "./resolve.ts";

/** How long one address is alone before the next is tried beside it, so that a black hole does not eat the deadline. */
const HEAD_START_MS = 1000;

/**
 * Connects to the first address of `to` that accepts. The caller owns the socket; all others are destroyed.
 *
 * @param onread takes what is read, in place of "data"
 * @throws {@link CheckError} CRITICAL when the name has no address, no address accepts or the deadline came first; UNKNOWN
 *   when only the local side is at fault, such as a missing permission on a Unix socket.
 */
export async function dial(
  to: Endpoint,
  family: 4 | 6 | undefined,
  signal: Signal,
  onread?: OnReadOpts,
): Promise<Socket> {
  if (signal.aborted) throw deadlineFailure(signal, `no connection to ${formatEndpoint(to)}`);
  const reading = onread === undefined ? {} : { onread };
  if ("path" in to) return race(to, [to.path], (path) => connect({ path, ...reading }), signal);
  const addresses = await resolveHost(to.host, family, signal);
  return race(to, addresses, (host) => connect({ host, port: to.port, noDelay: true, ...reading }), signal);
}

function race(
  to: Endpoint,
  addresses: readonly string[],
  start: (address: string) => Socket,
  signal: Signal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const running = new Set<Socket>();
    const failed: Attempt[] = [];
    let tried = 0;
    let timer: NodeJS.Timeout | undefined;

    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      for (const socket of running) socket.destroy();
    };
    const abort = () => {
      finish();
      reject(deadlineFailure(signal, `no connection to ${formatEndpoint(to)}`));
    };
    const tryNext = () => {
      clearTimeout(timer);
      const address = addresses[tried++];
      if (address === undefined) return;
      if (tried < addresses.length) timer = setTimeout(tryNext, HEAD_START_MS);
      const socket = start(address);
      running.add(socket);
      socket.once("connect", () => {
        running.delete(socket);
        finish();
        resolve(socket);
      });
      // stays attached: until the socket has its new owner, an error without a listener would end the process
      socket.on("error", (error) => {
        if (!running.delete(socket)) return;
        failed.push({ address, error });
        if (failed.length < addresses.length) return tryNext();
        finish();
        reject(connectFailure(to, failed));
      });
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) return abort();
    tryNext();
  });
}
