import { counted, type ProgramContext, printable, Status, worst } from "monitoring-plugins-ts";
import {
  type Left,
  type Outcome,
  type OutcomeKind,
  objectName,
  type PassiveResult,
  statusOf,
} from "monitoring-plugins-ts/passive";

/** What is counted: outcomes, and lines that were no results. */
type Counted = OutcomeKind | "no result";

/** In the order of printing. */
const ORDER: readonly Counted[] = [
  ...(["processed", "accepted", "kept", "older", "unknown object", "inactive", "refused", "lost"] as const),
  "no result",
];

/** Says what became of each result, and of all of them. */
export class Report {
  readonly #context: Pick<ProgramContext, "print">;
  readonly #isQuiet: boolean;
  readonly #proof: boolean;
  readonly #submitted = new Counts();
  readonly #queued = new Counts();
  #status: Status = Status.OK;
  #isRead = true;

  /** @param proof whether results were to be read back */
  constructor(context: Pick<ProgramContext, "print">, { isQuiet, proof }: { isQuiet: boolean; proof: boolean }) {
    this.#context = context;
    this.#isQuiet = isQuiet;
    this.#proof = proof;
  }

  /** The exit code: that of the worst so far. */
  get status(): Status {
    return this.#status;
  }

  outcome(result: PassiveResult, outcome: Outcome): void {
    this.#submitted.add(outcome.kind);
    this.#say(objectName(result), outcome);
  }

  /** What became of a result that was in the queue. @param result undefined for a file that was none */
  delivered(result: PassiveResult | undefined, outcome: Outcome): void {
    this.#queued.add(outcome.kind);
    this.#say(result === undefined ? "queue" : objectName(result), outcome);
  }

  /** A line of stdin that is no result. */
  noResult(line: number, why: string): void {
    this.#submitted.add("no result");
    this.#status = worst([this.#status, Status.UNKNOWN]);
    this.#print(`line ${line}: no result - ${why}`);
  }

  /** One line about all results of stdin. */
  summary(): void {
    const { sum, words } = this.#submitted;
    if (this.#isQuiet && this.#status === Status.OK && !this.#submitted.has("kept")) return;
    this.#print(`${counted(sum, "result")}${sum === 0 ? "" : `: ${words}`}`);
  }

  /** What has left the queue, and what it still has. */
  queue({ count, others }: Left, folder: string): void {
    if (count > 0) this.#status = worst([this.#status, statusOf("kept", this.#proof)]);
    const parts = [
      ...(this.#queued.sum === 0 ? [] : [`${this.#queued.words} from it`]),
      ...(count === 0 ? [] : [`${count} left`]),
      ...(others === 0 ? [] : [`${others} for other targets`]),
    ];
    if (parts.length > 0 && (!this.#isQuiet || this.#status !== Status.OK)) {
      this.#print(`queue ${folder}: ${parts.join(", ")}`);
    }
  }

  /** The queue cannot be read or tidied: nobody knows what is left in it. */
  queueFailed({ message }: Error, folder: string): void {
    this.#status = worst([this.#status, Status.CRITICAL]);
    this.#print(`queue ${folder}: ${message}`);
  }

  #say(name: string, { kind, text }: Outcome): void {
    // what is kept may be delivered before the end, see queue()
    const status = kind === "kept" ? Status.OK : statusOf(kind, this.#proof);
    this.#status = worst([this.#status, status]);
    if (!this.#isQuiet || status !== Status.OK || kind === "kept") this.#print(`${name}: ${kind} - ${text}`);
  }

  /** Once nobody reads any more, the results are submitted all the same. */
  #print(line: string): void {
    if (this.#isRead) this.#isRead = this.#context.print(`${printable(line)}\n`);
  }
}

class Counts {
  readonly #counts = new Map<Counted, number>();

  add(what: Counted): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  has(what: Counted): boolean {
    return this.#counts.has(what);
  }

  get sum(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** `3 accepted, 1 lost` */
  get words(): string {
    return ORDER.flatMap((what) => (this.has(what) ? [`${this.#counts.get(what)} ${what}`] : [])).join(", ");
  }
}
