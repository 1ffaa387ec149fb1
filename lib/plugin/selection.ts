import { list } from "./option.ts";

/** Whether a name matches. Runs in linear time whatever pattern and name are: a check stuck in a pattern cannot keep its deadline. */
export type Pattern = (name: string) => boolean;

/** A pattern that knows how it was written. */
export type WrittenPattern = Pattern & { readonly text: string };

/**
 * Reads a pattern for names: a glob in which `*` stands for any characters and `?` for one, matching the whole name; or,
 * after a `~`, an RE2 regular expression that matches anywhere in it.
 *
 * @throws Error naming a regular expression that RE2 does not accept
 */
export async function parsePattern(text: string): Promise<WrittenPattern> {
  const pattern = text.startsWith("~") ? await parseExpression(text.slice(1)) : globPattern(text);
  return Object.assign(pattern, { text });
}

/**
 * Reads an RE2 regular expression, unanchored. RE2 has no backreferences and no look-around, and needs linear time.
 *
 * @throws Error naming the expression and its fault
 */
export async function parseExpression(text: string): Promise<Pattern> {
  const compiled = await compile(text);
  return (name) => compiled.matcher(name).find();
}

/**
 * Reads an RE2 regular expression that has to match the whole of a name.
 *
 * @returns what gives the texts that its groups matched, empty for one that did not; undefined when it does not match
 * @throws Error naming the expression and its fault
 */
export async function parseGroups(text: string): Promise<(name: string) => readonly string[] | undefined> {
  const compiled = await compile(text);
  return (name) => {
    const matcher = compiled.matcher(name);
    if (!matcher.matches()) return undefined;
    return Array.from({ length: matcher.groupCount() }, (_, group) => matcher.group(group + 1) ?? "");
  };
}

async function compile(text: string) {
  const { RE2JS } = await import("re2js");
  try {
    return RE2JS.compile(text);
  } catch (cause) {
    throw new Error(`'${text}' is not an RE2 regular expression: ${(cause as Error).message}`, { cause });
  }
}

function globPattern(glob: string): Pattern {
  return (name) => {
    let at = 0;
    let position = 0;
    let star = -1;
    let resume = 0;
    while (position < name.length) {
      const char = glob[at];
      if (char === "*") {
        star = at++;
        resume = position;
      } else if (char !== undefined && (char === "?" || char === name[position])) {
        at++;
        position++;
      } else if (star >= 0) {
        // the last star takes one character more; earlier ones never need to be tried again
        at = star + 1;
        position = ++resume;
      } else {
        return false;
      }
    }
    while (glob[at] === "*") at++;
    return at === glob.length;
  };
}

/**
 * `--include` and `--exclude`, whose values {@link isSelected} takes.
 *
 * @param things what is selected, in the plural: `Queues`
 */
export function selectionOptions(section: string, things: string) {
  return {
    include: list({
      flags: "--include <pattern>",
      help: `${things} that match: a glob with * and ?, or an RE2 pattern after ~; repeatable.`,
      section,
      selects: true,
      parse: parsePattern,
    }),
    exclude: list({
      flags: "--exclude <pattern>",
      help: `Not the ${things.toLowerCase()} that match; repeatable.`,
      section,
      selects: true,
      parse: parsePattern,
    }),
  };
}

/** Whether a name is selected: any of `include` matches, or there are none, and none of `exclude`. */
export function isSelected(name: string, include: readonly Pattern[], exclude: readonly Pattern[]): boolean {
  return (
    (include.length === 0 || include.some((pattern) => pattern(name))) && !exclude.some((pattern) => pattern(name))
  );
}
