import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Signal } from "../plugin/signal.ts";

import { attempt, breathe, type Unreadable, unreadable } from "./file.ts";
import { InodeSet } from "./inode-set.ts";

/** States of a TCP socket as `/proc/net/tcp` numbers them (include/net/tcp_states.h), as ss and netstat print them. */
const STATES: readonly string[] = [
  ...["?", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"],
  ...["CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"],
];

/** One line of `/proc/PID/net/tcp` or `tcp6`. */
export interface TcpSocket {
  readonly localPort: number;
  /** As the kernel writes it; see {@link formatAddress}. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Such as `ESTABLISHED`, `CLOSE_WAIT`, `LISTEN`. */
  readonly state: string;
  readonly uid: number;
  /** 0: no process has it, as with TIME_WAIT and connections nobody has accepted yet. */
  readonly inode: number;
}

const LINE = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]{2}) \S+ \S+ \S+ +(\d+) +\d+ +(\d+)/;

/** Reads one line; undefined for the heading and for anything that is no socket. */
export function parseTcpLine(line: string): TcpSocket | undefined {
  const [, localPort = "", remoteAddress, remotePort = "", state = "", uid, inode] = LINE.exec(line) ?? [];
  if (remoteAddress === undefined) return undefined;
  return {
    localPort: Number.parseInt(localPort, 16),
    remoteAddress,
    remotePort: Number.parseInt(remotePort, 16),
    state: STATES[Number.parseInt(state, 16)] ?? "?",
    uid: Number(uid),
    inode: Number(inode),
  };
}

/** Tells network namespaces apart, without any right on the process: same number, same namespace. */
export function networkNamespace(root: string, pid: number): number | Unreadable {
  return attempt(() => statSync(`${root}/${pid}/net/tcp`).ino);
}

/**
 * Reads the TCP sockets of a process' network namespace, IPv4 and IPv6, one after the other; only inodes are kept. They are
 * those of all processes there: the inode tells whose. One with an inode comes once.
 *
 * @returns whether the list was read to its end; `aborted` when the time was over before
 */
export async function readTcpSockets(
  root: string,
  pid: number,
  signal: Signal,
  visit: (socket: TcpSocket) => void,
): Promise<"complete" | "aborted" | Unreadable> {
  const net = `${root}/${pid}/net`;
  const ipv4 = await readTable(`${net}/tcp`, signal, visit);
  if (ipv4 !== "complete") return ipv4;
  const ipv6 = await readTable(`${net}/tcp6`, signal, visit);
  // a kernel without IPv6 has no such file
  return ipv6 === "gone" ? "complete" : ipv6;
}

/** Lines read between two turns of the event loop. */
const UNTIL_BREATH = 2000;

async function readTable(
  path: string,
  signal: Signal,
  visit: (socket: TcpSocket) => void,
): Promise<"complete" | "aborted" | Unreadable> {
  const fd = attempt(() => openSync(path, "r"));
  if (typeof fd !== "number") return fd;
  const buffer = Buffer.allocUnsafe(64 * 1024);
  // between two reads the kernel keeps its place by counting: a connection made in between lets it print the one before again
  const known = new InodeSet();
  try {
    let rest = "";
    let seen = 0;
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, null);
      if (length === 0) return "complete";
      const lines = (rest + buffer.toString("latin1", 0, length)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const socket = parseTcpLine(line);
        if (socket !== undefined && (socket.inode === 0 || known.add(socket.inode))) visit(socket);
      }
      if (signal.aborted) return "aborted";
      seen += lines.length;
      if (seen > UNTIL_BREATH) {
        seen = 0;
        await breathe();
      }
    }
  } catch (error) {
    return unreadable(error);
  } finally {
    closeSync(fd);
  }
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** An address as people write it: `0100007F` is 127.0.0.1. The kernel prints each 32-bit word in the machine's own order. */
export function formatAddress(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => {
    const octets = (word.match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16));
    return LITTLE_ENDIAN ? octets.reverse() : octets;
  });
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff) {
    return bytes.slice(12).join(".");
  }
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16),
  );
  return shorten(groups);
}

/** The longest run of zero groups becomes `::` (RFC 5952). */
function shorten(groups: readonly string[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length === 1) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
}
