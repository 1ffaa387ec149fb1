import type { Signal } from "monitoring-plugins-ts";
import {
  formatAddress,
  type InodeSet,
  networkNamespace,
  type Process,
  readTcpSockets,
  Tally,
  type TcpSocket,
} from "monitoring-plugins-ts/linux";

import type { SocketFacts } from "./facts.ts";

/** Names in the long output. */
const TOP = 5;

/** Counts the sockets of one process, or of one user. */
export class SocketTally {
  gearman = 0;
  closeWait = 0;
  unaccepted = 0;
  /** It takes connections to the port. */
  listens = false;
  readonly states = new Tally(20);
  readonly peers = new Tally();

  add({ state, localPort, remotePort, remoteAddress }: TcpSocket, port: number): void {
    if ((localPort === port || remotePort === port) && state !== "LISTEN") this.gearman++;
    else if (localPort === port) this.listens = true;
    if (state === "CLOSE_WAIT") this.closeWait++;
    this.states.add(state);
    if (state !== "LISTEN") this.peers.add(remoteAddress);
  }

  facts(of: SocketFacts["of"], scale: number): SocketFacts {
    const scaled = (count: number) => Math.round(count * scale);
    const { gearman, closeWait } = this;
    const states = this.states.top(TOP).map(([state, count]) => [state, scaled(count)] as const);
    const peers = this.peers.top(TOP).map(([peer, count]) => [formatAddress(peer), scaled(count)] as const);
    return { gearman: scaled(gearman), closeWait: scaled(closeWait), states, peers, of };
  }
}

/**
 * Whether a socket may be this process', whose own sockets we may not see: one of its user, at the end of the Gearman port
 * that the process is at. On one machine both ends are in the same list.
 */
function isLikely({ comm, uid }: Process, socket: TcpSocket, port: number): boolean {
  return socket.uid === uid && port === (comm === "gearmand" ? socket.localPort : socket.remotePort);
}

/** A process whose sockets are to be counted. */
export interface SocketOwner {
  readonly process: Process;
  /** Of its sockets; undefined when nobody told us. */
  readonly sockets: InodeSet | undefined;
}

/** Reads the sockets of each network namespace once, for all processes in it. Owners of unreadable ones are left out. */
export async function tallySockets<O extends SocketOwner>(
  owners: readonly O[],
  { root, port, signal }: { readonly root: string; readonly port: number; readonly signal: Signal },
): Promise<ReadonlyMap<O, SocketTally>> {
  const namespaces = new Map<number, Map<O, SocketTally>>();
  for (const owner of owners) {
    const namespace = networkNamespace(root, owner.process.pid);
    if (typeof namespace !== "number") continue;
    const members = namespaces.get(namespace) ?? new Map<O, SocketTally>();
    namespaces.set(namespace, members.set(owner, new SocketTally()));
  }
  const tallied = new Map<O, SocketTally>();
  for (const members of namespaces.values()) {
    const [first] = members.keys();
    if (first === undefined) continue;
    let unaccepted = 0;
    const done = await readTcpSockets(root, first.process.pid, signal, (socket) => {
      if (socket.inode === 0) {
        if (isUnaccepted(socket, port)) unaccepted++;
        return;
      }
      for (const [{ process, sockets }, tally] of members) {
        if (sockets?.has(socket.inode) ?? isLikely(process, socket, port)) tally.add(socket, port);
      }
    });
    if (done === "denied" || done === "gone") continue;
    for (const [owner, tally] of members) {
      tally.unaccepted = unaccepted;
      tallied.set(owner, tally);
    }
  }
  return tallied;
}

/** A connection to the port that no process has: the peer is through, and nobody has accepted it. */
const isUnaccepted = ({ localPort, state }: TcpSocket, port: number) =>
  localPort === port && (state === "ESTABLISHED" || state === "CLOSE_WAIT");
