import type { Owner } from "../support/owner.ts";
import { splitBody, Type } from "./packet.ts";
import { RawConnection } from "./raw-connection.ts";

interface Job {
  readonly queue: string;
  readonly payload: string;
}

/** What a worker may do with a job it has grabbed. */
export interface Reply {
  complete(data: string | Buffer): void;
  fail(): void;
  exception(text: string): void;
  /** WORK_DATA: a part of the answer. */
  part(data: string | Buffer): void;
  /** Closes the connection: the job goes back to the queue. */
  hangUp(): void;
}

export type Answer = (job: Job, reply: Reply) => void;

export interface RawWorker {
  /** Jobs taken so far, in their order. */
  readonly jobs: readonly Job[];
  stop(): void;
}

/** Starts a worker in this process that answers as told; resolves when the server knows it. */
export async function startRawWorker(owner: Owner, address: string, queue: string, answer: Answer): Promise<RawWorker> {
  const connection = await RawConnection.open(address);
  owner.after(() => connection.close());
  connection.send(Type.CAN_DO, queue);
  await connection.sync();
  const jobs: Job[] = [];
  // ends with the connection, which is how stop() and the server end it
  work(connection, answer, jobs).catch(() => {});
  return { jobs, stop: () => connection.close() };
}

async function work(connection: RawConnection, answer: Answer, jobs: Job[]): Promise<never> {
  const grab = () => connection.send(Type.GRAB_JOB);
  grab();
  for (;;) {
    const { type, body } = await connection.next();
    if (type === Type.NOOP) grab();
    if (type === Type.NO_JOB) connection.send(Type.PRE_SLEEP);
    if (type !== Type.JOB_ASSIGN) continue;
    const [handle = "", queue = "", payload = ""] = splitBody(body, 3);
    const job = { queue: queue.toString(), payload: payload.toString() };
    jobs.push(job);
    const final = (type: number, ...args: readonly (string | Buffer)[]) => {
      connection.send(type, handle, ...args);
      grab();
    };
    answer(job, {
      complete: (data) => final(Type.WORK_COMPLETE, data),
      fail: () => final(Type.WORK_FAIL),
      exception: (text) => final(Type.WORK_EXCEPTION, text),
      part: (data) => connection.send(Type.WORK_DATA, handle, data),
      hangUp: () => connection.close(),
    });
  }
}

/** Mod-Gearman's C workers send 64 KiB whatever they have to say: the text, a NUL, and what was in memory. */
function padded(text: string): Buffer {
  const answer = Buffer.alloc(65_536, "rubbish | 'rubbish'=1;2;3\u001b[31m\n\0");
  answer.write(`${text}\0`);
  return answer;
}

/** The status worker of a Mod-Gearman C worker, queue `worker_HOST`. */
export const modGearmanStatus =
  (host = "host2", workers = 3, jobs = 8): Answer =>
  (_job, reply) =>
    reply.complete(
      padded(
        `${host} has ${workers} worker and is working on 0 jobs. Version: 5.2.4|worker=${workers};;;3;6 jobs=${jobs}c`,
      ),
    );

/** The result worker of Mod-Gearman's broker module, queue `check_results`. */
export const resultWorkerStatus: Answer = (_job, reply) =>
  reply.complete(
    padded(
      "0:OK - result worker running on host1. Sending 12.5 jobs/s (avg duration:0.250ms). Version: 5.2.4" +
        "|worker=3;;;0;3 avg_submit_duration=0.000250s;;;0;0.001000 jobs=42c errors=0c",
    ),
  );

/** Gearman-Proxy's perfdata as it is on an idle proxy with two queues: gauges, and counters with their `c`. */
const IDLE_PROXY: Readonly<Record<string, string>> = {
  backlog: "0",
  bytes_in: "0c",
  bytes_out: "0c",
  queues: "2",
  server: "1",
  total_errors: "0c",
  total_jobs: "0c",
  "hostgroup_x::bytes_out": "0c",
  "hostgroup_x::jobs": "0c",
  "sync_q::bytes_out": "0c",
  "sync_q::jobs": "0c",
};

export interface ProxyState {
  /** Jobs that wait because a target is away; above 0 the proxy warns. */
  readonly backlog?: number;
  /** `HOST:PORT` of unreachable servers; they take the place of the backlog's sentence. */
  readonly failed?: readonly string[];
  /** Values that differ from an idle proxy's, with their unit: `{ total_errors: "7c" }`. */
  readonly values?: Readonly<Record<string, string>>;
}

/** Gearman-Proxy 2.08's status queue, with its `perfdatafilter=REGEX`. An invalid pattern kills its thread: no answer. */
export const proxyStatus =
  ({ backlog = 0, failed = [], values = {} }: ProxyState = {}): Answer =>
  ({ payload }, reply) => {
    let filter: RegExp;
    try {
      filter = new RegExp(/perfdatafilter=(\S+)/.exec(payload)?.[1] ?? "");
    } catch {
      return;
    }
    const entries = Object.entries({ ...IDLE_PROXY, backlog: String(backlog), ...values })
      .filter(([key]) => filter.test(key))
      .map(([key, value]) => ` '${key}'=${value};;;`);
    const complaint =
      failed.length > 0
        ? ` ${failed.length} server${failed.length > 1 ? "s" : ""} failed: ${failed.join(", ")}.`
        : backlog > 0
          ? ` backlog contains ${backlog} job${backlog > 1 ? "s" : ""}.`
          : "";
    const state = complaint === "" ? "0:OK" : "1:WARNING";
    reply.complete(`${state} - proxy version v2.08 running.${complaint}|${entries.join("")}`);
  };

/** Answers the text, whatever the job; `answers("9:x")`, `answers("")`. */
export const answers =
  (text: string | Buffer): Answer =>
  (_job, reply) =>
    reply.complete(text);

/** Sends back what it got. */
export const echoes: Answer = ({ payload }, reply) => reply.complete(payload);

export const fails: Answer = (_job, reply) => reply.fail();

export const throws =
  (text: string): Answer =>
  (_job, reply) =>
    reply.exception(text);

/** All but the last as WORK_DATA, the last with WORK_COMPLETE. */
export const answersInParts =
  (...parts: readonly string[]): Answer =>
  (_job, reply) => {
    for (const part of parts.slice(0, -1)) reply.part(part);
    reply.complete(parts.at(-1) ?? "");
  };

/** Takes the job and says nothing more. */
export const neverAnswers: Answer = () => {};

/** Takes the job and dies. */
export const dies: Answer = (_job, reply) => reply.hangUp();
