import { connect } from "node:net";

import type { Owner } from "#test/support/owner.ts";
import { until } from "#test/support/until.ts";

/** A connection over STOMP 1.2, as far as tests need one. */
export interface Stomp {
  /** Puts messages into a queue, and resolves when the broker has them. */
  send(queue: string, count: number, headers?: Readonly<Record<string, string>>, body?: string): Promise<void>;
  /** Takes messages of a queue, of which none is acknowledged. */
  subscribe(queue: string): Promise<void>;
  close(): void;
}

export async function connectStomp(owner: Owner, port: number): Promise<Stomp> {
  const socket = connect({ host: "127.0.0.1", port });
  owner.after(() => socket.destroy());
  let got = "";
  socket.on("error", () => {});
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    got += chunk;
  });
  const frame = (command: string, headers: Readonly<Record<string, string>>, body = "") => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
    socket.write(`${command}\n${lines.join("")}\n${body}\0`);
  };
  let receipts = 0;
  const request = async (command: string, headers: Readonly<Record<string, string>>, body?: string) => {
    const receipt = `r${++receipts}`;
    frame(command, { ...headers, receipt }, body);
    await until(
      () => got.includes(`receipt-id:${receipt}\n`),
      () => `the receipt of ${command}: ${got.slice(-500)}`,
    );
  };
  // an octet that stands for itself in a header would end it: STOMP 1.2, "Value Encoding"
  const destination = (queue: string) => `/queue/${queue.replaceAll("\\", "\\\\").replaceAll(":", "\\c")}`;
  frame("CONNECT", { "accept-version": "1.2", host: "/" });
  return {
    async send(queue, count, headers = {}, body = "x") {
      for (let sent = 1; sent < count; sent++) frame("SEND", { destination: destination(queue), ...headers }, body);
      await request("SEND", { destination: destination(queue), ...headers }, body);
    },
    subscribe: (queue) => request("SUBSCRIBE", { id: queue, ack: "client", destination: destination(queue) }),
    close: () => socket.destroy(),
  };
}
