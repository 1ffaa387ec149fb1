import type { ConnectOptions } from "../net/connection.ts";
import type { TcpEndpoint } from "../net/endpoint.ts";
import { Status } from "../plugin/status.ts";
import { excerpt } from "./name.ts";
import { PacketType } from "./packet.ts";
import type { QueueStatus } from "./queue-status.ts";
import { parseErrorLine, ServerError } from "./server-error.ts";
import { Session } from "./session.ts";
import { MOST_LISTED, type ServerStatus, StatusReader, tooMany } from "./status-reader.ts";
import { notGearmand, recognizeText } from "./stranger.ts";

/** One connection to a job server, of whatever kind, as its `workers` command lists it; the asking one is among them. */
export interface ConnectedClient {
  /** Number of the server's own file descriptor. */
  readonly fd: number;
  /** Address it comes from; garbage for IPv6 (gearmand 1.1.20). */
  readonly ip: string;
  /** What it called itself, a byte string; `-` when it did not. */
  readonly id: string;
  /** Queues it works for, as byte strings; names with blanks cannot be told apart. None: a client or an idle connection. */
  readonly functions: readonly string[];
}

/** A job as `show jobs` lists it. */
export interface ListedJob {
  readonly handle: string;
  /** How often it went back into its queue because its worker's connection broke. */
  readonly retries: number;
}

/** Where an {@link AdminClient} sends its commands and finds the answers: a session, or a part of one. */
export interface AdminChannel
  extends Pick<Session, "peer" | "send" | "sendLine" | "receiveLine" | "receiveUntilEcho" | "unexpected" | "close"> {
  /** An answer is given up: the rest of it is not kept for anyone. */
  ignoreLines?(): void;
}

/** Behind a list of queues come its end and the version. */
const MOST_LINES = MOST_LISTED + 2;

/** The text protocol of a job server, for checks that ask more than {@link fetchStatus} or share a session with jobs. */
export class AdminClient {
  readonly #session: AdminChannel;

  constructor(session: AdminChannel) {
    this.#session = session;
  }

  /** A client with a connection of its own. @throws CheckError as `Connection.open`. */
  static async open(server: TcpEndpoint, options: ConnectOptions): Promise<AdminClient> {
    return new AdminClient(await Session.open(server, options));
  }

  /**
   * The server's queues and version; may be asked again and again.
   *
   * The end of the answer is marked by the echo of a packet sent behind the commands. No queue name can forge that, because
   * a name ends at its first NUL.
   *
   * @throws CheckError UNKNOWN when the server refuses the command, otherwise as `Session.receiveLine`.
   */
  async status(): Promise<ServerStatus> {
    const start = process.uptime();
    const reader = new StatusReader(this.#session.peer);
    await this.#ask("queues", "status\nversion", (line) => {
      const bytes = Buffer.from(line, "latin1");
      reader.pushLine(bytes, 0, bytes.length);
    });
    if (!reader.complete) throw this.#session.unexpected("the list of queues has no end");
    return reader.finish(process.uptime() - start);
  }

  /** One queue, by its name as a byte string; undefined when the server does not know it. */
  async queue(name: string): Promise<QueueStatus | undefined> {
    const { queues } = await this.status();
    return queues.find((queue) => queue.name === name);
  }

  /**
   * All connections the server holds. Lines broken by a client's id or a queue's name are left out.
   *
   * @throws ServerError UNKNOWN when the server refuses the command, otherwise CheckError as `Session.receiveLine`.
   */
  async workers(): Promise<readonly ConnectedClient[]> {
    const clients: ConnectedClient[] = [];
    await this.#ask("connections", "workers", (line, index) => {
      if (index === 0) this.#refuseError("workers", line);
      const client = parseWorkersLine(line);
      const other = index === 0 && client === undefined ? recognizeText(line) : undefined;
      if (other !== undefined) throw notGearmand(this.#session.peer, other);
      if (client !== undefined) clients.push(client);
    });
    return clients;
  }

  /**
   * All jobs of all queues, which may be many. Abandoned ones are among them.
   *
   * @throws as {@link workers}
   */
  async jobs(): Promise<readonly ListedJob[]> {
    const jobs: ListedJob[] = [];
    await this.#ask("jobs", "show jobs", (line, index) => {
      if (index === 0) this.#refuseError("show jobs", line);
      const [, handle, retries] = /^([^\t]+)\t(\d+)\t\d+\t\d+$/.exec(line) ?? [];
      if (handle !== undefined) jobs.push({ handle, retries: Number(retries) });
    });
    return jobs;
  }

  /** The unique ids of all jobs of all queues, abandoned ones among them. @throws as {@link workers} */
  async uniques(): Promise<readonly string[]> {
    const uniques: string[] = [];
    await this.#ask("jobs", "show unique jobs", (line, index) => {
      if (index === 0) this.#refuseError("show unique jobs", line);
      uniques.push(line);
    });
    return uniques;
  }

  /** The server's process id, in its own pid namespace. */
  async getpid(): Promise<number> {
    const [, pid] = /^OK (\d+)$/.exec(await this.#command("getpid")) ?? [];
    if (pid === undefined) throw this.#session.unexpected("no process id");
    return Number(pid);
  }

  /**
   * Forgets a queue. Drop only queues of your own without jobs: jobs still queued turn into zombies that are never run, yet
   * swallow later jobs with the same unique id. gearmand compares the name without regard to case.
   *
   * @throws ServerError UNKNOWN when the queue is unknown or in use; Error before sending when the name cannot be written in a
   *   command.
   */
  async dropFunction(name: string): Promise<void> {
    await this.#command(`drop function ${word(name)}`);
  }

  /**
   * Marks a queued job so that no worker gets it; it is counted until a worker's next grab.
   *
   * @throws ServerError UNKNOWN with code `UNKNOWN_JOB`.
   */
  async cancelJob(handle: string): Promise<void> {
    await this.#command(`cancel job ${word(handle)}`);
  }

  close(): void {
    this.#session.close();
  }

  /** Asks for lists and hands on every line up to the echo. */
  async #ask(what: string, commands: string, take: (line: string, index: number) => void): Promise<void> {
    this.#session.sendLine(commands);
    this.#session.send(PacketType.ECHO_REQ, "end");
    try {
      for (let index = 0; ; index++) {
        const line = await this.#session.receiveUntilEcho();
        if (line === undefined) return;
        if (index === MOST_LINES) throw tooMany(this.#session.peer, what);
        take(line, index);
      }
    } catch (error) {
      // a refusal is a whole answer, anything else is given up in the middle of one
      if (!(error instanceof ServerError)) this.#session.ignoreLines?.();
      throw error;
    }
  }

  async #command(command: string): Promise<string> {
    this.#session.sendLine(command);
    const answer = await this.#session.receiveLine();
    this.#refuseError(command, answer);
    if (!/^OK\b/.test(answer)) throw this.#session.unexpected(`'${excerpt(answer)}'`);
    return answer;
  }

  #refuseError(command: string, line: string): void {
    const error = parseErrorLine(line);
    if (error === undefined) return;
    throw new ServerError(Status.UNKNOWN, `${this.#session.peer} refused '${excerpt(command)}'`, error);
  }
}

/** Reads `fd ip id : function function`; undefined when it is no such line. */
export function parseWorkersLine(line: string): ConnectedClient | undefined {
  const [, fd, ip, id, functions] = /^(\d+) (\S+) (.*) :((?: .*)?)$/s.exec(line) ?? [];
  if (fd === undefined || ip === undefined || id === undefined || functions === undefined) return undefined;
  return { fd: Number(fd), ip, id, functions: functions === "" ? [] : functions.slice(1).split(" ") };
}

/** Words of a command are separated by blanks and nothing quotes them. */
function word(text: string): string {
  if (!/^[^\0\n\r ]+$/.test(text)) throw new Error(`'${excerpt(text)}' cannot be written in a command`);
  return text;
}
