import type { CheckError } from "../plugin/error.ts";
import type { AdminChannel } from "./admin.ts";
import type { PacketType } from "./packet.ts";
import type { Session } from "./session.ts";

interface Waiter {
  readonly resolve: (line: string | undefined) => void;
  readonly reject: (failure: CheckError) => void;
}

/** The text protocol's part of a session whose frames somebody else receives and sorts. */
export class AdminInbox implements AdminChannel {
  readonly #session: Session;
  /** Lines nobody has asked for yet; undefined is the echo behind a list. */
  readonly #lines: (string | undefined)[] = [];
  readonly #waiters: Waiter[] = [];
  #failure: CheckError | undefined;
  #ignoresLines = false;

  constructor(session: Session) {
    this.#session = session;
  }

  get peer(): string {
    return this.#session.peer;
  }

  send(type: PacketType, ...args: readonly (string | Uint8Array)[]): void {
    this.#session.send(type, ...args);
  }

  sendLine(command: string): void {
    this.#session.sendLine(command);
  }

  unexpected(what: string): CheckError {
    return this.#session.unexpected(what);
  }

  close(): void {
    this.#session.close();
  }

  async receiveLine(): Promise<string> {
    const line = await this.receiveUntilEcho();
    if (line === undefined) throw this.unexpected("ECHO_RES");
    return line;
  }

  receiveUntilEcho(): Promise<string | undefined> {
    if (this.#lines.length > 0) return Promise.resolve(this.#lines.shift());
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  ignoreLines(): void {
    this.#ignoresLines = true;
    this.#lines.length = 0;
  }

  /** Takes what came: a line, or undefined for the echo behind a list. */
  push(line: string | undefined): void {
    if (this.#ignoresLines) return;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#lines.push(line);
    else waiter.resolve(line);
  }

  /** Nothing more will come. */
  fail(failure: CheckError): void {
    this.#failure = failure;
    for (const { reject } of this.#waiters.splice(0)) reject(failure);
  }
}
