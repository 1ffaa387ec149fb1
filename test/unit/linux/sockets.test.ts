import assert from "node:assert/strict";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import { test } from "node:test";

import {
  formatAddress,
  networkNamespace,
  parseTcpLine,
  readTcpSockets,
  socketInode,
  type TcpSocket,
} from "monitoring-plugins-ts/linux";

import { listen } from "../../servers/address.ts";
import { procTree, tcpLine } from "../../support/proc-tree.ts";

const { signal } = new AbortController();

test("a line of the kernel is read, in IPv4 and IPv6, with columns more or fewer behind the inode", () => {
  const ipv4 =
    "   1: 0100007F:127A 070200C0:A3B2 08 00000000:00000001 00:00000000 00000000   107        0 123456 1 0000000000000000 20 4 30 10 -1  ";
  const expected = {
    localPort: 4730,
    remoteAddress: "070200C0",
    remotePort: 41_906,
    state: "CLOSE_WAIT",
    uid: 107,
    inode: 123_456,
  };
  assert.deepEqual(parseTcpLine(ipv4), expected);
  assert.deepEqual(parseTcpLine(ipv4.slice(0, ipv4.indexOf("123456") + 6)), expected);
  const ipv6 =
    "  10: 00000000000000000000000000000000:127A 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1";
  assert.equal(parseTcpLine(ipv6)?.state, "LISTEN");
  for (const line of ["", "  sl  local_address rem_address   st", "garbage", "1: 2 3 4"])
    assert.equal(parseTcpLine(line), undefined);
});

test("addresses are as people write them", {
  skip: process.arch !== "x64" && process.arch !== "arm64" && "byte order",
}, () => {
  assert.equal(formatAddress("0100007F"), "127.0.0.1");
  assert.equal(formatAddress("070200C0"), "192.0.2.7");
  assert.equal(formatAddress("00000000000000000000000001000000"), "::1");
  assert.equal(formatAddress("B80D0120000000000000000007000000"), "2001:db8::7");
  assert.equal(formatAddress("0000000000000000FFFF00000100007F"), "127.0.0.1");
  assert.equal(formatAddress("00000000000000000000000000000000"), "::");
});

test("our own connection is in the list, with the inode of our descriptor", async (t) => {
  const server = createServer();
  t.after(() => server.close());
  const { port } = await listen(server);
  const client = connect(port, "127.0.0.1");
  t.after(() => client.destroy());
  await once(client, "connect");
  const seen: TcpSocket[] = [];
  assert.equal(await readTcpSockets("/proc", process.pid, signal, (socket) => seen.push(socket)), "complete");
  const inodes = Array.from({ length: 100 }, (_, fd) => {
    try {
      return socketInode(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return 0;
    }
  });
  // other programs' sockets may have the same number at their other end
  const own = seen.find(({ remotePort, inode }) => remotePort === port && inodes.includes(inode));
  assert.equal(own?.state, "ESTABLISHED");
  assert.equal(own.uid, process.geteuid?.());
  assert.equal(typeof networkNamespace("/proc", process.pid), "number");
});

test("lines cut by the read buffer are whole again, and a kernel without IPv6 is fine", async (t) => {
  const tcp = Array.from({ length: 5000 }, (_, i) => tcpLine(4730, 10_000 + i, { state: "01", inode: i + 1 }));
  const root = procTree(t, {
    processes: { 5: { tcp }, 6: { tcp: [], tcp6: [tcpLine(1, 2, { state: "08", inode: 9, remote: "0".repeat(32) })] } },
  });
  const inodes: number[] = [];
  assert.equal(await readTcpSockets(root, 5, signal, ({ inode }) => inodes.push(inode)), "complete");
  assert.deepEqual(
    inodes,
    tcp.map((_, i) => i + 1),
  );
  const states: string[] = [];
  await readTcpSockets(root, 6, signal, ({ state }) => void states.push(state));
  assert.deepEqual(states, ["CLOSE_WAIT"]);
  assert.equal(await readTcpSockets(root, 7, signal, () => {}), "gone");
  assert.equal(await readTcpSockets(root, 5, AbortSignal.abort(), () => {}), "aborted");
});

test("one that the kernel prints twice, since others come while it is read, comes once", async (t) => {
  const own = tcpLine(4730, 10_000, { state: "01", inode: 7 });
  const waiting = tcpLine(4730, 10_001, { state: "01", inode: 0 });
  const root = procTree(t, { processes: { 5: { tcp: [own, own, waiting, waiting] } } });
  const inodes: number[] = [];
  await readTcpSockets(root, 5, signal, ({ inode }) => inodes.push(inode));
  assert.deepEqual(inodes, [7, 0, 0]);
});
