import type { ConnectOptions } from "../net/connection.ts";
import type { TcpEndpoint } from "../net/endpoint.ts";
import type { CheckError } from "../plugin/error.ts";
import { AdminClient } from "./admin.ts";
import { AdminInbox } from "./admin-inbox.ts";
import {
  encodeJob,
  type JobRequest,
  type JobResult,
  type JobStatus,
  RunningJob,
  readJobStatus,
  readUniqueStatus,
  splitHandle,
  submitType,
  type UniqueStatus,
} from "./client.ts";
import type { Frame } from "./frame-reader.ts";
import { PacketType, splitTexts } from "./packet.ts";
import type { ServerError } from "./server-error.ts";
import { errorPacket, Session } from "./session.ts";
import { Job } from "./worker.ts";

/** What comes unasked on an {@link Exchange}. */
export interface ExchangeEvents {
  /** A job of an offered queue. It is to be ended; the next one is taken meanwhile. */
  readonly job: (job: Job) => void;
  /** The connection broke, or the server sent what nobody understands. Nothing else comes after it. */
  readonly lost: (failure: CheckError) => void;
}

/** What becomes of a submitted job. */
export interface SubmittedEvents {
  readonly created: (handle: string) => void;
  /** The server did not take it; nothing else comes. */
  readonly refused: (error: ServerError) => void;
  readonly status: (status: JobStatus) => void;
  readonly ended: (result: JobResult) => void;
}

/** What an {@link Exchange} takes back when it leaves. */
export interface Leftovers {
  /** Handles of submitted jobs that have not ended: no worker gets them any more, though a queue counts them until the
   * next grab. */
  readonly jobs?: Iterable<string>;
  /**
   * Queues without any worker in which nothing but such jobs waits: grabs once, so that they are not counted for ever. A real
   * job that came meanwhile goes back into its queue, since the connection closes.
   */
  readonly deserted?: Iterable<string>;
}

interface Submitted {
  readonly events: SubmittedEvents;
  readonly running: RunningJob;
}

const NOT_OF_SUBMITTING = new Set(["JOB_NOT_FOUND", "UNKNOWN_OPTION"]);

/**
 * A client and a worker at the same time on one connection: submits any number of foreground jobs and takes the jobs of its
 * own queues while they run, as a round trip through other people's workers needs it. What it receives it tells by events.
 */
export class Exchange {
  /** The text protocol on the same connection; one command at a time. */
  readonly admin: AdminClient;
  readonly #session: Session;
  readonly #events: ExchangeEvents;
  readonly #inbox: AdminInbox;
  /** Submitted jobs the server has not taken yet: it answers in the order it was asked. */
  readonly #unconfirmed: Submitted[] = [];
  readonly #jobs = new Map<string, Submitted>();
  readonly #offered = new Set<string>();
  /** Who waits for the status of a unique id: the server answers in the order it was asked. */
  readonly #uniqueStatuses: { resolve(status: UniqueStatus): void; reject(failure: CheckError): void }[] = [];
  /** The server owes an answer to a grab, or a wake-up. */
  #working = false;
  /** A grab has not been answered yet. */
  #grabbing = false;
  #wantsExceptions = false;
  #closed = false;
  #flushes = 0;
  /** Who waits for the echo of which text. */
  readonly #echoes = new Map<string, () => void>();

  private constructor(session: Session, events: ExchangeEvents) {
    this.#session = session;
    this.#events = events;
    this.#inbox = new AdminInbox(session);
    this.admin = new AdminClient(this.#inbox);
    this.#receive().catch((error) => this.#fail(error as CheckError));
  }

  /** @throws CheckError as `Connection.open`. */
  static async open(server: TcpEndpoint, options: ConnectOptions, events: ExchangeEvents): Promise<Exchange> {
    return new Exchange(await Session.open(server, options), events);
  }

  get peer(): string {
    return this.#session.peer;
  }

  /** Registers as a worker of a queue; its jobs come by the event `job`. */
  offer(queue: string): void {
    this.#offered.add(queue);
    this.#session.send(PacketType.CAN_DO, queue);
    if (!this.#working) this.#grab();
  }

  /** Submits a foreground job. @throws Error before sending when its unique id is too long. */
  submit(job: JobRequest, events: SubmittedEvents): void {
    const request = encodeJob(job);
    if (!this.#wantsExceptions) {
      // without this option an exception arrives as a plain failure, its text lost
      this.#session.send(PacketType.OPTION_REQ, "exceptions");
      this.#wantsExceptions = true;
    }
    this.#unconfirmed.push({ events, running: new RunningJob(this.#session, {}) });
    this.#session.send(submitType(job), ...request);
  }

  /** Asks what the server knows of a job that was submitted here; the answer comes by its event `status`. */
  askStatus(handle: string): void {
    this.#session.send(PacketType.GET_STATUS, handle);
  }

  /** What the server knows of a job of any client, by its unique id. @throws CheckError when the connection breaks. */
  uniqueStatus(unique: string): Promise<UniqueStatus> {
    return new Promise((resolve, reject) => {
      this.#uniqueStatuses.push({ resolve, reject });
      this.#session.send(PacketType.GET_STATUS_UNIQUE, unique);
    });
  }

  /**
   * Withdraws everything, drops the offered queues from the server, and closes once the server has done so.
   *
   * @param leftovers what is still on its way
   */
  async leave({ jobs = [], deserted = [] }: Leftovers = {}): Promise<void> {
    if (this.#closed) return;
    for (const handle of jobs) this.#session.sendLine(`cancel job ${handle}`);
    for (const queue of this.#offered) {
      this.#session.send(PacketType.CANT_DO, queue);
      this.#session.sendLine(`drop function ${queue}`);
    }
    for (const queue of deserted) {
      this.#session.send(PacketType.CAN_DO, queue);
      this.#session.send(PacketType.GRAB_JOB_UNIQ);
      this.#session.send(PacketType.CANT_DO, queue);
    }
    await this.flush();
    this.close();
  }

  /**
   * Waits until the server has handled everything sent so far, so that all it had to say to it has come; also ends when the
   * connection does.
   */
  flush(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const text = `flush ${++this.#flushes}`;
    return new Promise((resolve) => {
      this.#echoes.set(text, resolve);
      this.#session.send(PacketType.ECHO_REQ, text);
    });
  }

  /**
   * As {@link flush}, and until the offered queues are empty: a wake-up that comes before the echo has its job behind it.
   */
  async drain(): Promise<void> {
    for (let wasIdle = false; !this.#closed && !(wasIdle && !this.#grabbing); ) {
      wasIdle = !this.#grabbing;
      await this.flush();
    }
  }

  /** Destroys the connection at once; may be called again. */
  close(): void {
    this.#closed = true;
    this.#session.close();
    for (const resolve of this.#echoes.values()) resolve();
  }

  #grab(): void {
    this.#working = true;
    this.#grabbing = true;
    this.#session.send(PacketType.GRAB_JOB_UNIQ);
  }

  async #receive(): Promise<never> {
    for (;;) this.#take(await this.#session.receive());
  }

  #take(frame: Frame): void {
    if (frame.kind === "line") {
      this.#inbox.push(frame.text);
      return;
    }
    const { type, body } = frame;
    switch (type) {
      case PacketType.ECHO_RES:
        this.#echo(body.toString("latin1"));
        break;
      case PacketType.OPTION_RES:
        break;
      case PacketType.NOOP:
        this.#grab();
        break;
      case PacketType.NO_JOB:
        this.#grabbing = false;
        this.#session.send(PacketType.PRE_SLEEP);
        break;
      case PacketType.JOB_ASSIGN_UNIQ:
        this.#assign(body);
        break;
      case PacketType.JOB_CREATED:
        this.#confirm(body);
        break;
      case PacketType.ERROR:
        this.#refuse(errorPacket("job server refused the job", body));
        break;
      case PacketType.STATUS_RES: {
        const [handle = "", ...fields] = splitTexts(body, 5);
        this.#jobs.get(handle)?.events.status(readJobStatus(fields));
        break;
      }
      case PacketType.STATUS_RES_UNIQUE:
        this.#uniqueStatuses.shift()?.resolve(readUniqueStatus(body));
        break;
      default:
        this.#report(type, body);
    }
  }

  #echo(text: string): void {
    const resolve = this.#echoes.get(text);
    this.#echoes.delete(text);
    if (resolve === undefined) this.#inbox.push(undefined);
    else resolve();
  }

  /** A job of a queue that was not offered, but grabbed from on leaving, is somebody else's: see {@link Leftovers}. */
  #assign(body: Buffer): void {
    this.#grabbing = false;
    const job = new Job(this.#session, body, () => {});
    if (!this.#offered.has(job.queue)) return;
    this.#events.job(job);
    this.#grab();
  }

  #confirm(body: Buffer): void {
    const submitted = this.#unconfirmed.shift();
    if (submitted === undefined) throw this.#session.unexpected("a job that was not submitted");
    const [handle] = splitHandle(body);
    this.#jobs.set(handle, submitted);
    submitted.events.created(handle);
  }

  /** A job server also complains about a job that is gone when its worker ends it, and an old one about the option. */
  #refuse(error: ServerError): void {
    if (!NOT_OF_SUBMITTING.has(error.code)) this.#unconfirmed.shift()?.events.refused(error);
  }

  #report(type: number, body: Buffer): void {
    const [handle, rest] = splitHandle(body);
    const submitted = this.#jobs.get(handle);
    const result = submitted?.running.take(type, rest);
    if (result === undefined) return;
    this.#jobs.delete(handle);
    submitted?.events.ended(result);
  }

  #fail(failure: CheckError): void {
    this.#inbox.fail(failure);
    for (const { reject } of this.#uniqueStatuses) reject(failure);
    const closed = this.#closed;
    this.close();
    if (!closed) this.#events.lost(failure);
  }
}
