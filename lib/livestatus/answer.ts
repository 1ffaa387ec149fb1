import { printable } from "../plugin/text.ts";

/** Length of the `fixed16` header: three digits, a blank, the body's length in eleven places, a line feed. */
export const HEADER_BYTES = 16;

/** The header of an answer. */
export interface AnswerHeader {
  /** 200, or what went wrong. */
  readonly code: number;
  /** Length of the body that follows, in bytes. */
  readonly length: number;
}

/** Reads a `fixed16` header; undefined when the bytes are something else. */
export function parseHeader(bytes: Buffer): AnswerHeader | undefined {
  const match = /^(\d{3}) +(\d+)\n$/.exec(bytes.toString("latin1", 0, HEADER_BYTES));
  return match === null ? undefined : { code: Number(match[1]), length: Number(match[2]) };
}

/** Whether bytes that came so far may still become a header. */
export function mayBecomeHeader(bytes: Buffer): boolean {
  return /^(?:\d{0,3}|\d{3} [ \d]*\n?)$/.test(bytes.toString("latin1", 0, HEADER_BYTES));
}

/** Longest text taken over from a peer, in characters: Icinga appends a stack trace to its errors. */
const LONGEST = 200;

/** The first line of what a peer said, fit for a sentence; empty when it said nothing readable. */
export function firstLine(text: string): string {
  return printable(text.trimStart().replace(/[\r\n].*/s, ""), LONGEST)
    .replaceAll(";", ",")
    .trim();
}

/** The rows of a JSON body; undefined unless it is an array of arrays. */
export function parseRows(body: string): readonly (readonly unknown[])[] | undefined {
  try {
    const rows: unknown = JSON.parse(body);
    return Array.isArray(rows) && rows.every((row) => Array.isArray(row)) ? rows : undefined;
  } catch {
    return undefined;
  }
}

/** A cell that is a finite number; servers answer `null` or `""` for columns they do not have. */
export function numberCell(cell: unknown): number | undefined {
  return typeof cell === "number" && Number.isFinite(cell) ? cell : undefined;
}

/** A cell that is a number above 0, such as a time. */
export function positiveCell(cell: unknown): number | undefined {
  const value = numberCell(cell);
  return value !== undefined && value > 0 ? value : undefined;
}

/** A cell that counts something. */
export function countCell(cell: unknown): number | undefined {
  const value = numberCell(cell);
  return Number.isSafeInteger(value) && (value as number) >= 0 ? value : undefined;
}

/** A cell that is a text with something in it. */
export function textCell(cell: unknown): string | undefined {
  return typeof cell === "string" && cell !== "" ? cell : undefined;
}
