const NULL = 0;
const LINE_FEED = 10;
const RETURN = 13;

/** Header that says of a frame how long the body was that is not there any more. */
export const CUT = "relay-cut";

/** Longest header of a frame, in bytes: RabbitMQ's have a few hundred, and what a sender adds. */
const MAX_HEADER = 64 * 1024;

/**
 * Cuts the frames of a STOMP connection that are too large to their header, with {@link CUT} in it. The client keeps a frame byte
 * for byte in an array, 45 times its size; a connection that is dropped instead is sent the same frame again.
 */
export class FrameLimit {
  readonly #max: number;
  /** The beginning of a frame whose header, or whose body without a length, has not come to its end. */
  #begun: Buffer = Buffer.alloc(0);
  /** Bytes still to come of a body with a length, with the NUL behind it. */
  #left = 0;
  /** What comes is thrown away: so many bytes, or all up to a NUL. */
  #isDropping = false;
  #dropsToNull = false;

  /** @param max longest body, in bytes */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Takes what came, and gives what the client is to get of it.
   *
   * @throws Error when a header is too long
   */
  *take(chunk: Buffer): Iterable<Buffer> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#dropsToNull) rest = this.#dropToNull(rest);
      else if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        this.#left -= part.length;
        rest = rest.subarray(part.length);
        if (!this.#isDropping) yield part;
        if (this.#left === 0) this.#isDropping = false;
      } else if (this.#begun.length === 0 && isBetween(rest[0])) {
        const end = rest.findIndex((byte) => !isBetween(byte));
        const part = end < 0 ? rest : rest.subarray(0, end);
        rest = rest.subarray(part.length);
        yield part;
      } else {
        const begun = Buffer.concat([this.#begun, rest]);
        this.#begun = Buffer.alloc(0);
        rest = Buffer.alloc(0);
        const bodyAt = endOfHeader(begun);
        if (bodyAt === undefined) {
          if (begun.length > MAX_HEADER)
            throw new Error(`a frame whose header is longer than ${MAX_HEADER / 1024} KiB`);
          this.#begun = begun;
          return;
        }
        const header = begun.subarray(0, bodyAt);
        const length = contentLength(header);
        if (length === undefined) {
          const end = begun.indexOf(NULL, bodyAt);
          if (end < 0 && begun.length - bodyAt <= this.#max) {
            this.#begun = begun;
            return;
          }
          this.#dropsToNull = end < 0;
          const isTooLong = end < 0 || end - bodyAt > this.#max;
          yield isTooLong ? cut(header, begun.length - bodyAt) : begun.subarray(0, end + 1);
          if (end >= 0) rest = begun.subarray(end + 1);
        } else {
          this.#left = length + 1;
          this.#isDropping = length > this.#max;
          yield this.#isDropping ? cut(header, length) : header;
          rest = begun.subarray(bodyAt);
        }
      }
    }
  }

  #dropToNull(rest: Buffer): Buffer {
    const end = rest.indexOf(NULL);
    if (end < 0) return Buffer.alloc(0);
    this.#dropsToNull = false;
    return rest.subarray(end + 1);
  }
}

/** Between two frames: the NUL of the one before, and heart-beats. */
const isBetween = (byte: number | undefined) => byte === NULL || byte === LINE_FEED || byte === RETURN;

function endOfHeader(frame: Buffer): number | undefined {
  const ends = ["\n\n", "\n\r\n"].map((text) => ({ at: frame.indexOf(text), length: text.length }));
  const [first] = ends.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at);
  return first && first.at + first.length;
}

function contentLength(header: Buffer): number | undefined {
  const digits = /\ncontent-length:(\d+)\r?\n/.exec(header.toString("latin1"))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The frame without its body. Of a header that is there twice the first one counts. */
function cut(header: Buffer, length: number): Buffer {
  const feed = header.indexOf(LINE_FEED) + 1;
  const note = Buffer.from(`${CUT}:${length}\ncontent-length:0\n`);
  return Buffer.concat([header.subarray(0, feed), note, header.subarray(feed), Buffer.from([NULL])]);
}
