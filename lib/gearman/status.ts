import { Connection, type ConnectOptions } from "../net/connection.ts";
import type { TcpEndpoint } from "../net/endpoint.ts";
import { CheckError } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";
import { type ServerStatus, STATUS_REQUEST, StatusReader } from "./status-reader.ts";

/** How long a complete answer waits for its echo, which a gearmand sends at once, before the connection is half-closed. */
const ECHO_MS = 20;

/** How long after that for the server to close: at once in practice. */
const CLOSE_MS = 250;

/**
 * Asks a job server for its queues and version, on a connection of its own.
 *
 * Both commands go out in one write, with a packet behind them whose echo marks the end of the answer. A server that speaks
 * text only does not echo; from its version line on it is given a moment to add something or to close. It is half-closed only
 * then, as gearmand drops the answer to a client that does so before.
 *
 * @throws {@link CheckError} CRITICAL when the server cannot be reached, hangs up or answers too late (or the state of the
 *   deadline); UNKNOWN when it is no gearmand, refuses the command or sends more than `options.maxBytes`.
 */
export async function fetchStatus(server: TcpEndpoint, options: ConnectOptions): Promise<ServerStatus> {
  const start = process.uptime();
  const connection = await Connection.open(server, options);
  try {
    connection.write(STATUS_REQUEST);
    const reader = new StatusReader(connection.peer);
    while (!reader.complete) {
      const chunk = await connection.read();
      if (chunk === undefined) throw closedEarly(connection);
      reader.push(chunk);
    }
    const seconds = process.uptime() - start;
    if (!reader.proven) await readLeftovers(connection, reader);
    return reader.finish(seconds);
  } finally {
    // a moment later: taking a socket down takes longer than a whole verdict, and the process may end first
    setImmediate(() => connection.close());
  }
}

/** Never throws: a reset, the deadline or a flood end what was waited for, and the answer is already there. */
async function readLeftovers(connection: Connection, reader: StatusReader): Promise<void> {
  const halfClose = setTimeout(() => connection.end(), ECHO_MS);
  const giveUp = setTimeout(() => connection.close(), ECHO_MS + CLOSE_MS);
  try {
    while (!reader.proven) {
      const chunk = await connection.read();
      if (chunk === undefined) return;
      reader.push(chunk);
    }
  } catch {
    // see above
  } finally {
    clearTimeout(halfClose);
    clearTimeout(giveUp);
  }
}

/** CRITICAL also without a single byte: that is how a server looks that just went down. */
export function closedEarly({ peer, received }: Connection): CheckError {
  const message = `${peer} closed the connection before the answer was complete (${received} bytes received)`;
  return new CheckError(Status.CRITICAL, message);
}
