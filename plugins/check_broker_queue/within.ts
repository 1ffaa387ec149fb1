import { Controller, DeadlineError, type Signal, Status } from "monitoring-plugins-ts";

/** Runs a task that may take so long, and no longer than `outer` lets it. */
export async function within<T>(seconds: number, outer: Signal, task: (signal: Signal) => Promise<T>): Promise<T> {
  const controller = new Controller();
  const stop = () => controller.abort(outer.reason);
  outer.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(
    () => controller.abort(new DeadlineError(Status.CRITICAL, Math.round(seconds * 10) / 10)),
    seconds * 1000,
  );
  try {
    return await task(controller.signal);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", stop);
  }
}
