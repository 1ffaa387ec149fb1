import { createServer, type Socket } from "node:net";

import type { Owner } from "../support/owner.ts";
import type { Address } from "./address.ts";
import { own } from "./misbehaving.ts";
import { packet, Splitter, splitBody, Type } from "./packet.ts";

/** What `status` says of one queue. */
export interface FakeQueue {
  /** Jobs in the queue, running ones included. */
  readonly total?: number;
  readonly running?: number;
  readonly workers?: number;
  /** Does the jobs sent to this queue: payload in, answer out. Without it they wait for ever. */
  readonly answer?: (payload: string) => string | Buffer;
}

export interface FakeGearmand extends Address {
  /** Changed while the server runs, to show another state. */
  readonly queues: Map<string, FakeQueue>;
}

const SUBMITS: readonly number[] = [Type.SUBMIT_JOB, Type.SUBMIT_JOB_HIGH, Type.SUBMIT_JOB_LOW];
const BACKGROUND: readonly number[] = [Type.SUBMIT_JOB_BG, Type.SUBMIT_JOB_HIGH_BG, Type.SUBMIT_JOB_LOW_BG];

/** A well-behaved stand-in for machines without gearmand: the admin port, echo, and jobs for the workers built into it. */
export async function fakeGearmand(
  owner: Owner,
  options: { readonly queues?: Readonly<Record<string, FakeQueue>>; readonly version?: string } = {},
): Promise<FakeGearmand> {
  const queues = new Map(Object.entries(options.queues ?? {}));
  const version = options.version ?? "1.1.20";
  let jobs = 0;

  const admin = (command: string): string => {
    switch (command.toLowerCase()) {
      case "status":
        return `${[...queues].map(([name, { total = 0, running = 0, workers = 0 }]) => `${name}\t${total}\t${running}\t${workers}\n`).join("")}.\n`;
      case "workers":
        return `${[...queues].flatMap(([name, { workers = 0 }]) => Array(workers).fill(`38 127.0.0.1 - : ${name}\n`)).join("")}.\n`;
      case "version":
        return `OK ${version}\n`;
      default:
        return `ERR UNKNOWN_COMMAND Unknown+server+command${command}\r\n`;
    }
  };

  const binary = (socket: Socket, type: number, body: Buffer): void => {
    const send = (type: number, ...args: readonly (string | Buffer)[]) => socket.write(packet("RES", type, ...args));
    if (type === Type.ECHO_REQ) {
      send(Type.ECHO_RES, body);
    } else if (SUBMITS.includes(type) || BACKGROUND.includes(type)) {
      const [name = "", , payload = ""] = splitBody(body, 3).map(String);
      jobs += 1;
      const handle = `H:stand-in:${jobs}`;
      send(Type.JOB_CREATED, handle);
      const queue = queues.get(name) ?? {};
      if (queue.answer === undefined) {
        queues.set(name, { ...queue, total: (queue.total ?? 0) + 1 });
      } else if (SUBMITS.includes(type)) {
        send(Type.WORK_COMPLETE, handle, queue.answer(payload));
      }
    } else {
      send(Type.ERROR, "INVALID_COMMAND", "Command not expected");
    }
  };

  const server = createServer((socket) => {
    const splitter = new Splitter();
    socket.on("data", (chunk: Buffer) => {
      for (const found of splitter.feed(chunk)) {
        if (typeof found === "string") socket.write(admin(found));
        else binary(socket, found.type, found.body);
      }
    });
  });
  return { ...(await own(owner, server)), queues };
}
