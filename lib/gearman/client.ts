import { readFileSync } from "node:fs";

import type { ConnectOptions } from "../net/connection.ts";
import type { TcpEndpoint } from "../net/endpoint.ts";
import { displayName } from "./name.ts";
import { PacketType, packetName, splitArguments, splitTexts } from "./packet.ts";
import { ServerError } from "./server-error.ts";
import { Session } from "./session.ts";

export type Priority = "low" | "normal" | "high";

export interface JobRequest {
  /** Byte string, see `wireName`. */
  readonly queue: string;
  /**
   * Byte string of up to 64 bytes. A job whose id is already queued or running in this queue is not created: the caller gets
   * the other one's answer, so take `randomUnique()` unless that is wanted. Empty ids never coincide.
   */
  readonly unique: string;
  /** Text as UTF-8. */
  readonly payload: string | Uint8Array;
  readonly priority?: Priority | undefined;
}

/** How a foreground job ended. */
export type JobResult =
  /** All its WORK_DATA, then the data of its WORK_COMPLETE. */
  | { readonly state: "complete"; readonly data: Buffer }
  | { readonly state: "fail" }
  | { readonly state: "exception"; readonly text: string };

/** What happens to a foreground job on its way, so that a caller who runs into the deadline knows how far it came. */
export interface JobEvents {
  /** The server took the job; from now on it is counted in `status`. */
  readonly created?: (handle: string) => void;
  readonly progress?: (numerator: number, denominator: number) => void;
  readonly warning?: (data: Buffer) => void;
}

export interface JobStatus {
  /** False when the server has no such job, which is also so once it is done. */
  readonly known: boolean;
  /** Whether a worker holds it. */
  readonly running: boolean;
  /** Progress as the worker reports it; 0 of 0 unless it does. */
  readonly numerator: number;
  readonly denominator: number;
}

export interface UniqueStatus extends JobStatus {
  /** Foreground clients waiting for it. */
  readonly clients: number;
}

/** Longest unique id in bytes: gearmand answers `ARGUMENT_TOO_LARGE` to more. */
const MAX_UNIQUE = 64;

const SUBMIT = {
  low: { foreground: PacketType.SUBMIT_JOB_LOW, background: PacketType.SUBMIT_JOB_LOW_BG },
  normal: { foreground: PacketType.SUBMIT_JOB, background: PacketType.SUBMIT_JOB_BG },
  high: { foreground: PacketType.SUBMIT_JOB_HIGH, background: PacketType.SUBMIT_JOB_HIGH_BG },
} as const;

const REFUSED = "job server refused the job";

/**
 * Submits jobs. Look at `status` first: a job for a queue without worker stays queued after its client has gone, and raises
 * the very alarm the check then reports.
 */
export class JobClient {
  readonly #session: Session;
  #wantsExceptions = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** A client with a connection of its own. @throws CheckError as `Connection.open`. */
  static async open(server: TcpEndpoint, options: ConnectOptions): Promise<JobClient> {
    return new JobClient(await Session.open(server, options));
  }

  /**
   * Submits a foreground job and waits for its end. If the caller goes away before, the job is not run any more, though it is
   * counted until a worker's next grab.
   *
   * @throws {@link ServerError} CRITICAL when the server refuses the job, Error before sending when `unique` is too long;
   *   otherwise as `Session.receivePacket`.
   */
  async submit(job: JobRequest, events: JobEvents = {}): Promise<JobResult> {
    const request = encodeJob(job);
    await this.#askForExceptions();
    this.#session.send(submitType(job), ...request);
    const handle = await this.#receiveHandle();
    events.created?.(handle);
    const running = new RunningJob(this.#session, events);
    for (;;) {
      const { type, body } = await this.#session.receivePacket(REFUSED);
      const [ofJob, rest] = splitHandle(body);
      // a job submitted earlier on the same session may still be reported on
      const result = ofJob === handle ? running.take(type, rest) : undefined;
      if (result !== undefined) return result;
    }
  }

  /**
   * Submits a background job, which runs even if nobody waits for it, hours later if need be.
   *
   * @returns its handle, for {@link jobStatus}
   * @throws as {@link submit}
   */
  async submitBackground(job: JobRequest): Promise<string> {
    this.#session.send(SUBMIT[job.priority ?? "normal"].background, ...encodeJob(job));
    return this.#receiveHandle();
  }

  /** What the server knows of a background job. */
  async jobStatus(handle: string): Promise<JobStatus> {
    this.#session.send(PacketType.GET_STATUS, handle);
    const [, ...fields] = splitTexts(await this.#receive(PacketType.STATUS_RES, "job status refused"), 5);
    return readJobStatus(fields);
  }

  /** What the server knows of the job with this unique id, in whatever queue. */
  async uniqueStatus(unique: string): Promise<UniqueStatus> {
    this.#session.send(PacketType.GET_STATUS_UNIQUE, unique);
    return readUniqueStatus(await this.#receive(PacketType.STATUS_RES_UNIQUE, "job status refused"));
  }

  close(): void {
    this.#session.close();
  }

  /** Without this option an exception arrives as a plain failure, its text lost. */
  async #askForExceptions(): Promise<void> {
    if (this.#wantsExceptions) return;
    this.#session.send(PacketType.OPTION_REQ, "exceptions");
    try {
      await this.#receive(PacketType.OPTION_RES, "option refused");
    } catch (error) {
      // an old server without the option still runs jobs
      if (!(error instanceof ServerError)) throw error;
    }
    this.#wantsExceptions = true;
  }

  async #receiveHandle(): Promise<string> {
    const [handle = ""] = splitTexts(await this.#receive(PacketType.JOB_CREATED, REFUSED), 2);
    return handle;
  }

  async #receive(expected: PacketType, refused: string): Promise<Buffer> {
    const { type, body } = await this.#session.receivePacket(refused);
    if (type !== expected) throw this.#session.unexpected(`${packetName(type)} instead of ${packetName(expected)}`);
    return body;
  }
}

/** What the server reports of a foreground job, put together. */
export class RunningJob {
  readonly #session: Pick<Session, "unexpected">;
  readonly #events: JobEvents;
  readonly #data: Buffer[] = [];

  constructor(session: Pick<Session, "unexpected">, events: JobEvents) {
    this.#session = session;
    this.#events = events;
  }

  /**
   * Takes one packet.
   *
   * @param rest its body without the handle
   * @returns how the job ended; undefined while it runs
   * @throws CheckError UNKNOWN for a packet that says nothing about a job
   */
  take(type: number, rest: Buffer): JobResult | undefined {
    switch (type) {
      case PacketType.WORK_DATA:
        this.#data.push(rest);
        return undefined;
      case PacketType.WORK_WARNING:
        this.#events.warning?.(rest);
        return undefined;
      case PacketType.WORK_STATUS: {
        const [numerator, denominator] = splitTexts(rest, 2).map(Number);
        this.#events.progress?.(numerator ?? 0, denominator ?? 0);
        return undefined;
      }
      case PacketType.WORK_COMPLETE:
        return { state: "complete", data: Buffer.concat([...this.#data, rest]) };
      case PacketType.WORK_FAIL:
        return { state: "fail" };
      case PacketType.WORK_EXCEPTION:
        return { state: "exception", text: displayName(rest.toString("latin1")) };
      default:
        throw this.#session.unexpected(packetName(type));
    }
  }
}

/**
 * A unique id nobody else uses: 122 random bits in 32 digits of hexadecimal.
 *
 * @param prefix up to 32 bytes that make it recognisable
 * @param kernel where the kernel gives them
 */
export async function randomUnique(prefix = "", kernel = "/proc/sys/kernel/random/uuid"): Promise<string> {
  return prefix + (readUuid(kernel) ?? (await import("node:crypto")).randomUUID()).replaceAll("-", "");
}

/** Loading node:crypto instead takes longer than a whole round trip of a job. Undefined where there is none. */
function readUuid(path: string): string | undefined {
  try {
    const text = readFileSync(path, "latin1").trim();
    return /^[0-9a-f-]{36}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The packet type that submits a foreground job. */
export function submitType({ priority }: JobRequest): PacketType {
  return SUBMIT[priority ?? "normal"].foreground;
}

/** Queue, unique id and payload as a submitting packet has them. @throws Error when the unique id is too long. */
export function encodeJob({ queue, unique, payload }: JobRequest): [string, string, Uint8Array] {
  if (unique.length > MAX_UNIQUE)
    throw new Error(`unique id '${displayName(unique)}' is longer than ${MAX_UNIQUE} bytes`);
  return [queue, unique, typeof payload === "string" ? Buffer.from(payload, "utf8") : payload];
}

/** A job's handle, and the rest of the body behind it. */
export function splitHandle(body: Buffer): [string, Buffer] {
  const [handle, rest] = splitArguments(body, 2) as [Buffer, Buffer];
  return [handle.toString("latin1"), rest];
}

/** Reads a STATUS_RES behind its handle. */
export function readJobStatus(fields: readonly string[]): JobStatus {
  const [known, running, numerator, denominator] = fields;
  return {
    known: known === "1",
    running: running === "1",
    numerator: Number(numerator),
    denominator: Number(denominator),
  };
}

export function readUniqueStatus(body: Buffer): UniqueStatus {
  const [, ...fields] = splitTexts(body, 6);
  return { ...readJobStatus(fields), clients: Number(fields[4]) };
}
