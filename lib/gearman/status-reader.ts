import { CheckError } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";
import { excerpt } from "./name.ts";
import { byName, parseQueueLine, type QueueStatus } from "./queue-status.ts";
import { notGearmand, recognizeBinary, recognizeText } from "./stranger.ts";

/** What a job server says of itself in answer to `status` and `version`. */
export interface ServerStatus {
  /** Such as `1.1.20+ds`; empty for a server built without version information. */
  readonly version: string;
  /** Sorted by name, as bytes. */
  readonly queues: readonly QueueStatus[];
  /** The first ten lines that do not belong into the answer, as byte strings of up to 200 characters. */
  readonly oddLines: readonly string[];
  /** How many such lines came. A queue name may hold line feeds and so break, or forge, lines; nothing escapes it. */
  readonly oddCount: number;
  /** Names that were listed more than once. */
  readonly duplicates: readonly string[];
  /** From the start of connecting, or of asking on an open connection, to the complete answer. */
  readonly seconds: number;
}

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;

/** Most queues, connections or jobs taken of one server: a list without end would take the memory of the monitoring host. */
export const MOST_LISTED = 200_000;

/** Twice the longest function name gearmand 1.1.20 accepts (8192 bytes), so a longer line is not its own. */
const MAX_LINE = 16 * 1024;
/** From this length on, in bytes, a piece of the list is read as a whole. */
const LONG = 1024;

/** A queue's line of which nothing has to be looked at twice; the numbers as long as `parseQueueLine` takes them. */
const PLAIN_LINE = /([!-~]+)\t(\d{1,15})\t(\d{1,15})\t(\d{1,15})\n/gy;

/** What `toString("latin1")` ends in, which would take twice as long as all of the reading for its checks. */
interface Latin1 {
  latin1Slice(start: number, end?: number): string;
}

const MAX_ODD_LINES = 10;
const MAX_ODD_LENGTH = 200;

/** Without an LF: to a server that reads lines only, it is the beginning of a line that never ends, and no command. */
const ECHO = "\0REQ\0\0\0\x10\0\0\0\x03end";
const ECHOED = "\0RES\0\0\0\x11\0\0\0\x03end";

/** What is asked: both commands, and behind them the packet whose echo marks the end. As a text: each check sends it. */
export const STATUS_REQUEST = `status\nversion\n${ECHO}`;

/**
 * Reads the answer to {@link STATUS_REQUEST}, fed in pieces cut anywhere. Keeps the queues and the unfinished line, never
 * the whole answer.
 *
 * The end is a line of one dot and the version. A queue name can forge both, so they are final only when nothing follows:
 * after a forged end the list goes on, the forgery counts as odd lines, and no real queue is lost. That nothing follows is
 * proven by the echo, which no name can forge, because a name ends at its first NUL.
 */
export class StatusReader {
  readonly #peer: string;
  readonly #queues: QueueStatus[] = [];
  readonly #oddLines: string[] = [];
  #oddCount = 0;
  #state: "first" | "list" | "version" | "complete" | "proven" = "first";
  #versionLine = "";
  #version = "";
  #rest: Buffer[] = [];
  #restLength = 0;

  constructor(peer: string) {
    this.#peer = peer;
  }

  /** Whether the answer may end here. */
  get complete(): boolean {
    return this.proven || (this.#state === "complete" && this.#restLength === 0);
  }

  /** Whether it ended here: the echo came. */
  get proven(): boolean {
    return this.#state === "proven";
  }

  /**
   * Takes the next bytes.
   *
   * @throws {@link CheckError} UNKNOWN as soon as it is clear that this is no gearmand, or that it refuses the command.
   */
  push(chunk: Buffer): void {
    let start = this.#restLength === 0 ? this.#pushPlain(chunk, 0) : 0;
    for (let end = chunk.indexOf(LF, start); end >= 0; end = chunk.indexOf(LF, start)) {
      if (this.#restLength === 0) {
        this.pushLine(chunk, start, end);
      } else {
        this.#keep(chunk.subarray(start, end));
        const line = Buffer.concat(this.#rest, this.#restLength);
        this.#rest = [];
        this.#restLength = 0;
        this.pushLine(line, 0, line.length);
        start = this.#pushPlain(chunk, end + 1);
        continue;
      }
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /**
   * Takes the plain queue lines that a long piece of the list begins with, without a call for each byte or line.
   *
   * @returns where what is left of it starts
   */
  #pushPlain(chunk: Buffer, start: number): number {
    if (chunk.length - start < LONG || (this.#state !== "list" && this.#state !== "first")) return start;
    const bytes = chunk as Buffer & Latin1;
    let end = start;
    // as a loop that V8 does not optimize, which would take longer than all the lines
    bytes
      .latin1Slice(start)
      .replace(PLAIN_LINE, (line, name: string, total: string, running: string, worker: string, at: number) => {
        const waiting = Number(total) - Number(running);
        if (start + at === end && waiting >= 0) {
          // a string of its own: one that is a part of the text is compared several times as slowly
          const own = bytes.latin1Slice(end, end + name.length);
          this.#queues.push({ name: own, waiting, running: Number(running), worker: Number(worker) });
          end += line.length;
        }
        return "";
      });
    if (end > start) this.#state = "list";
    this.#checkLength();
    return end;
  }

  /** Takes `bytes[start, end)` as one line without its LF. */
  pushLine(bytes: Buffer, start: number, end: number): void {
    if (this.#state === "complete") {
      this.#odd(".");
      this.#odd(this.#versionLine);
      this.#state = "list";
    } else if (this.#state === "version") {
      this.#pushVersion(bytes.toString("latin1", start, end));
      return;
    }
    const queue = parseQueueLine(bytes, start, end);
    if (queue !== undefined) this.#queues.push(queue);
    else if (isDot(bytes, start, end)) this.#state = "version";
    else {
      const line = bytes.toString("latin1", start, end);
      if (this.#state === "first") this.#judgeFirst(line);
      this.#odd(line);
    }
    if (this.#state === "first") this.#state = "list";
    this.#checkLength();
  }

  #checkLength(): void {
    if (this.#queues.length + this.#oddCount > MOST_LISTED) throw tooMany(this.#peer, "queues");
  }

  /**
   * The facts, once the answer is complete and the peer has nothing left to say.
   *
   * @throws {@link CheckError} UNKNOWN when lines came, but not a single queue among them.
   */
  finish(seconds: number): ServerStatus {
    if (this.#restLength > 0) this.#odd(this.#restText);
    const [firstOdd] = this.#oddLines;
    if (this.#queues.length === 0 && firstOdd !== undefined) throw this.#notGearmand(`'${excerpt(firstOdd)}'`);
    this.#queues.sort(byName);
    return {
      version: this.#version,
      queues: this.#queues,
      oddLines: this.#oddLines,
      oddCount: this.#oddCount,
      duplicates: duplicates(this.#queues),
      seconds,
    };
  }

  #pushVersion(line: string): void {
    const version = parseVersion(line.endsWith("\r") ? line.slice(0, -1) : line);
    if (version === undefined) {
      this.#odd(".");
      this.#odd(line);
      this.#state = "list";
      return;
    }
    this.#version = version;
    this.#versionLine = line;
    this.#state = "complete";
  }

  get #restText(): string {
    return Buffer.concat(this.#rest).toString("latin1");
  }

  #keep(piece: Buffer): void {
    this.#rest.push(piece);
    this.#restLength += piece.length;
    if (this.#state === "complete" && this.#restLength === ECHOED.length && this.#restText === ECHOED) {
      this.#state = "proven";
      this.#rest = [];
      this.#restLength = 0;
    }
    if (this.#state === "first") this.#judgeStart();
    if (this.#restLength > MAX_LINE) throw this.#notGearmand(`it sent a line of more than ${MAX_LINE} bytes`);
  }

  /** The greetings and complaints of other services. Any other odd first line may be part of a queue's name. */
  #judgeFirst(line: string): void {
    if (line.startsWith("ERR ")) {
      const refusal = `${this.#peer} refused the status command: ${excerpt(line.trimEnd(), MAX_ODD_LENGTH)}`;
      throw new CheckError(Status.UNKNOWN, refusal);
    }
    const stranger = recognizeBinary(line) ?? recognizeText(line);
    if (stranger !== undefined) throw this.#notGearmand(stranger);
  }

  /** Binary protocols may never send an LF, so they are judged by their first bytes. */
  #judgeStart(): void {
    const head = Buffer.concat(this.#rest, Math.min(this.#restLength, MAX_LINE)).toString("latin1");
    const stranger = recognizeBinary(head);
    if (stranger !== undefined) throw this.#notGearmand(stranger);
    if (this.#restLength > MAX_LINE) throw this.#notGearmand(`'${excerpt(head)}'`);
  }

  #notGearmand(why: string): CheckError {
    return notGearmand(this.#peer, why);
  }

  #odd(line: string): void {
    this.#oddCount++;
    if (this.#oddLines.length < MAX_ODD_LINES) this.#oddLines.push(line.slice(0, MAX_ODD_LENGTH));
  }
}

/** `.`, or `.` and a CR, which the server sends after some answers. */
function isDot(bytes: Buffer, start: number, end: number): boolean {
  return bytes[start] === DOT && (end === start + 1 || (end === start + 2 && bytes[start + 1] === CR));
}

/** `OK 1.1.20+ds`, `OK ` of a build without version, `0.14` of very old servers, or an `ERR` for an unknown command. */
function parseVersion(line: string): string | undefined {
  if (/^ERR [^\t]*$/.test(line)) return "";
  return /^(?:OK ?|(?=\d))([\x21-\x7e]*)$/.exec(line)?.[1];
}

export function tooMany(peer: string, what: string): CheckError {
  return new CheckError(Status.UNKNOWN, `${peer} lists more than ${MOST_LISTED} ${what}`);
}

function duplicates(sorted: readonly QueueStatus[]): readonly string[] {
  const twice = new Set<string>();
  let previous: string | undefined;
  for (const { name } of sorted) {
    if (name === previous) twice.add(name);
    previous = name;
  }
  return [...twice];
}
