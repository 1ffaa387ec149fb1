import { DeadlineError } from "./error.ts";
import { Status } from "./status.ts";

/** Whether to give up, and why: what is needed here of an AbortSignal, and every AbortSignal has it. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Does what an AbortController does, whose parts Node would have to compile: a fiftieth of what a check takes. */
export class Controller {
  readonly #signal = new OwnSignal();

  get signal(): Signal {
    return this.#signal;
  }

  /** Tells all that listen, once. */
  abort(reason?: unknown): void {
    this.#signal.abort(reason);
  }
}

class OwnSignal implements Signal {
  aborted = false;
  reason: unknown;
  readonly #listeners = new Set<() => void>();

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}

/** Resolves after `ms` milliseconds, or when the signal aborts. */
export function sleep(ms: number, signal?: Signal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}

/** A signal with an end of its own. */
interface Patience {
  readonly signal: Signal;
  /** Neither waits nor listens any more: its timer would keep the process alive. */
  end(): void;
}

/** A signal that aborts with another one, or after so many seconds by a {@link DeadlineError} that is CRITICAL. {@link Patience.end} it. */
export function patience(seconds: number, outer?: Signal): Patience {
  const controller = new Controller();
  const giveUp = () => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(new DeadlineError(Status.CRITICAL, seconds)), seconds * 1000);
  outer?.addEventListener("abort", giveUp, { once: true });
  if (outer?.aborted) giveUp();
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", giveUp);
    },
  };
}
