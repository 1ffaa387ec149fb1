import { randomInt } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

/** Where a server of the tests listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** `HOST:PORT` as an option takes it, with an IPv6 host in brackets. */
  readonly address: string;
}

export function addressOf(host: string, port: number): Address {
  return { host, port, address: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}` };
}

/** `HOST:PORT` taken apart again, for `connect()`. */
export function connectOptions(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port: Number(address.slice(colon + 1)) };
}

/** Listens on `port`, 0 for a free one. */
export async function listen(server: Server, host = "127.0.0.1", port = 0): Promise<Address> {
  server.listen(port, host);
  await once(server, "listening");
  return addressOf(host, (server.address() as AddressInfo).port);
}

/** Below the ports that the kernel gives to clients: one of these may be taken while a server takes its time to start. */
const [LOWEST_PORT, HIGHEST_PORT] = [20_000, 32_767];

/** A port that was free a moment ago. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  for (;;) {
    const server = createServer();
    try {
      const { port } = await listen(server, host, randomInt(LOWEST_PORT, HIGHEST_PORT + 1));
      server.close();
      await once(server, "close");
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}
