import { connect } from "node:net";

import type { Owner } from "../support/owner.ts";
import { until } from "../support/until.ts";

type Headers = Readonly<Record<string, string>>;

/** A connection over STOMP 1.2, as far as tests need one. */
interface Stomp {
  /** Puts messages into a destination, and resolves when the broker has them. */
  send(destination: string, messages: readonly Buffer[], headers?: Headers): Promise<void>;
  /** Takes messages of a destination, and resolves when the broker knows; unless `ack` is `auto` none is acknowledged. */
  subscribe(destination: string, ack?: "auto" | "client"): Promise<void>;
  close(): void;
}

/** @param login headers that say who asks */
export function connectStomp(owner: Owner, port: number, login: Headers = {}): Stomp {
  const socket = connect({ host: "127.0.0.1", port });
  owner.after(() => socket.destroy());
  let got = "";
  socket.on("error", () => {});
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    got += chunk;
  });
  const frame = (command: string, headers: Headers, body: Buffer = Buffer.alloc(0)) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${escaped(value)}\n`);
    const length = body.length === 0 ? "" : `content-length:${body.length}\n`;
    socket.write(Buffer.concat([Buffer.from(`${command}\n${lines.join("")}${length}\n`), body, Buffer.from([0])]));
  };
  let receipts = 0;
  // frames are taken in their order: the receipt of one is that of those before it
  const request = async (command: string, headers: Headers, body?: Buffer) => {
    const receipt = `r${++receipts}`;
    frame(command, { ...headers, receipt }, body);
    await until(
      () => got.includes(`receipt-id:${receipt}\n`),
      () => `the receipt of ${command} ${headers.destination}: ${got.slice(-500)}`,
    );
  };
  frame("CONNECT", { "accept-version": "1.2", host: "/", ...login });
  return {
    async send(destination, messages, headers = {}) {
      for (const message of messages.slice(0, -1)) frame("SEND", { destination, ...headers }, message);
      await request("SEND", { destination, ...headers }, messages.at(-1));
    },
    subscribe: (destination, ack = "client") => request("SUBSCRIBE", { id: destination, ack, destination }),
    close: () => socket.destroy(),
  };
}

/** An octet that stands for itself in a header would end it: STOMP 1.2, "Value Encoding". */
const escaped = (value: string) => value.replaceAll("\\", "\\\\").replaceAll(":", "\\c");
