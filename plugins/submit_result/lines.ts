/** Longest line, in bytes: a result of the largest size, with most of it escaped. */
export const MAX_LINE = 4 * 1024 * 1024;

const FEED = 0x0a;

/** One line of stdin. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined when it is longer than {@link MAX_LINE}. */
  readonly text: string | undefined;
}

/** The lines of a stream of bytes that are not empty. What is no UTF-8 becomes U+FFFD. */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const take = (): Line => {
    const text = length > MAX_LINE ? undefined : Buffer.concat(parts).toString().replace(/\r$/, "");
    parts = [];
    length = 0;
    return { number: ++number, text };
  };
  const add = (part: Buffer) => {
    length += part.length;
    if (length <= MAX_LINE) parts.push(part);
    else parts = [];
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let feed = chunk.indexOf(FEED); feed >= 0; feed = chunk.indexOf(FEED, start)) {
      add(chunk.subarray(start, feed));
      start = feed + 1;
      const line = take();
      if (line.text !== "") yield line;
    }
    add(chunk.subarray(start));
  }
  if (length > 0) yield take();
}
