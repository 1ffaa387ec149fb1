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
