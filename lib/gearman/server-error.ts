import { CheckError } from "../plugin/error.ts";
import type { Status } from "../plugin/status.ts";
import { excerpt } from "./name.ts";

/** What the job server itself objects to: an ERROR packet, or an `ERR` line of the text protocol. */
export class ServerError extends CheckError {
  /** Such as `QUEUE_ERROR` or `UNKNOWN_JOB`; empty where the server gives a sentence only. */
  readonly code: string;
  /** For people; it differs between servers. */
  readonly text: string;

  constructor(status: Status, what: string, { code, text }: { readonly code: string; readonly text: string }) {
    const words = code === "" ? excerpt(text, 200) : text === "" ? code : `${code} (${excerpt(text, 200)})`;
    super(status, `${what}: ${words}`);
    this.code = code;
    this.text = text;
  }
}

/** Reads `ERR CODE text+with+plus+signs`, or `ERR some words`; undefined when the line is no error. */
export function parseErrorLine(line: string): { code: string; text: string } | undefined {
  const [, code = "", text] = /^ERR (?:([A-Z_]+)(?: |$))?(.*)$/s.exec(line) ?? [];
  return text === undefined ? undefined : { code, text: text.replaceAll("+", " ") };
}
