import { CheckError, patience } from "monitoring-plugins-ts";
import type { HttpOptions } from "monitoring-plugins-ts/http";
import { Connection as Stream } from "monitoring-plugins-ts/net";

const PORT = 5672;

/** Longest wait for an answer, which is a matter of milliseconds, in seconds. */
const PATIENCE = 1;

/** What a client of AMQP 0-9-1 begins with. */
const HELLO = Buffer.from("AMQP\0\0\x09\x01");

/** Of the frame that a broker answers with: a method on channel 0, of any length, Connection.Start. */
const START = [
  { at: 0, bytes: Buffer.from([1, 0, 0]) },
  { at: 7, bytes: Buffer.from([0, 10, 0, 10]) },
];

/** Whether RabbitMQ's own port answers at a host, as RabbitMQ does. */
export async function speaksAmqp(host: string, { signal, family }: HttpOptions): Promise<boolean> {
  const limit = patience(PATIENCE, signal);
  let stream: Stream | undefined;
  try {
    stream = await Stream.open({ host, port: PORT }, { signal: limit.signal, family });
    stream.write(HELLO);
    let answer = Buffer.alloc(0);
    while (answer.length < 11) {
      const chunk = await stream.read();
      if (chunk === undefined) return false;
      answer = Buffer.concat([answer, chunk]);
    }
    return START.every(({ at, bytes }) => answer.subarray(at, at + bytes.length).equals(bytes));
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    return false;
  } finally {
    stream?.close();
    limit.end();
  }
}
