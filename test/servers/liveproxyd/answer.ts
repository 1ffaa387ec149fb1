/** A `fixed16` answer; the text of an error ends with a line feed, which counts. */
export function fixed16(code: number, body: string): string {
  return `${code} ${String(Buffer.byteLength(body)).padStart(11)}\n${body}`;
}

/** Length of the whole answer that `bytes` begin with, once its header is there. */
export function answerLength(bytes: Buffer): number | undefined {
  if (bytes.length < 16) return undefined;
  const length = /^\d{3} +(\d+)\n$/.exec(bytes.toString("latin1", 0, 16))?.[1];
  return length === undefined ? bytes.length : 16 + Number(length);
}
