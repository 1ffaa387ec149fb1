import { CheckError, DeadlineError, Status } from "monitoring-plugins-ts";
import { AdminClient, type ServerStatus } from "monitoring-plugins-ts/gearman";
import { type ConnectOptions, formatEndpoint, type TcpEndpoint } from "monitoring-plugins-ts/net";

/** What a server said, or why it did not. */
export interface Sample {
  /** When the answer was complete, in seconds on a clock that is never set. */
  readonly at: number;
  readonly answer: ServerStatus | CheckError;
}

/** A server as it is known: the newest answer, and the one before it, for what changed between them. */
export interface ServerFacts {
  /** As the user named it: `192.0.2.10:4730`. */
  readonly server: string;
  readonly newest?: Sample | undefined;
  readonly previous?: Sample | undefined;
  /** Since when it is being asked without an answer so far, on the clock of `Sample.at`. */
  readonly askedAt?: number | undefined;
}

/** Asks one server again and again, on one connection as long as it lasts. */
export class Watch {
  readonly #endpoint: TcpEndpoint;
  readonly #options: Omit<ConnectOptions, "signal">;
  readonly #timeoutSeconds: number;
  #connection: Conversation | undefined;
  /** What is being waited for; another one, or none, when it was given up meanwhile. */
  #asking: AbortController | undefined;
  #facts: ServerFacts;

  /** @param timeoutSeconds for each answer, connecting included */
  constructor(endpoint: TcpEndpoint, options: Omit<ConnectOptions, "signal">, timeoutSeconds: number) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#timeoutSeconds = timeoutSeconds;
    this.#facts = { server: formatEndpoint(endpoint) };
  }

  get facts(): ServerFacts {
    return this.#facts;
  }

  /** Asks once; afterwards the facts are new, unless {@link disconnect} came in between. What goes wrong becomes a fact, too. */
  async poll(): Promise<void> {
    const { server, newest } = this.#facts;
    this.#facts = { ...this.#facts, askedAt: process.uptime() };
    const deadline = this.#connection?.deadline ?? new AbortController();
    this.#asking = deadline;
    const answer = await this.#ask(deadline);
    if (this.#asking !== deadline) return;
    this.#asking = undefined;
    this.#facts = { server, newest: { at: process.uptime(), answer }, previous: newest };
  }

  /** Gives the connection up, and with it an answer that is waited for. The next {@link poll} makes a new one. */
  disconnect(): void {
    this.#asking?.abort();
    this.#asking = undefined;
    this.#forget(this.#connection);
  }

  async #ask(deadline: AbortController): Promise<ServerStatus | CheckError> {
    const over = new DeadlineError(Status.CRITICAL, this.#timeoutSeconds);
    const timer = setTimeout(() => deadline.abort(over), this.#timeoutSeconds * 1000);
    try {
      const known = this.#connection;
      if (known !== undefined) {
        try {
          return await known.admin.status();
        } catch (failure) {
          this.#forget(known);
          if (deadline.signal.aborted) throw failure;
          // the server may have been restarted since the last answer: that is for a new connection to find out
        }
      }
      const admin = await AdminClient.open(this.#endpoint, { ...this.#options, signal: deadline.signal });
      const connection = { admin, deadline };
      this.#connection = connection;
      try {
        return await admin.status();
      } catch (failure) {
        this.#forget(connection);
        throw failure;
      }
    } catch (failure) {
      if (failure instanceof CheckError) return failure;
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }

  #forget(connection: Conversation | undefined): void {
    connection?.admin.close();
    if (this.#connection === connection) this.#connection = undefined;
  }
}

/** A connection, and what ends it. */
interface Conversation {
  readonly admin: AdminClient;
  readonly deadline: AbortController;
}
