import { DeadlineError } from "../plugin/error.ts";
import type { Signal } from "../plugin/signal.ts";
import { Status } from "../plugin/status.ts";

/** A signal that aborts with another one, or when the time is over; {@link end} it, or its timer keeps the process alive. */
export interface Patience {
  readonly signal: AbortSignal;
  end(): void;
}

/** `AbortSignal.any` and `AbortSignal.timeout` in one, which the first releases of Node 20 do not have. */
export function patience(seconds: number, outer?: Signal): Patience {
  const abort = new AbortController();
  const giveUp = () => abort.abort(outer?.reason);
  const timer = setTimeout(() => abort.abort(new DeadlineError(Status.CRITICAL, seconds)), seconds * 1000);
  outer?.addEventListener("abort", giveUp, { once: true });
  if (outer?.aborted) giveUp();
  return {
    signal: abort.signal,
    end() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", giveUp);
    },
  };
}
