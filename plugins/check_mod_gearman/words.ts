import { counted, printable } from "monitoring-plugins-ts";
import { displayName } from "monitoring-plugins-ts/gearman";

import type { QueueFacts, ResultFacts, Stray, TripFacts } from "./facts.ts";

/** What a job's result must be. */
export interface Expectation {
  readonly expectCode: number;
  /** What the output must contain; undefined: the job's own token, or nothing for a command of the user's. */
  readonly expectText: string | undefined;
  /** Whether the job was to echo its token. */
  readonly echo: boolean;
}

/** Longest foreign text in a line, in characters. */
const LONGEST_SHOWN = 100;

/** Why no job was sent. */
export function unsentText(queue: QueueFacts): string {
  const { counts, withdrawn, heldBackSeconds, runningOnServer } = queue;
  if (counts === undefined || counts.worker === 0 || withdrawn === 0) return noWorkerText(queue);
  const { worker, waiting } = counts;
  const some = `: no job sent in ${seconds(heldBackSeconds)}, ${counted(worker, "worker")}, ${waitingText(waiting, withdrawn)}`;
  return waiting > withdrawn ? some : `${some}: ${blame(worker, runningOnServer)}`;
}

/** gearmand counts a withdrawn job until a worker asks for one. */
function waitingText(waiting: number, withdrawn: number): string {
  const jobs = `${counted(waiting, "job")} waiting`;
  if (withdrawn === 0) return jobs;
  const which = waiting > withdrawn ? `${withdrawn} of them` : waiting === 1 ? "it was" : "all of them";
  return `${jobs}, ${which} left by earlier checks`;
}

function blame(worker: number, running: number): string {
  if (running === 0) return worker === 1 ? "the worker hangs" : "the workers hang";
  return worker === 1 ? "the worker is busy, or hangs" : "the workers are busy, or hang";
}

function noWorkerText({ counts, withdrawn, confirmedSeconds, unconfirmedOf }: QueueFacts): string {
  const known = counts === undefined ? "not found, so it has no worker" : "has no worker";
  const since = confirmedSeconds >= 0.1 ? ` for ${confirmedSeconds.toFixed(1)} s` : "";
  const waiting = counts !== undefined && counts.waiting > 0 ? `, ${waitingText(counts.waiting, withdrawn)}` : "";
  const why = unconfirmedOf === undefined ? "" : `: -t leaves no time to see it for ${unconfirmedOf} s (--confirm)`;
  return ` ${known}${since}${waiting}: no job sent${why}`;
}

/**
 * On which leg a job was lost; of several reasons the likeliest first.
 *
 * @param heard whether servers for results were listened on
 */
export function lostText(
  trip: TripFacts,
  queue: QueueFacts,
  { stray, heard }: { readonly stray: Stray | undefined; readonly heard: boolean },
): string {
  if (trip.refusal !== undefined) return `job failed: ${excerpt(trip.refusal)}`;
  if (stray !== undefined) return strayText(stray);
  const time = seconds(trip.time);
  switch (trip.stage) {
    case "unconfirmed":
      return `the job server did not take the job in ${time}`;
    case "waiting": {
      const why = unfetchedText(queue);
      if (trip.deaths === 0) return `job not fetched in ${time}, ${why}`;
      const times = trip.deaths === 1 ? "" : ` ${trip.deaths} times`;
      return `worker died${times} with the job, which nobody fetched again in ${time}, ${why}`;
    }
    case "fetched": {
      const since = Number.isFinite(trip.wait) ? ` for ${seconds(trip.time - trip.wait)}` : "";
      const again = trip.deaths === 0 ? "" : ", another one died with it";
      return `job fetched, no result${since}: worker stuck, too slow or cut off${again}`;
    }
    case "ended":
      return heard
        ? `job fetched and ended, no result in ${time}: the worker has another key, sends results to a server not given, or is behind a Gearman-Proxy and did not take the job`
        : "job fetched and ended, no result: the worker has another key, or sends results to another server, such as the one behind a Gearman-Proxy (--result-server)";
  }
}

/** Who could have fetched a job, and what may keep them from it. */
function unfetchedText({ counts, trips, runningOnServer }: QueueFacts): string {
  if (counts === undefined) return "no worker left";
  const { worker, waiting } = counts;
  if (worker === 0) return `no worker left, ${counted(waiting, "job")} waiting`;
  const ours = trips.filter(({ stage }) => stage === "waiting").length;
  const workers = counted(worker, "worker");
  if (waiting > ours) return `${workers}, ${counted(waiting, "job")} waiting`;
  const running = runningOnServer === 0 ? "" : `, ${counted(runningOnServer, "job")} running`;
  return `${workers}${running}, no other job waiting: ${blame(worker, runningOnServer)}`;
}

export function strayText({ kind, server }: Stray): string {
  switch (kind) {
    case "unreadable":
      return `a result came over ${server} that cannot be decrypted: the key differs on the way back`;
    case "clear":
      return `a result came over ${server} without encryption`;
    case "foreign":
      return `a result came over ${server} that is not ours`;
  }
}

/** What is wrong with a job's result; of one that came twice, with either. */
export function wrongText({ token, results }: TripFacts, expectation: Expectation): string | undefined {
  for (const result of results) {
    const text = wrongResultText(result, token, expectation);
    if (text !== undefined) return text;
  }
  return undefined;
}

function wrongResultText(
  { code, output }: ResultFacts,
  token: string,
  { expectCode, expectText, echo }: Expectation,
): string | undefined {
  const said = `'${excerpt(output)}'`;
  if (code !== expectCode) return `return code ${codeText(code)} instead of ${expectCode}: ${said}`;
  const expected = echo ? token : expectText;
  if (expected === undefined || output.includes(expected)) return undefined;
  return `the output lacks ${echo ? "our token" : `'${printable(expected, LONGEST_SHOWN)}'`}: ${said}`;
}

export const codeText = (code: number) => (Number.isNaN(code) ? "missing" : `${code}`);

/** A failure's text names its server already, unless it comes from the deadline itself. */
export const withServer = (message: string, server: string) =>
  message.includes(server.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1")) ? message : `${server}: ${message}`;

export const seconds = (value: number) => `${value.toFixed(3)} s`;

/** The first line of foreign text, fit for a sentence: `;` becomes `:` in Nagios anyway. */
export function excerpt(text: ResultFacts["output"]): string {
  const [first = ""] = text.split("\n", 1);
  return printable(first.replaceAll(";", ","), LONGEST_SHOWN);
}

export const shown = (name: string) => printable(displayName(name).replaceAll(";", ","), LONGEST_SHOWN);
