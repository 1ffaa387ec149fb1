import {
  CheckError,
  type Context,
  Controller,
  DeadlineError,
  type Status,
  sleep,
  urgency,
} from "monitoring-plugins-ts";
import {
  AdminClient,
  askWhile,
  countWithdrawn,
  displayName,
  fetchStatus,
  JobClient,
  markedUnique,
  randomUnique,
  ServerError,
  type ServerStatus,
} from "monitoring-plugins-ts/gearman";
import { formatEndpoint, type TcpEndpoint } from "monitoring-plugins-ts/net";
import { type Confirmation, cutShort } from "./evaluate-queue.ts";
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
  /** `late` is the state of what is not done in time. */
  | { readonly outcome: "not taken"; readonly seconds: number; readonly late: Status }
  /** Jobs of earlier checks wait before it, so it was not sent. */
  | {
      readonly outcome: "held back";
      readonly server: string;
      readonly jobs: number;
      readonly seconds: number;
      readonly late: Status;
    }
  | {
      readonly outcome: "no worker";
      readonly servers: readonly string[];
      readonly queueKnown: boolean;
      readonly confirmation: Confirmation;
    };

/** A server that has a worker for the queue, and all it lists. */
type FoundWorker = { readonly server: TcpEndpoint } & Pick<ServerStatus, "queues">;

/** Pause between two looks at a background job. */
const PAUSE_MS = 100;

/** Time kept for withdrawing a background job that nobody took, and for the answer. */
const RESERVE_MS = 500;

/**
 * Sends a job to a server whose queue has a worker. A job in a queue without worker would stay there, counted, after this
 * check has gone, and alarm the next one.
 */
export async function probeJob(order: JobOrder, probe: Probe, context: Context): Promise<JobFacts> {
  const found = await findWorker(order, probe, context);
  if (!("server" in found)) return { outcome: "no worker", ...found };
  const heldBack = await waitForEarlier(order, found, probe, context);
  if (heldBack !== undefined) return heldBack;
  return order.background
    ? sendBackground(order, found.server, probe, context)
    : send(order, found.server, probe, context);
}

/**
 * All servers are asked at once, and again while none of them has a worker for the queue. The first that has one counts: a
 * server that is slow or gone does not keep the job from it.
 *
 * @throws CheckError when no server answers
 */
async function findWorker(
  { queue }: JobOrder,
  { servers, connect, confirmSeconds }: Probe,
  context: Context,
): Promise<FoundWorker | Omit<Extract<JobFacts, { outcome: "no worker" }>, "outcome">> {
  let found: FoundWorker | undefined;
  const ask = async (server: TcpEndpoint) => {
    const { queues } = await fetchStatus(server, connect);
    const status = queues.find(({ name }) => name === queue);
    if (status === undefined || status.worker === 0) return status;
    context.log(`${formatEndpoint(server)}: ${status.worker} worker, ${status.waiting} jobs waiting before ours`);
    found ??= { server, queues };
    return status;
  };
  const asked = servers.map(async (server) => {
    const first = await ask(server);
    return askWhile(
      () => found === undefined,
      first,
      () => ask(server),
      confirmSeconds,
      context,
    );
  });
  const withWorker = asked.map(async (status) => ((await status).facts?.worker ?? 0) > 0 || Promise.reject());
  await Promise.any(withWorker).catch(() => {});
  if (found !== undefined) return found;
  const settled = await Promise.allSettled(asked);
  const statuses = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failures = settled.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (statuses.length === 0 || failures.some((failure) => !(failure instanceof CheckError))) throw worstOf(failures);
  return {
    servers: servers.filter((_, at) => settled[at]?.status === "fulfilled").map(formatEndpoint),
    queueKnown: statuses.some(({ facts }) => facts !== undefined),
    confirmation: {
      seconds: Math.max(...statuses.map(({ seconds }) => seconds)),
      unconfirmed: statuses.some(({ isCutShort }) => isCutShort) ? cutShort(confirmSeconds) : undefined,
    },
  };
}

/** Pause between two looks at jobs of earlier checks. */
const HELD_BACK_PAUSE_MS = 250;

/**
 * Waits while jobs of earlier checks wait in the queue: gearmand counts one that was withdrawn until a worker asks for a job, and
 * with a worker that hangs each check would add one.
 *
 * @returns nothing once the job may be sent
 */
async function waitForEarlier(
  { queue, unique }: JobOrder,
  { server, queues }: FoundWorker,
  { connect }: Probe,
  { remainingMs, late, log }: Context,
): Promise<JobFacts | undefined> {
  // a job of the same id is not added by the server either
  if (unique !== undefined || (queues.find(({ name }) => name === queue)?.waiting ?? 0) === 0) return undefined;
  const start = process.uptime();
  const [admin, client] = await Promise.all([AdminClient.open(server, connect), JobClient.open(server, connect)]);
  let asked: Promise<unknown> = Promise.resolve();
  const uniqueStatus = (one: string) => {
    const status = asked.then(() => client.uniqueStatus(one));
    asked = status;
    return status;
  };
  try {
    for (let listed = queues; ; { queues: listed } = await admin.status()) {
      const jobs = (await countWithdrawn({ admin, uniqueStatus }, listed, (name) => name === queue)).get(queue) ?? 0;
      if (jobs === 0) return undefined;
      if (remainingMs() <= RESERVE_MS) {
        return { outcome: "held back", server: formatEndpoint(server), jobs, seconds: secondsSince(start), late };
      }
      log(`${jobs} jobs of earlier checks wait before ours: asking again`);
      await sleep(Math.min(HELD_BACK_PAUSE_MS, Math.max(0, remainingMs() - RESERVE_MS)));
    }
  } finally {
    admin.close();
    client.close();
  }
}

/** As many reasons as servers: the worst is told, of equals the first server's. A bug outranks them all. */
function worstOf(errors: readonly unknown[]): unknown {
  const rank = (error: unknown) => (error instanceof CheckError ? urgency(error.status) : Number.POSITIVE_INFINITY);
  return errors.reduce((worst, error) => (rank(error) > rank(worst) ? error : worst));
}

async function send(
  order: JobOrder,
  server: TcpEndpoint,
  { connect }: Pick<Probe, "connect">,
  { remainingMs }: Context,
): Promise<JobFacts> {
  const client = await JobClient.open(server, connect);
  const start = process.uptime();
  let fate: "taken" | "not taken" | undefined;
  let lastLook: NodeJS.Timeout | undefined;
  const created = (handle: string) => {
    const look = async () => {
      fate = (await isTaken(handle, server, connect)) ? "taken" : "not taken";
    };
    // what is not learnt in time is not said
    lastLook = setTimeout(() => void look().catch(() => {}), Math.max(0, remainingMs() - RESERVE_MS));
  };
  try {
    // the queue's own jobs do not delay the question, as in Mod-Gearman's check_gearman
    const result = await client.submit({ ...(await request(order)), priority: "high" }, { created });
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
    throw new CheckError(reason.status, describeLate(order, server, fate, reason.seconds), { cause });
  } finally {
    clearTimeout(lastLook);
    client.close();
  }
}

/** A worker that is busy or hangs takes no job; one that took it is slow, or hangs since. */
function describeLate({ queue }: JobOrder, server: TcpEndpoint, fate: string | undefined, seconds: number): string {
  const where = `queue ${displayName(queue)} on ${formatEndpoint(server)}`;
  if (fate === "not taken") return `job not taken within ${seconds} s: busy or hung, the workers of ${where}`;
  if (fate === "taken") return `job taken, yet not answered within ${seconds} s: slow or hung, a worker of ${where}`;
  return `job failed: no worker of ${where} answered within ${seconds} s`;
}

/** Whether a worker has taken the job, seen from a connection of its own: that of the job waits for its answer. */
async function isTaken(handle: string, server: TcpEndpoint, connect: Probe["connect"]): Promise<boolean> {
  const client = await JobClient.open(server, connect);
  try {
    const { known, running } = await client.jobStatus(handle);
    return !known || running;
  } finally {
    client.close();
  }
}

/**
 * A background job has no answer, and being accepted proves nothing: it counts once a worker has taken it. One that
 * nobody takes is withdrawn, also when a signal ends the check.
 */
async function sendBackground(
  order: JobOrder,
  server: TcpEndpoint,
  { connect }: Pick<Probe, "connect">,
  { remainingMs, late, cleanUp }: Context,
): Promise<JobFacts> {
  // from the first byte of the job on the connection outlives a signal, for the job's handle, by which it is withdrawn
  const life = new Controller();
  const ownConnect = { ...connect, signal: life.signal };
  let submitted: Promise<string> | undefined;
  let isSettled = false;
  const { signal } = connect;
  const end = () => {
    if (submitted === undefined || signal.reason instanceof DeadlineError) life.abort(signal.reason);
  };
  signal.addEventListener("abort", end, { once: true });
  cleanUp(async () => {
    if (submitted !== undefined && !isSettled) await withdraw(await submitted, server, ownConnect);
  });
  const client = await JobClient.open(server, ownConnect);
  const start = process.uptime();
  try {
    const job = { ...(await request(order)), priority: "normal" } as const;
    submitted = client.submitBackground(job);
    const handle = await submitted;
    for (;;) {
      const { known, running } = await client.jobStatus(handle);
      isSettled = running || !known;
      if (isSettled) return { outcome: "taken", seconds: secondsSince(start) };
      if (remainingMs() <= RESERVE_MS) break;
      await sleep(PAUSE_MS);
    }
    const isWithdrawn = await withdraw(handle, server, ownConnect);
    isSettled = true;
    if (!isWithdrawn) return { outcome: "taken", seconds: secondsSince(start) };
    return { outcome: "not taken", seconds: secondsSince(start), late };
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
  const id = unique ?? markedUnique("check_gearman", queue, await randomUnique());
  return { queue, unique: id, payload: Buffer.from(text) };
}

const secondsSince = (start: number) => process.uptime() - start;
