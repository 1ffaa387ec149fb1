import { parseJson } from "../plugin/json.ts";
import { printable } from "../plugin/text.ts";
import { type PassiveResult, toResult } from "./result.ts";

/**
 * Reads a result in JSON: `{"host", "service", "exit_code", "output", "perfdata", "time"}`; further keys are passed over.
 * Without `service` it is of the host, without `perfdata` that is behind a bar in the output, without `time` it is of now.
 *
 * @param now seconds since 1970
 * @throws Error naming the text that cannot be used
 */
export function parseJsonResult(text: string, now: number): PassiveResult {
  const parsed = parseJson(text);
  if (parsed === undefined) throw new Error(`'${printable(text, 80)}' is no JSON, or nested too deeply`);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new Error(`'${printable(text, 80)}' is no object in JSON`);
  }
  const fields = parsed as Record<string, unknown>;
  const own = (key: string) => (Object.hasOwn(fields, key) ? fields[key] : undefined);
  const raw = {
    host: own("host"),
    service: own("service"),
    exitCode: own("exit_code"),
    output: own("output"),
    perfdata: own("perfdata"),
    time: own("time"),
  };
  if (raw.exitCode === undefined) throw new Error("no exit_code");
  return toResult(raw, now);
}

/**
 * Reads a line as send_nsca takes it: host, service, exit code, output, or of a host: host, exit code, output; TABs between
 * them. In the output `\n` is a line feed and `\\` a backslash.
 *
 * @param now seconds since 1970
 * @throws Error naming the text that cannot be used
 */
export function parseTabbedResult(line: string, now: number): PassiveResult {
  const [host, second, third, ...rest] = line.split("\t");
  if (second === undefined || third === undefined) {
    throw new Error(`'${printable(line, 80)}' is no host, service, exit code and output with TABs between them`);
  }
  // a result of a host whose output has TABs, unless a service is called by a number and has an exit code
  const isHost = rest.length === 0 || (isCode(second) && !isCode(third));
  if (isHost) return toResult({ host, exitCode: second, output: unescaped([third, ...rest].join("\t")) }, now);
  return toResult({ host, service: second, exitCode: third, output: unescaped(rest.join("\t")) }, now);
}

/** Reads a line of either form: JSON begins with a brace. @throws Error naming the text that cannot be used */
export function parseResultLine(line: string, now: number): PassiveResult {
  return line.startsWith("{") ? parseJsonResult(line, now) : parseTabbedResult(line, now);
}

const isCode = (text: string) => /^-?\d+$/.test(text);

/** From left to right: a doubled backslash before an `n` is a backslash and an `n`. */
const unescaped = (escaped: string) =>
  escaped.replaceAll(/\\([\\n])/g, (_, char: string) => (char === "n" ? "\n" : "\\"));
