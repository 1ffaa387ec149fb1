import { CheckError, type Context, Controller, DeadlineError, Status, sleep } from "monitoring-plugins-ts";
import {
  askWhile,
  countWithdrawn,
  Exchange,
  MOST_JOBS,
  markedUnique,
  type QueueStatus,
  randomUnique,
  type ServerStatus,
} from "monitoring-plugins-ts/gearman";
import { type Cipher, formatJob } from "monitoring-plugins-ts/mod-gearman";
import { endpointLabel, formatEndpoint, type TcpEndpoint } from "monitoring-plugins-ts/net";

import type { QueueFacts, ResultServerFacts, ServerFacts } from "./facts.ts";
import { isAbandoned, type Mailbox } from "./mailbox.ts";
import type { ProbeOrder } from "./order.ts";
import { Trip } from "./trip.ts";

/** Longest wait for the server's last words about jobs that are not done. */
const LAST_LOOK_MS = 200;

/** Longest wait for the counts before leaving; the rest of the time kept for that is for leaving. */
const RECOUNT_MS = 100;

/** Pauses between two looks at the jobs: none sees a quick worker, later ones cost the server little. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 250;

/** Queues of dead runs tidied up by one run. */
const MOST_ABANDONED = 20;

/** Pause between two looks at jobs that earlier runs withdrew. */
const HELD_BACK_PAUSE_MS = 250;

interface Target {
  readonly name: string;
  tokens: readonly string[];
  counts: QueueStatus | undefined;
  withdrawn: number;
  readonly trips: Trip[];
}

/** Whether a job of an earlier run waits there, before which a new one is not sent: it would be counted as well. */
const isHeldBack = ({ trips, counts, withdrawn }: Target) =>
  trips.length === 0 && (counts?.worker ?? 0) > 0 && withdrawn > 0;

/** The part of the probe that one server sees. */
export class ServerProbe {
  readonly #server: TcpEndpoint;
  readonly #order: ProbeOrder;
  readonly #mailbox: Mailbox;
  readonly #cipher: Cipher;
  readonly #context: Context;
  readonly #peer: string;
  readonly #targets: readonly Target[];
  readonly #life = new Controller();
  #exchange: Exchange | undefined;
  #offered = false;
  #launched = false;
  #gaveUp = false;
  readonly #timeIsUp: Promise<void>;
  #endTime: () => void = () => {};
  #confirmedSeconds = 0;
  #heldBackSeconds = 0;
  /** The newest look; the text protocol takes one question at a time. */
  #look: Promise<ServerStatus> | undefined;
  #running = 0;
  #failure: CheckError | undefined;

  constructor(server: TcpEndpoint, order: ProbeOrder, mailbox: Mailbox, cipher: Cipher, context: Context) {
    this.#server = server;
    this.#order = order;
    this.#mailbox = mailbox;
    this.#cipher = cipher;
    this.#context = context;
    this.#peer = formatEndpoint(server);
    this.#targets = order.queues.map((name) => ({ name, tokens: [], counts: undefined, withdrawn: 0, trips: [] }));
    this.#timeIsUp = new Promise((resolve) => {
      this.#endTime = resolve;
    });
    const { signal } = context;
    signal.addEventListener("abort", () => this.#abort(signal.reason), { once: true });
  }

  /** Never throws a CheckError: it is a fact about this server. */
  async run(): Promise<void> {
    try {
      await this.#launch();
      await Promise.all([this.#watch(), this.#sendHeldBack().then(() => this.#watch())]);
      // a result that came twice waits in the queue by now
      await this.drain();
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      this.#fail(error);
    }
  }

  /** `host:port` */
  get peer(): string {
    return this.#peer;
  }

  /** Whether results that come over this server are seen. */
  get isListening(): boolean {
    return this.#offered && this.#failure === undefined;
  }

  /** Takes what waits in the result queue by now; a server that hangs must not hold up the others' verdict. */
  async drain(): Promise<void> {
    await Promise.race([this.#exchange?.drain(), this.#timeIsUp]);
  }

  /** Ends all waiting: time is nearly over. */
  giveUp(): void {
    this.#gaveUp = true;
    this.#endTime();
    for (const trip of this.#trips()) trip.settle();
  }

  /** Finds out what hinders the jobs that are still out: the server, or that nobody fetched them. */
  async lastLook(): Promise<void> {
    const exchange = this.#exchange;
    const waiting = this.#trips().filter((trip) => trip.isWaiting);
    if (exchange === undefined || this.#failure !== undefined || !this.#gaveUp) return;
    if (this.#trips().length === 0 && !this.#targets.some(isHeldBack)) return;
    let alive = false;
    const echo = exchange.flush().then(() => {
      alive = true;
    });
    const ask = async () => {
      await this.#look;
      await echo;
      if (waiting.length === 0) return;
      const { queues } = await exchange.admin.status();
      this.#note(queues);
      const jobs = queues.reduce((sum, queue) => sum + queue.waiting + queue.running, 0);
      if (jobs > MOST_JOBS) return;
      const retries = new Map((await exchange.admin.jobs()).map((job) => [job.handle, job.retries]));
      for (const trip of waiting) trip.retried(retries.get(trip.pending ?? "") ?? 0);
    };
    // what is not learnt now is not said
    await Promise.race([ask().catch(() => {}), sleep(LAST_LOOK_MS)]);
    if (!alive)
      this.#fail(new CheckError(this.#context.late, `${this.#peer} does not answer any more while jobs are out`));
  }

  facts(): ServerFacts {
    return {
      server: this.#peer,
      label: endpointLabel(this.#server),
      failure: this.#failure,
      queues: this.#targets.map(
        ({ name, counts, withdrawn, trips }): QueueFacts => ({
          name,
          counts,
          withdrawn,
          heldBackSeconds: this.#heldBackSeconds,
          runningOnServer: this.#running,
          confirmedSeconds: this.#confirmedSeconds,
          unconfirmedOf: this.#confirmedSeconds < this.#order.confirmSeconds ? this.#order.confirmSeconds : undefined,
          trips: trips.map((trip) => trip.facts()),
        }),
      ),
    };
  }

  /** Of a server that is only listened on. */
  listenerFacts(): Omit<ResultServerFacts, "isExpected"> {
    const late = new CheckError(Status.WARNING, `no answer from ${this.#peer} in time`);
    return { server: this.#peer, failure: this.isListening ? undefined : (this.#failure ?? late) };
  }

  /** Takes everything back that would be left on the server. */
  async leave(): Promise<void> {
    await this.#recount();
    const jobs = this.#trips().flatMap(({ pending }) => pending ?? []);
    const deserted = this.#targets
      .filter(({ counts, withdrawn, trips }) => {
        const ours = withdrawn + trips.filter((trip) => trip.isWaiting).length;
        return ours > 0 && counts?.worker === 0 && counts.waiting <= ours;
      })
      .map(({ name }) => name);
    await this.#exchange?.leave({ jobs, deserted });
  }

  /** Stopped by a signal, the counts are those of the launch: the workers may have gone since. */
  async #recount(): Promise<void> {
    const exchange = this.#exchange;
    // before the launch is over, and at the last look, somebody else is asking on this connection
    if (exchange === undefined || !this.#launched || this.#gaveUp) return;
    if (!this.#trips().some((trip) => trip.isWaiting)) return;
    const ask = async () => {
      await this.#look;
      this.#note((await exchange.admin.status()).queues);
    };
    await Promise.race([ask().catch(() => {}), sleep(RECOUNT_MS)]);
  }

  #trips(): readonly Trip[] {
    return this.#targets.flatMap(({ trips }) => trips);
  }

  /**
   * A connection that holds our queue and jobs is still needed for taking them back, unless it is the one that does not
   * answer.
   */
  #abort(reason: unknown): void {
    if (!this.#offered || (!this.#launched && reason instanceof DeadlineError)) this.#life.abort(reason);
  }

  /** Before all jobs are sent somebody waits for the server's words, and knows better what was wrong with them. */
  #lose(failure: CheckError): void {
    if (this.#launched) this.#fail(failure);
  }

  #fail(failure: CheckError): void {
    this.#failure ??= failure;
    for (const trip of this.#trips()) trip.settle();
  }

  async #launch(): Promise<void> {
    const { connect, servers, resultServers, confirmSeconds } = this.#order;
    const { signal, log, now } = this.#context;
    if (signal.aborted) this.#life.abort(signal.reason);
    const exchange = await Exchange.open(
      this.#server,
      { ...connect, signal: this.#life.signal },
      { job: (job) => this.#mailbox.take(job, this.#peer), lost: (failure) => this.#lose(failure) },
    );
    this.#exchange = exchange;
    for (const target of this.#targets) {
      target.tokens = await Promise.all(Array.from({ length: this.#order.count }, () => randomUnique()));
    }
    const first = await this.#lookAt(exchange);
    log(`${this.#peer}: ${first.queues.length} queues in ${first.seconds.toFixed(3)} s`);
    for (const { name } of first.queues.filter((queue) => isAbandoned(queue, now())).slice(0, MOST_ABANDONED)) {
      log(`${this.#peer}: tidying up ${name}`);
      exchange.offer(name);
    }
    // a worker may send its result to another server than the one it got the job from
    if (servers.length + resultServers.length > 1) this.#offer(exchange);
    const start = process.uptime();
    const launchSome = () => {
      // nobody would wait for a job sent now
      if (this.#gaveUp) return false;
      this.#submitSome(exchange);
      return this.#targets.some((target) => target.trips.length === 0 && !isHeldBack(target));
    };
    await askWhile(launchSome, first, () => this.#lookAt(exchange), confirmSeconds, this.#context);
    this.#confirmedSeconds = process.uptime() - start;
    this.#launched = true;
  }

  /** Sends the jobs that were held back once no job of an earlier run waits any more: a worker fetches jobs again. */
  async #sendHeldBack(): Promise<void> {
    const exchange = this.#exchange;
    const start = process.uptime();
    while (exchange !== undefined && this.#targets.some(isHeldBack) && !this.#gaveUp && this.#failure === undefined) {
      // a run that waits here has its result queue, as one that has sent its jobs
      this.#offer(exchange);
      await Promise.race([sleep(HELD_BACK_PAUSE_MS), this.#timeIsUp]);
      if (!this.#gaveUp) await Promise.race([this.#lookAt(exchange), this.#timeIsUp]);
      if (!this.#gaveUp) this.#submitSome(exchange);
      this.#heldBackSeconds = process.uptime() - start;
    }
  }

  #lookAt(exchange: Exchange): Promise<ServerStatus> {
    const look = async () => {
      const status = await exchange.admin.status();
      const lacking = this.#targets.filter(({ trips }) => trips.length === 0).map(({ name }) => name);
      const withdrawn = await countWithdrawn(exchange, status.queues, (name) => lacking.includes(name));
      for (const target of this.#targets) target.withdrawn = withdrawn.get(target.name) ?? 0;
      this.#note(status.queues);
      return status;
    };
    const newest = look();
    // one that is not waited for any more may fail
    newest.catch(() => {});
    this.#look = newest;
    return newest;
  }

  #submitSome(exchange: Exchange): void {
    for (const target of this.#targets) {
      const { trips, counts, withdrawn } = target;
      if (trips.length === 0 && (counts?.worker ?? 0) > 0 && withdrawn === 0) this.#submit(exchange, target);
    }
  }

  #note(queues: readonly QueueStatus[]): void {
    this.#running = queues.reduce((sum, { running }) => sum + running, 0);
    for (const target of this.#targets) target.counts = queues.find(({ name }) => name === target.name);
  }

  #offer(exchange: Exchange): void {
    if (this.#offered) return;
    this.#offered = true;
    exchange.offer(this.#mailbox.queue);
  }

  #submit(exchange: Exchange, { name, tokens, trips }: Target): void {
    this.#offer(exchange);
    for (const token of tokens) {
      const trip = new Trip(token, this.#context.now(), this.#mailbox.copiesFrom);
      trips.push(trip);
      this.#mailbox.trips.push(trip);
      const payload = this.#cipher.seal(this.#jobText(name, token));
      exchange.submit(
        {
          queue: name,
          unique: markedUnique("check_mod_gearman", name, token),
          payload,
          priority: this.#order.priority,
        },
        {
          created: (handle) => trip.created(handle),
          refused: ({ message }) => trip.refuse(message),
          status: (status) => trip.status(status),
          ended: (result) => {
            trip.ended(result);
            this.#mailbox.review();
          },
        },
      );
    }
    this.#context.log(`${this.#peer}: ${tokens.length} jobs sent`);
  }

  #jobText(targetQueue: string, token: string): string {
    const { now, remainingMs } = this.#context;
    return formatJob({
      type: "service",
      resultQueue: this.#mailbox.queue,
      targetQueue,
      hostName: "check_mod_gearman",
      // comes back with the result, whatever the command says
      serviceDescription: token,
      coreTime: now(),
      // a command that hangs is killed, and its result sent, while somebody waits for it
      timeout: Math.max(1, Math.floor(remainingMs() / 1000) - 1),
      commandLine: this.#order.command ?? `/bin/echo ${token}`,
    });
  }

  /** Looks at the jobs until they are settled. */
  async #watch(): Promise<void> {
    const settled = Promise.all(this.#trips().map((trip) => trip.settled)).then(() => true);
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      if (await Promise.race([settled, sleep(pause).then(() => false)])) return;
      for (const trip of this.#trips()) {
        if (trip.pending === undefined) continue;
        trip.asked();
        this.#exchange?.askStatus(trip.pending);
      }
    }
  }
}
