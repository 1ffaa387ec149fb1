import { setTimeout } from "node:timers/promises";

import { CheckError, type Context, DeadlineError, urgency } from "monitoring-plugins-ts";
import {
  AdminClient,
  askWhile,
  displayName,
  fetchStatus,
  JobClient,
  type QueueStatus,
  randomUnique,
  ServerError,
  type ServerStatus,
} from "monitoring-plugins-ts/gearman";
import { formatEndpoint, type TcpEndpoint } from "monitoring-plugins-ts/net";

import type { Probe } from "./probe.ts";

/** What to send where. */
export interface JobOrder {
  /** Byte string, as the server lists it. */
  readonly queue: string;
  readonly text: string;
  /** Random when not given: a fixed one gets the answer to somebody else's job. */
  readonly unique: string | undefined;
  readonly background: boolean;
}

/** What became of the job. */
export type JobFacts =
  | { readonly outcome: "answered"; readonly data: Buffer; readonly seconds: number }
  | { readonly outcome: "failed"; readonly why: string; readonly seconds: number }
  | { readonly outcome: "taken"; readonly seconds: number }
  | { readonly outcome: "not taken"; readonly seconds: number }
  | { readonly outcome: "no worker"; readonly server: string; readonly queueKnown: boolean };

/** Pause between two looks at a background job. */
const PAUSE_MS = 100;

/** Time kept for withdrawing a background job that nobody took, and for the answer. */
const RESERVE_MS = 500;

/**
 * Sends a job to the first server that answers, if its queue has a worker. A job in a queue without worker would stay
 * there, counted, after this check has gone, and alarm the next one.
 */
export async function probeJob(order: JobOrder, probe: Omit<Probe, "isSuspect">, context: Context): Promise<JobFacts> {
  const { server, status } = await firstAnswer(probe);
  const find = ({ queues }: ServerStatus) => queues.find(({ name }) => name === order.queue);
  const queue = await askWhile<QueueStatus | undefined>(
    (found) => (found?.worker ?? 0) === 0,
    find(status),
    async () => find(await fetchStatus(server, probe.connect)),
    probe.confirmSeconds,
    context,
  );
  if (queue === undefined || queue.worker === 0) {
    return { outcome: "no worker", server: formatEndpoint(server), queueKnown: queue !== undefined };
  }
  context.log(`${formatEndpoint(server)}: ${queue.worker} worker, ${queue.waiting} jobs waiting before ours`);
  return order.background ? sendBackground(order, server, probe, context) : send(order, server, probe);
}

/** All servers are asked at once, so that a dead one costs no time. */
async function firstAnswer({ servers, connect }: Omit<Probe, "isSuspect">) {
  try {
    return await Promise.any(servers.map(async (server) => ({ server, status: await fetchStatus(server, connect) })));
  } catch (error) {
    if (error instanceof AggregateError) throw worstOf(error.errors);
    throw error;
  }
}

/** As many reasons as servers: the worst is told, of equals the first server's. A bug outranks them all. */
function worstOf(errors: readonly unknown[]): unknown {
  const rank = (error: unknown) => (error instanceof CheckError ? urgency(error.status) : Number.POSITIVE_INFINITY);
  return errors.reduce((worst, error) => (rank(error) > rank(worst) ? error : worst));
}

async function send(order: JobOrder, server: TcpEndpoint, { connect }: Pick<Probe, "connect">): Promise<JobFacts> {
  const client = await JobClient.open(server, connect);
  const start = process.uptime();
  try {
    // the queue's own jobs do not delay the question, as in Mod-Gearman's check_gearman
    const result = await client.submit({ ...(await request(order)), priority: "high" });
    const seconds = secondsSince(start);
    if (result.state === "complete") return { outcome: "answered", data: result.data, seconds };
    const why =
      result.state === "fail"
        ? "the worker reported a failure (WORK_FAIL)"
        : `the worker threw an exception: ${result.text}`;
    return { outcome: "failed", why, seconds };
  } catch (cause) {
    const { reason } = connect.signal;
    if (!(reason instanceof DeadlineError)) throw cause;
    const queue = `queue ${displayName(order.queue)} on ${formatEndpoint(server)}`;
    throw new CheckError(reason.status, `job failed: no worker of ${queue} answered within ${reason.seconds} s`, {
      cause,
    });
  } finally {
    client.close();
  }
}

/**
 * A background job has no answer, and being accepted proves nothing: it counts once a worker has taken it. One that
 * nobody takes is withdrawn.
 */
async function sendBackground(
  order: JobOrder,
  server: TcpEndpoint,
  { connect }: Pick<Probe, "connect">,
  { remainingMs }: Context,
): Promise<JobFacts> {
  const client = await JobClient.open(server, connect);
  const start = process.uptime();
  try {
    const handle = await client.submitBackground({ ...(await request(order)), priority: "normal" });
    for (;;) {
      const { known, running } = await client.jobStatus(handle);
      if (running || !known) return { outcome: "taken", seconds: secondsSince(start) };
      if (remainingMs() <= RESERVE_MS) break;
      await setTimeout(PAUSE_MS);
    }
    if (!(await withdraw(handle, server, connect))) return { outcome: "taken", seconds: secondsSince(start) };
    return { outcome: "not taken", seconds: secondsSince(start) };
  } finally {
    client.close();
  }
}

/** False when the job has been done meanwhile. */
async function withdraw(handle: string, server: TcpEndpoint, connect: Probe["connect"]): Promise<boolean> {
  const admin = await AdminClient.open(server, connect);
  try {
    await admin.cancelJob(handle);
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.code === "UNKNOWN_JOB") return false;
    throw error;
  } finally {
    admin.close();
  }
}

async function request({ queue, unique, text }: JobOrder) {
  return { queue, unique: unique ?? (await randomUnique("check_gearman-")), payload: Buffer.from(text) };
}

const secondsSince = (start: number) => process.uptime() - start;
