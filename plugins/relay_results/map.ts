import { parseGroups, readFile } from "monitoring-plugins-ts";
import type { RawResult } from "monitoring-plugins-ts/passive";

/** Gives a result the host and service that the core knows it by. */
export type Rename = (result: RawResult) => RawResult;

/** What stands between host and service, as in the names of Icinga 2's objects. */
const SEPARATOR = "!";

interface Rule {
  /** @returns what the parts in the pattern matched; undefined when it does not match */
  readonly match: (name: string) => readonly string[] | undefined;
  readonly host: string;
  /** Undefined makes a result of the host. */
  readonly service: string | undefined;
}

/**
 * Reads a file of `HOST!SERVICE = HOST!SERVICE`, a rule a line, of which the first that matches is taken; `#` begins a comment. To the left
 * a `*` stands for any characters but `!` and a `?` for one, or behind a `~` stands an RE2 expression for the whole; to the right `$1` to `$9`
 * stand for what they, or its groups, matched. Without `!` it is a host's result.
 *
 * @throws Error naming file and line
 */
export async function readMap(path: string): Promise<Rename> {
  const rules: Rule[] = [];
  for (const [index, line] of readFile(path).toString().split(/\r?\n/).entries()) {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    try {
      rules.push(await parseRule(text));
    } catch (cause) {
      throw new Error(`'${path}', line ${index + 1}: ${(cause as Error).message}`, { cause });
    }
  }
  return (result) => rename(result, rules);
}

async function parseRule(text: string): Promise<Rule> {
  const [, pattern, target] = /^(.+?)\s+=\s+(.+)$/.exec(text) ?? [];
  if (pattern === undefined || target === undefined) throw new Error(`'${text}' is not PATTERN = NAME`);
  const [host = "", service, more] = target.split(SEPARATOR);
  if (host === "" || service === "" || more !== undefined) throw new Error(`'${target}' is not HOST or HOST!SERVICE`);
  const expression = pattern.startsWith("~") ? pattern.slice(1) : globExpression(pattern);
  return { match: await parseGroups(expression), host, service };
}

const globExpression = (glob: string) =>
  glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, "([^!]*)")
    .replace(/\?/g, "([^!])");

function rename(result: RawResult, rules: readonly Rule[]): RawResult {
  const { host, service } = result;
  // what is no text is refused by whoever reads the result
  if (typeof host !== "string" || !(typeof service === "string" || service === undefined)) return result;
  const name = service === undefined ? host : `${host}${SEPARATOR}${service}`;
  for (const rule of rules) {
    const parts = rule.match(name);
    if (parts === undefined) continue;
    const insert = (text: string) => text.replace(/\$([1-9])/g, (_, digit: string) => parts[Number(digit) - 1] ?? "");
    return {
      ...result,
      host: insert(rule.host),
      service: rule.service === undefined ? undefined : insert(rule.service),
    };
  }
  return result;
}
