import { CheckError } from "../plugin/error.ts";
import type { Status } from "../plugin/status.ts";

/** What kept a Livestatus query from being answered, seen from the client. */
export type FailureKind =
  /** No such file, or a parent that is no directory. */
  | "missing"
  /** The path is something else than a socket. */
  | "no socket"
  /** The path is longer than a Unix socket's address can be. */
  | "path too long"
  /** Nobody listens. */
  | "refused"
  /** The account of the check may not connect. */
  | "denied"
  /** The listener takes no more connections: its queue is full, or nothing came back in time. */
  | "not accepting"
  /** A host that cannot be reached or whose name is unknown. */
  | "unreachable"
  /** The TLS handshake failed or was not answered. */
  | "no handshake"
  /** The peer's TLS certificate is not trusted. */
  | "untrusted"
  /** Connected, but no whole answer in time. */
  | "no answer"
  /** Connected, then closed or reset before the first byte. */
  | "closed"
  /** What came is not a Livestatus answer. */
  | "stranger"
  /** The answer broke off, or is longer than any answer to such a query. */
  | "broken off"
  /** An answer with an error code; see {@link LivestatusError.code}. */
  | "error answer"
  /** Code 200, but not the data that were asked for. */
  | "no data"
  /** The check's own machine or options are at fault. */
  | "own fault";

interface Facts {
  readonly code?: number | undefined;
  readonly cause?: unknown;
}

/** A query that was not answered with data. */
export class LivestatusError extends CheckError {
  override readonly name = "LivestatusError";
  readonly kind: FailureKind;
  /** Code of the error answer, such as 502; undefined for all other kinds. */
  readonly code: number | undefined;
  constructor(status: Status, kind: FailureKind, message: string, { code, cause }: Facts = {}) {
    super(status, message, { cause });
    this.kind = kind;
    this.code = code;
  }
}
