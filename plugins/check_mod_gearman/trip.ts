import type { JobResult, JobStatus } from "monitoring-plugins-ts/gearman";
import type { CheckResult } from "monitoring-plugins-ts/mod-gearman";

import type { ResultFacts, TripFacts } from "./facts.ts";

/** How long the second half of an answer may stay behind the first: the Go worker sends results after it ends the job. */
const GRACE_MS = 2000;

/** How long a copy of a result may stay behind the first one: a worker sends them one after the other. */
const COPY_GRACE_MS = 1000;

/** One job while it is on its way. */
export class Trip {
  readonly token: string;
  /** Resolves when nothing more is expected. */
  readonly settled: Promise<void>;
  #settle: () => void = () => {};
  readonly #submitted = process.uptime() * 1000;
  /** The same moment by the clock, which a worker's times are compared with. */
  readonly #submittedAt: number;
  readonly #copiesFrom: ReadonlySet<string>;
  #handle: string | undefined;
  #stage: TripFacts["stage"] = "unconfirmed";
  #refusal: string | undefined;
  #deaths = 0;
  /** A worker took it after this and before that, in milliseconds since it was submitted. */
  #notTakenAt = 0;
  #takenBy = Number.POSITIVE_INFINITY;
  #askedAt = 0;
  #time: number | undefined;
  #first: CheckResult | undefined;
  readonly #results: ResultFacts[] = [];
  #grace: NodeJS.Timeout | undefined;
  #graceMs: number | undefined;
  #over = false;

  /** @param copiesFrom servers over which a copy of the result may come, or the only result */
  constructor(token: string, now: number, copiesFrom: ReadonlySet<string>) {
    this.token = token;
    this.#copiesFrom = copiesFrom;
    this.#submittedAt = now;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** The job's handle while the server has the job. */
  get pending(): string | undefined {
    return this.#stage === "waiting" || this.#stage === "fetched" ? this.#handle : undefined;
  }

  /** Whether no worker has it, as far as anybody knows. */
  get isWaiting(): boolean {
    return this.#stage === "waiting";
  }

  /** Whether a worker says it is done, and no result has come. */
  get lacksResult(): boolean {
    return this.#stage === "ended" && this.#refusal === undefined && this.#first === undefined;
  }

  created(handle: string): void {
    this.#handle = handle;
    this.#stage = "waiting";
  }

  refuse(reason: string): void {
    this.#refusal = reason;
    this.settle();
  }

  asked(): void {
    this.#askedAt = this.#elapsed();
  }

  status({ known, running }: JobStatus): void {
    if (!known || this.#stage === "ended") return;
    if (running) {
      this.#takenBy = Math.min(this.#takenBy, this.#elapsed());
    } else {
      if (this.#stage === "fetched") this.#deaths++;
      this.#notTakenAt = this.#askedAt;
      this.#takenBy = Number.POSITIVE_INFINITY;
    }
    this.#stage = running ? "fetched" : "waiting";
  }

  /** The server's own count of the workers that went away with the job. */
  retried(retries: number): void {
    this.#deaths = Math.max(this.#deaths, retries);
  }

  ended(result: JobResult): void {
    this.#stage = "ended";
    this.#takenBy = Math.min(this.#takenBy, this.#elapsed());
    if (result.state === "fail") this.#refusal = "the worker could not read it (WORK_FAIL)";
    if (result.state === "exception") this.#refusal = `the worker threw an exception: ${result.text}`;
    if (this.#refusal === undefined) this.#waitForTheRest();
    else this.settle();
  }

  result(result: CheckResult, server: string): void {
    if (this.#first === undefined) {
      this.#first = result;
      // even if nobody waited for it any more
      this.#time = this.#elapsed();
    }
    const { returnCode: code, output, source } = result;
    this.#results.push({ server, code, output, source });
    this.#waitForTheRest();
  }

  settle(): void {
    clearTimeout(this.#grace);
    this.#over = true;
    this.#time ??= this.#elapsed();
    this.#settle();
  }

  facts(): TripFacts {
    const time = this.#time ?? this.#elapsed();
    return {
      token: this.token,
      stage: this.#stage,
      refusal: this.#refusal,
      deaths: this.#deaths,
      time: time / 1000,
      ...this.#legs(time),
      results: this.#results,
    };
  }

  #waitForTheRest(): void {
    if (this.#first === undefined) {
      // a proxy ends the job as soon as the server behind it has it: the result may take all the time there is
      if (this.#copiesFrom.size === 0) this.#settleIn(GRACE_MS);
    } else if (this.#stage !== "ended") {
      this.#settleIn(GRACE_MS);
    } else {
      const servers = new Set(this.#results.map(({ server }) => server));
      const lacksCopy = [...this.#copiesFrom].some((server) => !servers.has(server));
      if (lacksCopy) this.#settleIn(COPY_GRACE_MS);
      else this.settle();
    }
  }

  #settleIn(ms: number): void {
    if (this.#over || this.#graceMs === ms) return;
    clearTimeout(this.#grace);
    this.#graceMs = ms;
    this.#grace = setTimeout(() => this.settle(), ms);
  }

  #elapsed(): number {
    return process.uptime() * 1000 - this.#submitted;
  }

  /**
   * The three parts of the trip. How long the command ran only the worker knows. When it began is known by the worker's
   * clock, which may differ from ours, but not before the job was last seen waiting nor after it was first seen running.
   */
  #legs(time: number): Pick<TripFacts, "wait" | "run" | "return"> {
    const unknown = { run: Number.NaN, return: Number.NaN };
    if (this.#first === undefined) {
      if (this.#stage === "waiting") return { wait: time / 1000, ...unknown };
      return { wait: this.#takenBy === Number.POSITIVE_INFINITY ? Number.NaN : this.#takenBy / 1000, ...unknown };
    }
    const { startTime, finishTime } = this.#first;
    const ran = finishTime - startTime;
    if (!Number.isFinite(ran)) {
      return { wait: this.#takenBy === Number.POSITIVE_INFINITY ? Number.NaN : this.#takenBy / 1000, ...unknown };
    }
    const run = clamp(ran, 0, time);
    const latest = Math.min(this.#takenBy, time - run);
    const wait = clamp(startTime - this.#submittedAt, Math.min(this.#notTakenAt, latest), latest);
    return { wait: wait / 1000, run: run / 1000, return: (time - run - wait) / 1000 };
  }
}

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
