// Servers that do, on order, what a check may meet on a bad day. Each listens on a free loopback port until its owner ends.

import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { Owner } from "../support/owner.ts";
import { type Address, addressOf, freePort, listen } from "./address.ts";

/** A real TCP server; `handler` gets each connection. */
async function serve(owner: Owner, handler: (socket: Socket) => void): Promise<Address> {
  return own(owner, createServer(handler));
}

/** Starts listening, and ends the server together with its open connections. */
export async function own(owner: Owner, server: Server): Promise<Address> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    // a check that hangs up early resets the connection: its right, and no failure of the test
    socket.on("error", () => {});
  });
  const address = await listen(server);
  owner.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return address;
}

/** What a server says to one admin command; undefined is silence. */
export type Script = (command: string, socket: Socket) => string | Buffer | undefined;

/** A server that answers each line it gets by `script`, and says nothing to packets. */
export function scripted(owner: Owner, script: Script): Promise<Address> {
  return serve(owner, (socket) => {
    let rest = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const answer = script(line.replace(/\r$/, ""), socket);
        if (answer !== undefined) socket.write(answer);
      }
    });
  });
}

const VERSION = "OK 1.1.20\n";

/** A `status` answer that a healthy server could give. */
export const HEALTHY_STATUS = "host\t0\t0\t3\nservice\t4\t2\t3\n.\n";

/** Answers `status` with these bytes, and `version` as it should. */
export function answersStatus(owner: Owner, status: string | Buffer): Promise<Address> {
  return scripted(owner, (command) => (command === "status" ? status : command === "version" ? VERSION : undefined));
}

/** A port where nobody listens. */
export async function refused(): Promise<Address> {
  return addressOf("127.0.0.1", await freePort());
}

/** Takes connections and says nothing. */
export function silent(owner: Owner): Promise<Address> {
  return serve(owner, (socket) => void socket.resume());
}

/** A healthy answer, but at one byte a second: alive at every single read, and over only after half a minute. */
export function oneByteASecond(owner: Owner): Promise<Address> {
  return scripted(owner, (command, socket) => {
    if (command === "status") void drip(socket, Buffer.from(HEALTHY_STATUS), 1, 1000);
    return undefined;
  });
}

/** A healthy answer in pieces of `size` bytes, each in a segment of its own. */
export function inPieces(owner: Owner, size: number, status: string | Buffer = HEALTHY_STATUS): Promise<Address> {
  let queue = Promise.resolve();
  return scripted(owner, (command, socket) => {
    socket.setNoDelay(true);
    const answer = command === "status" ? status : command === "version" ? VERSION : "";
    queue = queue.then(() => drip(socket, Buffer.from(answer), size, 2));
    return undefined;
  });
}

async function drip(socket: Socket, bytes: Buffer, size: number, pauseMs: number): Promise<void> {
  for (let from = 0; from < bytes.length && !socket.destroyed; from += size) {
    socket.write(bytes.subarray(from, from + size));
    // unreferenced, so that a test that is done need not wait for the rest
    await sleep(pauseMs, undefined, { ref: false });
  }
}

/** Hangs up as soon as it is asked, after `before`: nothing, half a line, or a list that lacks its final dot. */
export function closesAfter(owner: Owner, before: string): Promise<Address> {
  return scripted(owner, (_command, socket) => {
    socket.end(before);
    return undefined;
  });
}

/** Hangs up at once, before any question. */
export function closesAtOnce(owner: Owner): Promise<Address> {
  return serve(owner, (socket) => socket.destroy());
}

/** Cuts the connection by RST when it is asked. */
export function resets(owner: Owner): Promise<Address> {
  return scripted(owner, (_command, socket) => {
    socket.resetAndDestroy();
    return undefined;
  });
}

/** Half an answer, ending within a number, then nothing, with the connection open. */
export function stallsMidway(owner: Owner): Promise<Address> {
  return answersStatus(owner, "host\t0\t0\t3\nservice\t4");
}

/** A whole list, except for its final dot, with the connection open. */
export function withoutFinalDot(owner: Owner): Promise<Address> {
  return answersStatus(owner, HEALTHY_STATUS.replace(".\n", ""));
}

/** Answers `status`, but never `version`. */
export function statusOnly(owner: Owner): Promise<Address> {
  return scripted(owner, (command) => (command === "status" ? HEALTHY_STATUS : undefined));
}

/** Refuses every command as gearmand refuses one that it does not know. */
export function answersErrors(owner: Owner): Promise<Address> {
  return scripted(owner, (command) => `ERR UNKNOWN_COMMAND Unknown+server+command${command}\r\n`);
}

/** Whole `status` answers, each with one line that no job server would send. */
export const BROKEN_STATUS = {
  "a non-numeric column": "host\t0\t0\t3\nservice\tmany\t2\t3\n.\n",
  "a fraction": "host\t0\t0\t3\nservice\t4.5\t2\t3\n.\n",
  "an empty column": "host\t0\t0\t3\nservice\t\t2\t3\n.\n",
  "a negative column": "host\t0\t0\t3\nservice\t-4\t2\t3\n.\n",
  "more running than there are": "host\t0\t0\t3\nservice\t1\t2\t3\n.\n",
  "a number beyond 2^53": "host\t0\t0\t3\nservice\t99999999999999999999\t2\t3\n.\n",
  "a missing column": "host\t0\t0\t3\nservice\t4\t2\n.\n",
  "a name alone": "host\t0\t0\t3\nservice\n.\n",
  "an empty line": "host\t0\t0\t3\n\nservice\t4\t2\t3\n.\n",
  "a name that is there twice": "host\t0\t0\t3\nhost\t500\t0\t3\n.\n",
} as const satisfies Readonly<Record<string, string>>;

/** `length` bytes that look random and are the same for the same seed (mulberry32). */
export function noise(length: number, seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (state + 0x6d2b79f5) | 0;
      let bits = Math.imul(state ^ (state >>> 15), 1 | state);
      bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
      return (bits ^ (bits >>> 14)) & 0xff;
    }),
  );
}

/** Answers everything with 4 KiB of noise, and hangs up. */
export function garbage(owner: Owner, seed: number): Promise<Address> {
  return scripted(owner, (_command, socket) => {
    socket.end(noise(4096, seed));
    return undefined;
  });
}

/** A web server: `400 Bad Request` to what is no HTTP. */
export function webServer(owner: Owner): Promise<Address> {
  return own(owner, createHttpServer());
}

const repeated = (line: (n: number) => string) => Buffer.from(Array.from({ length: 4096 }, (_, n) => line(n)).join(""));

/** What the answer of {@link endless} is made of. */
const ENDLESS = {
  queues: () => repeated((n) => `queue_${n}\t0\t0\t1\n`),
  "queues with long names": () => repeated((n) => `${"x".repeat(1000)}${n}\t0\t0\t1\n`),
  connections: () => repeated((n) => `${n} 192.0.2.10 - : queue\n`),
  "one name": () => Buffer.alloc(65_536, "x"),
};

/**
 * An answer that never ends, sent as fast as it is read. `sent` tells the bytes handed to the network, to see that a check
 * gives up near its limit.
 */
export async function endless(
  owner: Owner,
  of: keyof typeof ENDLESS = "queues",
): Promise<Address & { readonly sent: () => number }> {
  const chunk = ENDLESS[of]();
  let sent = 0;
  const address = await serve(owner, (socket) => {
    const pour = () => {
      // what the socket takes at once is not yet read by anybody; wait for it to drain
      while (!socket.destroyed) {
        sent += chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on("drain", pour);
    socket.once("data", pour);
  });
  return { ...address, sent: () => sent };
}

/**
 * Names that a job server accepts and prints raw. The last two break the list's own form: a check must say so, since
 * whatever follows such a name may be forged.
 */
export const HOSTILE_NAMES = {
  quotes: `it's "quoted"`,
  pipe: "pipe|'fake'=1",
  equals: "equals=1",
  semicolon: "semi;colon",
  blanks: " two  blanks ",
  "a tab": "tab\there",
  "a carriage return": "cr\rhere",
  "an escape sequence": "\u001b[31mred\u001b[0m\u001b]0;title\u0007",
  "a C1 control": "\u009b31mred",
  "a bidirectional override": "abc\u202egnp",
  "1,000 bytes of UTF-8": "ü€".repeat(200),
  "a dollar and a backtick": "$(id)`id`",
  "path characters": "../../etc/passwd",
  "the perfdata separator of check_multi": "Simple::echo",
  "nothing at all": "",
  newline: "new\nline",
  "a forged end of the list": "evil\n.\nOK 9.9.9",
} as const satisfies Readonly<Record<string, string>>;
