import type { ConnectOptions } from "../net/connection.ts";
import type { TcpEndpoint } from "../net/endpoint.ts";
import { PacketType, packetName, splitArguments } from "./packet.ts";
import { Session } from "./session.ts";

const REFUSED = "job server refused the worker";

/** A job in a worker's hands. Exactly one of `complete`, `fail` and `exception` ends it. */
export class Job {
  readonly #session: Session;
  readonly #onDone: () => void;
  /** Byte strings. */
  readonly handle: string;
  readonly queue: string;
  readonly unique: string;
  readonly payload: Buffer;

  constructor(session: Session, body: Buffer, onDone: () => void) {
    this.#session = session;
    this.#onDone = onDone;
    const [handle, queue, unique, payload] = splitArguments(body, 4) as [Buffer, Buffer, Buffer, Buffer];
    this.handle = handle.toString("latin1");
    this.queue = queue.toString("latin1");
    this.unique = unique.toString("latin1");
    this.payload = payload;
  }

  /** Ends the job with its answer; text as UTF-8. */
  complete(data: string | Uint8Array = ""): void {
    this.#send(PacketType.WORK_COMPLETE, data);
    this.#onDone();
  }

  /** Ends the job without an answer. */
  fail(): void {
    this.#session.send(PacketType.WORK_FAIL, this.handle);
    this.#onDone();
  }

  /** Ends the job with a reason; a WORK_FAIL after it would be answered with an error. */
  exception(text: string | Uint8Array): void {
    this.#send(PacketType.WORK_EXCEPTION, text);
    this.#onDone();
  }

  /** Sends a part of the answer ahead. */
  data(data: string | Uint8Array): void {
    this.#send(PacketType.WORK_DATA, data);
  }

  warning(data: string | Uint8Array): void {
    this.#send(PacketType.WORK_WARNING, data);
  }

  /** Reports progress. */
  status(numerator: number, denominator: number): void {
    this.#session.send(PacketType.WORK_STATUS, this.handle, `${numerator}`, `${denominator}`);
  }

  /** The NUL after the handle is mandatory even for empty data: without it gearmand gets out of step and closes. */
  #send(type: PacketType, data: string | Uint8Array): void {
    this.#session.send(type, this.handle, typeof data === "string" ? Buffer.from(data, "utf8") : data);
  }
}

/** Answers a job: what it returns completes the job, unless it ended it itself; what it throws fails it. */
export type JobHandler = (job: Job) => Answer | undefined | Promise<Answer | undefined>;

type Answer = string | Uint8Array;

/** Takes jobs from queues: for a check's own answer queue, and for tests. */
export class Worker {
  readonly #session: Session;
  #closed = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** A worker with a connection of its own. @throws CheckError as `Connection.open`. */
  static async open(server: TcpEndpoint, options: ConnectOptions): Promise<Worker> {
    return new Worker(await Session.open(server, options));
  }

  /** Sets the name `workers` shows for the connection, a byte string; the server cuts it to 127 bytes. */
  setClientId(id: string): void {
    this.#session.send(PacketType.SET_CLIENT_ID, id);
  }

  /** Registers for a queue, which exists from then on until it is dropped. */
  register(queue: string): void {
    this.#session.send(PacketType.CAN_DO, queue);
  }

  unregister(queue: string): void {
    this.#session.send(PacketType.CANT_DO, queue);
  }

  /**
   * Waits until the server has handled everything sent so far; most of a worker's packets have no answer of their own.
   *
   * @throws CheckError as `Session.receivePacket`.
   */
  async flush(): Promise<void> {
    this.#session.send(PacketType.ECHO_REQ, "flush");
    const { type } = await this.#session.receivePacket(REFUSED);
    if (type !== PacketType.ECHO_RES) throw this.#session.unexpected(packetName(type));
  }

  /** Takes one job; undefined when none is waiting. */
  async grab(): Promise<Job | undefined> {
    return this.#grab(() => {});
  }

  /** Takes the next job, sleeping until there is one. */
  async next(): Promise<Job> {
    return this.#next(() => {});
  }

  /**
   * Handles one job after the other until {@link close}.
   *
   * @throws CheckError when the connection breaks or its deadline comes; not after {@link close}.
   */
  async run(handler: JobHandler): Promise<void> {
    try {
      while (!this.#closed) await this.#handleNext(handler);
    } catch (error) {
      if (!this.#closed) throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#session.close();
  }

  async #handleNext(handler: JobHandler): Promise<void> {
    let done = false;
    const job = await this.#next(() => {
      done = true;
    });
    let answer: Answer | undefined;
    try {
      answer = await handler(job);
    } catch {
      if (!done) job.fail();
      return;
    }
    if (!done) job.complete(answer ?? "");
  }

  /** All workers of a queue are woken for each job and all but one find none, so sleep again after every vain grab. */
  async #next(onDone: () => void): Promise<Job> {
    for (;;) {
      const job = await this.#grab(onDone);
      if (job !== undefined) return job;
      this.#session.send(PacketType.PRE_SLEEP);
      const { type } = await this.#session.receivePacket(REFUSED, { wakeUp: true });
      if (type !== PacketType.NOOP) throw this.#session.unexpected(packetName(type));
    }
  }

  async #grab(onDone: () => void): Promise<Job | undefined> {
    this.#session.send(PacketType.GRAB_JOB_UNIQ);
    const { type, body } = await this.#session.receivePacket(REFUSED);
    if (type === PacketType.NO_JOB) return undefined;
    if (type !== PacketType.JOB_ASSIGN_UNIQ) throw this.#session.unexpected(packetName(type));
    return new Job(this.#session, body, onDone);
  }
}
