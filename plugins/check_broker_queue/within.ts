import { Controller, DeadlineError, Status } from "monitoring-plugins-ts";
import { HttpClient, type HttpOptions } from "monitoring-plugins-ts/http";

/** Asks by a client of its own for so long, and no longer than the signal of `options` lets it. */
export async function within<T>(
  seconds: number,
  options: HttpOptions,
  task: (http: HttpClient) => Promise<T>,
): Promise<T> {
  const outer = options.signal;
  const controller = new Controller();
  const stop = () => controller.abort(outer.reason);
  outer.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(
    () => controller.abort(new DeadlineError(Status.CRITICAL, Math.round(seconds * 10) / 10)),
    seconds * 1000,
  );
  const http = new HttpClient({ ...options, signal: controller.signal });
  try {
    return await task(http);
  } finally {
    http.close();
    clearTimeout(timer);
    outer.removeEventListener("abort", stop);
  }
}
