import { hostname } from "node:os";

import { printable } from "../plugin/text.ts";
import { type Answer, ApiClient, type ApiOptions } from "./api-client.ts";
import { inOrder } from "./in-order.ts";
import type { Outcome } from "./outcome.ts";
import { objectKey, type PassiveResult } from "./result.ts";
import type { Target } from "./target.ts";

/** More requests at once make a core no faster. */
const MOST_UNDER_WAY = 16;

/** So long an object that was unknown is not asked for again: searching for what is not there slowed cores down before 2.16.4. */
const UNKNOWN_MS = 600_000;

/** So many unknown names are remembered: whoever sends them may invent any number. */
const MOST_UNKNOWN = 10_000;

/**
 * Icinga 2 by its API: `process-check-result`, each result to the object of its name. Nothing is connected before the first
 * one.
 */
export function openIcinga(options: Omit<ApiOptions, "connections">): Target {
  const client = new ApiClient({ ...options, connections: MOST_UNDER_WAY });
  const icinga = new Icinga(client, options.credentials.user);
  return {
    name: client.name,
    submit: inOrder((result, signal) => icinga.submit(result, signal), MOST_UNDER_WAY),
    close: () => client.close(),
  };
}

class Icinga {
  readonly #client: ApiClient;
  readonly #user: string;
  readonly #source = hostname();
  readonly #unknown = new Map<string, { readonly until: number; readonly outcome: Outcome }>();

  constructor(client: ApiClient, user: string) {
    this.#client = client;
    this.#user = user;
  }

  async submit(result: PassiveResult, signal: AbortSignal): Promise<Outcome> {
    // Icinga takes the first one for the end of the host's name: it would be another host's result
    if (result.host.includes("!")) return { kind: "unknown object", text: "no host of Icinga 2 has a '!' in its name" };
    const key = objectKey(result);
    const known = this.#unknown.get(key);
    if (known !== undefined && known.until > Date.now()) return known.outcome;
    this.#unknown.delete(key);
    const outcome = await this.#ask(result, signal);
    if (outcome.kind === "unknown object") {
      if (this.#unknown.size >= MOST_UNKNOWN) this.#unknown.clear();
      this.#unknown.set(key, { until: Date.now() + UNKNOWN_MS, outcome });
    }
    return outcome;
  }

  async #ask(result: PassiveResult, signal: AbortSignal): Promise<Outcome> {
    try {
      const answer = await this.#client.ask("/v1/actions/process-check-result", describe(result, this.#source), signal);
      return outcomeOf(answer, result, this.#user);
    } catch (error) {
      return { kind: "lost", text: (error as Error).message, again: true };
    }
  }
}

/** The body of a `process-check-result` for one object, by its name: a filter needs a right of its own since 2.14.9. */
function describe({ host, service, exitCode, output, perfdata, started, time }: PassiveResult, source: string) {
  return {
    ...(service === undefined ? { type: "Host", host } : { type: "Service", service: `${host}!${service}` }),
    // a host is up or down
    exit_status: service === undefined && exitCode > 0 ? 1 : exitCode,
    plugin_output: output,
    ...(perfdata === "" ? {} : { performance_data: perfdata }),
    check_source: source,
    // a core compares the start; without one, a result of the past would count as one of now
    execution_start: started ?? time,
    execution_end: time,
  };
}

/** What Icinga says of the one result: its code counts, where there is none that of the whole answer. */
function outcomeOf({ status: httpStatus, body }: Answer, result: PassiveResult, user: string): Outcome {
  const { code, status } = readBody(body);
  const what = result.service === undefined ? "host" : "service";
  const said = `${code ?? httpStatus}${status === "" ? "" : `: ${status}`}`;
  switch (code ?? httpStatus) {
    case 200:
      // an answer without a result is about no object, or not of Icinga
      return code === 200
        ? { kind: "accepted", text: "taken by Icinga 2, which is no proof" }
        : { kind: "lost", text: `the answer to it is none of Icinga 2: '${printable(body, 80)}'`, again: true };
    case 401:
      return { kind: "refused", text: `user ${user} or its password is wrong (401)`, again: true };
    case 404:
      return { kind: "unknown object", text: `no such ${what}, or user ${user} has no right to it (${said})` };
    case 409:
      return { kind: "older", text: `Icinga 2 has a newer one (${said})` };
    case 503:
      return { kind: "inactive", text: `the ${what} does not take it now (${said})`, again: true };
    default:
      return httpStatus >= 500 && code === undefined
        ? { kind: "lost", text: `Icinga 2 answers ${said}`, again: true }
        : { kind: "refused", text: `Icinga 2 answers ${said}` };
  }
}

interface Said {
  /** Undefined where the answer is not about a result. */
  readonly code: number | undefined;
  readonly status: string;
}

/** `{"results":[{"code","status"}]}`, or of the whole request `{"error","status"}`. */
function readBody(body: string): Said {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { code: undefined, status: "" };
  }
  const { results, status } = (parsed ?? {}) as { readonly results?: unknown; readonly status?: unknown };
  const first: unknown = Array.isArray(results) ? results[0] : undefined;
  if (typeof first !== "object" || first === null) return { code: undefined, status: words(status) };
  const { code, status: text } = first as { readonly code?: unknown; readonly status?: unknown };
  return { code: typeof code === "number" ? code : undefined, status: words(text) };
}

const words = (text: unknown) => (typeof text === "string" ? printable(text.trim(), 200).replace(/\.$/, "") : "");
