/** Different things counted at most, unless told otherwise. */
const MOST_KEYS = 4096;

/**
 * Counts how often things come, in bounded memory. When too many different ones came, those seen only once are forgotten:
 * what comes again and again stays, and its count is at worst a little low.
 */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #most: number;
  #complete = true;
  /** Nothing is left to forget, and counts only grow. */
  #full = false;

  constructor(most = MOST_KEYS) {
    this.#most = most;
  }

  /** False once something was forgotten. */
  get complete(): boolean {
    return this.#complete;
  }

  add(key: string): void {
    const count = this.#counts.get(key);
    if (count !== undefined) this.#counts.set(key, count + 1);
    else if (!this.#full && (this.#counts.size < this.#most || this.#forget())) this.#counts.set(key, 1);
  }

  /** The most frequent ones, by count, then by name. */
  top(length: number): readonly (readonly [key: string, count: number])[] {
    return [...this.#counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, length);
  }

  /** Whether there is room now. */
  #forget(): boolean {
    this.#complete = false;
    for (const [key, count] of this.#counts) if (count === 1) this.#counts.delete(key);
    this.#full = this.#counts.size >= this.#most;
    return !this.#full;
  }
}
