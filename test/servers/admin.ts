import { connect } from "node:net";

import { until } from "../support/until.ts";
import { connectOptions } from "./address.ts";

/** Replies that end with a line of one dot; all others are one line. */
const LISTS = /^(?:status|prioritystatus|workers|show (?:unique )?jobs)$/;

/** Long enough for 5,000 queues on a busy machine. */
const LIMIT_MS = 60_000;

/**
 * Sends one admin command and resolves with the whole reply, for tests that look at a server behind the plugin's back.
 *
 * @throws Error when no whole reply comes within a minute.
 */
export function adminCommand(address: string, command: string): Promise<string> {
  const isWhole = (reply: string) =>
    LISTS.test(command) && !reply.startsWith("ERR ") ? `\n${reply}`.endsWith("\n.\n") : reply.endsWith("\n");
  return new Promise((resolve, reject) => {
    let reply = "";
    const socket = connect(connectOptions(address));
    const give = (error: Error) => socket.destroy(error);
    socket.setEncoding("utf8");
    socket.setTimeout(LIMIT_MS, () => give(new Error(`${address} did not answer '${command}' in time`)));
    socket.once("connect", () => socket.write(`${command}\r\n`));
    socket.on("data", (text: string) => {
      reply += text;
      if (!isWhole(reply)) return;
      resolve(reply);
      socket.destroy();
    });
    socket.once("end", () => give(new Error(`${address} hung up within its reply to '${command}'`)));
    socket.once("error", reject);
  });
}

/** One line of `status`. */
export interface QueueCounts {
  /** Jobs in the queue, running ones included. */
  readonly total: number;
  readonly running: number;
  readonly workers: number;
}

/** The queues of a server by name, for asserts such as "no job was left behind". */
export async function queueCounts(address: string): Promise<ReadonlyMap<string, QueueCounts>> {
  const reply = await adminCommand(address, "status");
  const rows = reply.matchAll(/^(.*)\t(\d+)\t(\d+)\t(\d+)$/gm);
  return new Map(
    Array.from(rows, ([, name = "", total, running, workers]) => [
      name,
      { total: Number(total), running: Number(running), workers: Number(workers) },
    ]),
  );
}

/** Resolves when the server's queues are as wanted. */
export async function untilQueues(
  address: string,
  wanted: (queues: ReadonlyMap<string, QueueCounts>) => boolean,
): Promise<void> {
  let queues: ReadonlyMap<string, QueueCounts> = new Map();
  const areSo = async () => {
    queues = await queueCounts(address);
    return wanted(queues);
  };
  await until(areSo, () => `other queues than ${JSON.stringify([...queues])}`);
}
