import { type ProgramContext, printable, Status, worst } from "monitoring-plugins-ts";
import {
  type Outcome,
  type OutcomeKind,
  objectName,
  type PassiveResult,
  statusOf,
} from "monitoring-plugins-ts/passive";

/** What is counted at the end: outcomes, and lines that were no results. */
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
  readonly #counts = new Map<Counted, number>();
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

  outcome(result: PassiveResult, { kind, text }: Outcome): void {
    this.#count(kind, statusOf(kind, this.#proof), `${objectName(result)}: ${kind} - ${text}`);
  }

  /** A line of stdin that is no result. */
  noResult(line: number, why: string): void {
    this.#count("no result", Status.UNKNOWN, `line ${line}: no result - ${why}`);
  }

  /** One line about all of them. */
  summary(): void {
    const all = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    const counts = ORDER.flatMap((what) => (this.#counts.has(what) ? [`${this.#counts.get(what)} ${what}`] : [])).join(
      ", ",
    );
    const line = `${all} ${all === 1 ? "result" : "results"}${counts === "" ? "" : `: ${counts}`}`;
    if (!this.#isQuiet || this.#status !== Status.OK) this.#print(line);
  }

  #count(what: Counted, status: Status, line: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
    this.#status = worst([this.#status, status]);
    if (!this.#isQuiet || status !== Status.OK) this.#print(line);
  }

  /** Once nobody reads any more, the results are submitted all the same. */
  #print(line: string): void {
    if (this.#isRead) this.#isRead = this.#context.print(`${printable(line)}\n`);
  }
}
