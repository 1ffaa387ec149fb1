import { formatOutput, hostOrServiceCode } from "./output.ts";
import type { PassiveResult } from "./result.ts";

/**
 * A result as the external command of Nagios that submits it: `[time] PROCESS_SERVICE_CHECK_RESULT;host;service;code;text|perfdata`,
 * without the line feed at its end.
 *
 * @param maxBytes longest line; undefined for any
 */
export function formatCommand(
  result: PassiveResult,
  maxBytes?: number,
): { readonly line: string; readonly isCut: boolean } {
  const { host, service, time } = result;
  const command = service === undefined ? `HOST_CHECK_RESULT;${host}` : `SERVICE_CHECK_RESULT;${host};${service}`;
  const begin = `[${Math.floor(time)}] PROCESS_${command};${hostOrServiceCode(result)};`;
  const room = maxBytes === undefined ? undefined : maxBytes - Buffer.byteLength(begin);
  const { text, isCut } = formatOutput(result, room);
  return { line: begin + text, isCut };
}
