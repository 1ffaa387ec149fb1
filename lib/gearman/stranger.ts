import { CheckError } from "../plugin/error.ts";
import { Status } from "../plugin/status.ts";
import { excerpt } from "./name.ts";

/** The failure of a service that is something else: a mistake in the command line, no outage. */
export const notGearmand = (peer: string, why: string) =>
  new CheckError(Status.UNKNOWN, `${peer} is not a gearmand: ${why}`);

/** What binary bytes tell of a service that is no gearmand; undefined when they may be the start of a queue's line. */
export function recognizeBinary(start: string): string | undefined {
  // alert and handshake records of TLS 1.x, see RFC 8446, section 5.1
  if (start.startsWith("\x15\x03") || start.startsWith("\x16\x03")) return "it speaks TLS, use --tls";
  // a queue's name ends at its first NUL
  return start.includes("\0") ? quote(start) : undefined;
}

/** What a whole line tells, once it is known to be no queue's line. */
export function recognizeText(line: string): string | undefined {
  if (/^(?:HTTP\/|<!doctype html|<html)/i.test(line)) return "it speaks HTTP";
  if (line.startsWith("SSH-")) return "it speaks SSH";
  // Redis, POP3 and IMAP; SMTP and FTP greet with three digits
  return /^[-+*] ?(?:ERR|OK|BYE)\b|^\d{3}[ -]/.test(line) ? quote(line) : undefined;
}

function quote(bytes: string): string {
  return `'${excerpt(bytes.trimEnd())}'`;
}
