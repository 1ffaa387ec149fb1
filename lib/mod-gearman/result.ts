import { formatField, formatTime, parseFields, parseTime } from "./fields.ts";

/** What a worker returns of a check. */
export interface CheckResult {
  readonly hostName: string;
  /** Empty for a host's check. */
  readonly serviceDescription: string;
  /** 0 to 3; NaN when the worker does not say. */
  readonly returnCode: number;
  /** Milliseconds since 1970 by the worker's clock; NaN when it does not say. */
  readonly startTime: number;
  readonly finishTime: number;
  /** Who ran it: `Mod-Gearman Worker @ host2`, or `(null)` for a check that was killed. */
  readonly source: string;
  /** Plain again: with line feeds. */
  readonly output: string;
}

/**
 * Reads the text of a result, of the C or of the Go worker.
 *
 * @returns undefined when it is none, such as after decrypting with another key
 */
export function parseResult(text: string): CheckResult | undefined {
  if (!isResultText(text)) return undefined;
  const fields = parseFields(text, "output");
  const hostName = fields.get("host_name");
  const returnCode = fields.get("return_code");
  if (hostName === undefined || returnCode === undefined) return undefined;
  return {
    hostName,
    serviceDescription: fields.get("service_description") ?? "",
    returnCode: /^-?\d+$/.test(returnCode) ? Number(returnCode) : Number.NaN,
    startTime: parseTime(fields.get("start_time")),
    finishTime: parseTime(fields.get("finish_time")),
    source: fields.get("source") ?? "",
    output: unescapeOutput((fields.get("output") ?? "").replace(/[\0\n]+$/, "")),
  };
}

/** Whether it starts as results do: C's with the host, Go's and send_gearman's with the type. */
export function isResultText(text: string): boolean {
  return /^(?:host_name|type)=/.test(text);
}

/**
 * The text of a result as the C worker writes it, ready to be encrypted.
 *
 * @throws Error naming the field that cannot be written
 */
export function formatResult(result: CheckResult): string {
  return [
    formatField("host_name", result.hostName),
    formatField("core_start_time", formatTime(result.startTime)),
    formatField("start_time", formatTime(result.startTime)),
    formatField("finish_time", formatTime(result.finishTime)),
    formatField("return_code", `${result.returnCode}`),
    formatField("exited_ok", "1"),
    formatField("source", result.source),
    result.serviceDescription === "" ? "" : formatField("service_description", result.serviceDescription),
    `output=${escapeOutput(result.output)}\n\n\n\n`,
  ].join("");
}

const escapeOutput = (output: string) => output.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

/** From left to right: a doubled backslash before an `n` is a backslash and an `n`. */
const unescapeOutput = (escaped: string) =>
  escaped.replace(/\\([\\n])/g, (_, char: string) => (char === "n" ? "\n" : "\\"));
