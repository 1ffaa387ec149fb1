import type { Submit } from "./in-order.ts";
import type { PassiveResult } from "./result.ts";

/** What a core shows of the object that a result is for. */
export type Seen =
  /** This very result. */
  | { readonly kind: "ours" }
  /** One that is newer. */
  | { readonly kind: "newer"; readonly text: string }
  /** None, or an older one. */
  | { readonly kind: "other"; readonly text: string }
  /** None, and the object takes none now: one that was accepted is dropped. */
  | { readonly kind: "inactive"; readonly text: string }
  /** No such object, to this reader. */
  | { readonly kind: "missing"; readonly text: string };

/** Reads back. @throws Error, its message for people, when the core does not tell */
export type LookUp = (result: PassiveResult, signal: AbortSignal) => Promise<Seen>;

/** Between two looks: a core that is far away, or reads a file now and then, needs some time. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/** How a result is proven. */
export interface Proof {
  readonly lookUp: LookUp;
  /** How long the core is looked at. */
  readonly seconds: number;
  /** The outcome where the core does not show such an object. */
  readonly missing: "accepted" | "unknown object";
  /** Whether it is the core itself that is asked: when it does not answer, it has ended, and what it took last may be lost. */
  readonly isCore: boolean;
}

/** Submits, and looks until the core shows the result. */
export function proven(submit: Submit, { lookUp, seconds, missing, isCore }: Proof): Submit {
  return async (result, signal, redelivered) => {
    if (redelivered) {
      const seen = await look(lookUp, result, signal);
      if (seen.kind === "ours") return { kind: "processed", text: "read back: it was there already" };
      // Nagios and Naemon would take it, and the state go back
      if (seen.kind === "newer") return { kind: "older", text: seen.text };
    }
    const outcome = await submit(result, signal);
    if (outcome.kind !== "accepted") return outcome;
    const end = performance.now() + seconds * 1000;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const seen = await look(lookUp, result, signal);
      if (seen.kind === "ours") return { kind: "processed", text: "read back" };
      if (seen.kind === "newer") return { kind: "older", text: seen.text };
      if (seen.kind === "inactive") return { kind: "inactive", text: seen.text, again: true };
      const left = end - performance.now();
      if (seen.kind === "missing") return { kind: missing, text: seen.text };
      if (left <= 0 || signal.aborted) {
        const text = `not proven: ${seen.text}`;
        return seen.kind === "silent" && isCore ? { kind: "lost", text, again: true } : { kind: "accepted", text };
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)));
    }
  };
}

/** Nobody tells. */
interface Silence {
  readonly kind: "silent";
  readonly text: string;
}

async function look(lookUp: LookUp, result: PassiveResult, signal: AbortSignal): Promise<Seen | Silence> {
  try {
    return await lookUp(result, signal);
  } catch (error) {
    return { kind: "silent", text: (error as Error).message };
  }
}
