import { patience } from "monitoring-plugins-ts";
import { HttpClient, type HttpOptions } from "monitoring-plugins-ts/http";

/** Asks by a client of its own for so long, and no longer than the signal of `options` lets it. */
export async function within<T>(
  seconds: number,
  options: HttpOptions,
  task: (http: HttpClient) => Promise<T>,
): Promise<T> {
  // as it is said
  const { signal, end } = patience(Math.round(seconds * 10) / 10, options.signal);
  const http = new HttpClient({ ...options, signal });
  try {
    return await task(http);
  } finally {
    http.close();
    end();
  }
}
