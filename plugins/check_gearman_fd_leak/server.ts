import { hostname, networkInterfaces } from "node:os";

import { CheckError } from "monitoring-plugins-ts";
import { AdminClient } from "monitoring-plugins-ts/gearman";
import { Tally } from "monitoring-plugins-ts/linux";
import { type ConnectOptions, formatEndpoint, type TcpEndpoint } from "monitoring-plugins-ts/net";

import type { ServerFacts } from "./facts.ts";

/** Asks the job server for its process id and its connections. A failure is a fact as well. */
export async function askServer(server: TcpEndpoint, connect: ConnectOptions): Promise<ServerFacts | CheckError> {
  try {
    const client = await AdminClient.open(server, connect);
    try {
      const local = isLocal(server.host);
      const clients = await client.workers();
      const idlePeers = new Tally();
      for (const { ip, functions } of clients) if (functions.length === 0) idlePeers.add(ip);
      return {
        server: formatEndpoint(server),
        workers: clients.filter(({ functions }) => functions.length > 0).length,
        connections: clients.length,
        idlePeers: idlePeers.top(5),
        local,
        pid: local ? await client.getpid() : undefined,
      };
    } finally {
      client.close();
    }
  } catch (error) {
    if (error instanceof CheckError) return error;
    throw error;
  }
}

/** Whether a host is this machine, as far as its name tells. */
export function isLocal(host: string): boolean {
  if (/^(?:localhost|::1|127(?:\.\d+){3})$/i.test(host) || host === hostname()) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
}
