import { Status } from "../plugin/status.ts";

/** How the submission of a result ended. */
export type OutcomeKind =
  /** Read back: the core has it. */
  | "processed"
  /** The target took it, which is no proof. */
  | "accepted"
  /** The core has a newer one, and discarded this one. */
  | "older"
  /** No such host or service, or no right to submit to it. */
  | "unknown object"
  /** The object is there, but does not take results now. */
  | "inactive"
  /** No right, or passive checks are off. */
  | "refused"
  /** In the queue: a later run delivers it. */
  | "kept"
  /** Not delivered, and not kept. */
  | "lost";

export interface Outcome {
  readonly kind: OutcomeKind;
  /** What the target said, for people: one line. */
  readonly text: string;
  /** The same result may be delivered later: it is worth keeping. */
  readonly again?: true;
}

/**
 * The state of a program that has submitted a result: WARNING where it is on its way, CRITICAL where it does not arrive.
 *
 * @param proof whether it was asked for, so that `accepted` is not enough
 */
export function statusOf(kind: OutcomeKind, proof: boolean): Status {
  if (kind === "processed") return Status.OK;
  if (kind === "accepted") return proof ? Status.WARNING : Status.OK;
  return kind === "kept" ? Status.WARNING : Status.CRITICAL;
}
