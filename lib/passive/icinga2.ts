import { hostname } from "node:os";

import { parseJson } from "../plugin/json.ts";
import { printable } from "../plugin/text.ts";
import { type Answer, ApiClient, type ApiOptions } from "./api-client.ts";
import { inOrder, type Submit } from "./in-order.ts";
import type { Outcome } from "./outcome.ts";
import { hostOrServiceCode } from "./output.ts";
import { type LookUp, proven, type Seen } from "./proof.ts";
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
 *
 * @param proof each result is read back
 */
export function openIcinga(options: Omit<ApiOptions, "connections">, proof: boolean): Target {
  const client = new ApiClient({ ...options, connections: MOST_UNDER_WAY });
  const icinga = new Icinga(client, options.credentials.user);
  const submit: Submit = (result, signal) => icinga.submit(result, signal);
  const lookUp: LookUp = (result, signal) => icinga.lookUp(result, signal);
  return {
    name: client.name,
    submit: inOrder(
      proof ? proven(submit, { lookUp, seconds: options.seconds, missing: "accepted", isCore: true }) : submit,
      MOST_UNDER_WAY,
    ),
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
    if (known !== undefined && known.until > performance.now()) return known.outcome;
    this.#unknown.delete(key);
    const outcome = await this.#ask(result, signal);
    if (outcome.kind === "unknown object") {
      if (this.#unknown.size >= MOST_UNKNOWN) this.#unknown.clear();
      this.#unknown.set(key, { until: performance.now() + UNKNOWN_MS, outcome });
    }
    return outcome;
  }

  async lookUp(result: PassiveResult, signal: AbortSignal): Promise<Seen> {
    const { host, service } = result;
    const name = encodeURIComponent(service === undefined ? host : `${host}!${service}`);
    const path = `/v1/objects/${service === undefined ? "hosts" : "services"}/${name}?attrs=last_check_result&attrs=active`;
    return compare(await this.#client.ask(path, undefined, signal), result, this.#user);
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

/** Half of what a time loses as a double in JSON. */
const SAME_TIME = 0.001;

/** The last result as Icinga shows it, `null` before the first. */
function compare(answer: Answer, result: PassiveResult, user: string): Seen {
  const right = `objects/query/${result.service === undefined ? "Host" : "Service"}`;
  if (answer.status === 404 || answer.status === 403) {
    return { kind: "missing", text: `not proven: user ${user} has no right to read it back (${right})` };
  }
  if (answer.status !== 200) throw new Error(`not read back: Icinga 2 answers ${answer.status}`);
  const { last, isActive } = readObject(answer.body);
  const isOurs =
    last !== null && Math.abs(last.execution_end - result.time) < SAME_TIME && last.output === result.output;
  if (isOurs) return { kind: "ours" };
  // up to 2.13 it says 200 all the same, as of every object while it shuts down
  if (!isActive) return { kind: "inactive", text: "Icinga 2 has dropped it: the object is not active" };
  if (last === null) return { kind: "other", text: "Icinga 2 has no result of it" };
  const of = `of ${new Date(last.execution_end * 1000).toISOString()}`;
  return last.execution_start > (result.started ?? result.time)
    ? { kind: "newer", text: `Icinga 2 has a newer one, ${of}` }
    : { kind: "other", text: `Icinga 2 shows the one ${of}` };
}

interface LastResult {
  readonly execution_start: number;
  readonly execution_end: number;
  readonly output: string;
}

/** @returns the last result, null before the first @throws Error when the answer is none of Icinga 2 */
function readObject(body: string): { readonly last: LastResult | null; readonly isActive: boolean } {
  const { results } = (parseJson(body) ?? {}) as { readonly results?: unknown };
  const { attrs } = ((Array.isArray(results) ? results[0] : undefined) ?? {}) as { readonly attrs?: unknown };
  const { last_check_result: last, active } = (attrs ?? {}) as Readonly<Record<string, unknown>>;
  const isActive = active !== false;
  if (last === null) return { last, isActive };
  const { execution_start, execution_end, output } = (last ?? {}) as Partial<LastResult>;
  if (typeof execution_start !== "number" || typeof execution_end !== "number" || typeof output !== "string") {
    throw new Error(`not read back: the answer is none of Icinga 2: '${printable(body, 80)}'`);
  }
  return { last: { execution_start, execution_end, output }, isActive };
}

/** The body of a `process-check-result` for one object, by its name: a filter needs a right of its own since 2.14.9. */
function describe(result: PassiveResult, source: string) {
  const { host, service, output, perfdata, started, time } = result;
  return {
    ...(service === undefined ? { type: "Host", host } : { type: "Service", service: `${host}!${service}` }),
    exit_status: hostOrServiceCode(result),
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
  const { results, status } = (parseJson(body) ?? {}) as { readonly results?: unknown; readonly status?: unknown };
  const first: unknown = Array.isArray(results) ? results[0] : undefined;
  if (typeof first !== "object" || first === null) return { code: undefined, status: words(status) };
  const { code, status: text } = first as { readonly code?: unknown; readonly status?: unknown };
  return { code: typeof code === "number" ? code : undefined, status: words(text) };
}

const words = (text: unknown) => (typeof text === "string" ? printable(text.trim(), 200).replace(/\.$/, "") : "");
