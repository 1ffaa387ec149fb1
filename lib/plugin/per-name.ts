import type { Option } from "./option.ts";
import { parsePattern, type WrittenPattern } from "./selection.ts";

/** What is given for things of one name, or whose names match a pattern. */
interface Named<T> {
  readonly pattern: WrittenPattern;
  readonly value: T;
}

/** What an option says of many things: one value for all, and others for single names, written `NAME=VALUE`. */
export class PerName<T> {
  /** For every name that no other is for. */
  readonly others: T | undefined;
  readonly #named: readonly Named<T>[];

  constructor(others: T | undefined, named: readonly Named<T>[]) {
    this.others = others;
    // the last one counts, as of any option
    this.#named = named.toReversed();
  }

  /** The names that have one of their own. */
  get patterns(): readonly WrittenPattern[] {
    return this.#named.map(({ pattern }) => pattern);
  }

  /** What is given for a name: by the name itself, or else by a pattern. */
  of(name: string): T | undefined {
    const found =
      this.#named.find(({ pattern }) => pattern.text === name) ?? this.#named.find(({ pattern }) => pattern(name));
    return found === undefined ? this.others : found.value;
  }
}

interface Declaration<T> {
  readonly flags: string;
  readonly help: string;
  readonly section: string;
  readonly default?: string;
  /** Throws an Error that names the offending text. */
  readonly parse: (text: string) => T;
}

/** A repeatable option whose values are each for all names, or for one: `-w 500 -w check_results=50`. */
export function perName<T>({ parse, ...declaration }: Declaration<T>): Option<PerName<T>> {
  return {
    kind: "list",
    perName: true,
    ...declaration,
    read: (texts) => {
      const all = texts.findLast(isForAll) ?? declaration.default;
      const others = all === undefined ? undefined : parse(all);
      const named = texts.filter((text) => !isForAll(text));
      // awaited only when there is something to wait for
      if (named.length === 0) return new PerName(others, []);
      return Promise.all(named.map((text) => parseNamed(text, parse))).then((read) => new PerName(others, read));
    },
  };
}

/** Whether a value of such an option is without a name. */
export const isForAll = (text: string) => !text.includes("=");

async function parseNamed<T>(text: string, parse: (text: string) => T): Promise<Named<T>> {
  // a threshold has no "=", a name may have some
  const at = text.lastIndexOf("=");
  if (at === 0) throw new Error(`'${text}' has no name before the '='`);
  return { pattern: await parsePattern(text.slice(0, at)), value: parse(text.slice(at + 1)) };
}
