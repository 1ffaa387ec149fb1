/**
 * Job and result texts are lines `key=value`. A worker stops reading at the first line without `=` or with nothing behind
 * it, so what comes after would be lost.
 */

/** @throws Error naming the field whose value is empty or would end its line */
export function formatField(key: string, value: string): string {
  // a CR would become a part of the value, a NUL is the end of the text to C
  if (value === "" || /[\r\n\0]/.test(value)) throw new Error(`${key} must be one line, and not empty`);
  return `${key}=${value}\n`;
}

/**
 * Reads the lines up to the first that is no field, or up to `last`, which takes all the rest of the text.
 *
 * @returns the first value of each key
 */
export function parseFields(text: string, last?: string): Map<string, string> {
  const fields = new Map<string, string>();
  let start = 0;
  while (start < text.length) {
    const equals = text.indexOf("=", start);
    const feed = text.indexOf("\n", start);
    const lineEnd = feed < 0 ? text.length : feed;
    if (equals < 0 || equals > lineEnd) break;
    const key = text.slice(start, equals);
    const end = key === last ? text.length : lineEnd;
    if (!fields.has(key)) fields.set(key, text.slice(equals + 1, end));
    start = end + 1;
  }
  return fields;
}

/** Seconds since 1970 as Mod-Gearman writes them: with six decimals. */
export function formatTime(ms: number): string {
  return (ms / 1000).toFixed(6);
}

/** Milliseconds since 1970, exact to the microsecond; NaN for what is no time. */
export function parseTime(text: string | undefined): number {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Math.round(Number(text) * 1e6) / 1e3 : Number.NaN;
}
