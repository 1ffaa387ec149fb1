// The binary protocol, small and apart from lib/gearman: what the library gets wrong must not look right here.

/** Packet types that workers, clients and the stand-in of the tests use. */
export const Type = {
  CAN_DO: 1,
  RESET_ABILITIES: 3,
  PRE_SLEEP: 4,
  NOOP: 6,
  SUBMIT_JOB: 7,
  JOB_CREATED: 8,
  GRAB_JOB: 9,
  NO_JOB: 10,
  JOB_ASSIGN: 11,
  WORK_STATUS: 12,
  WORK_COMPLETE: 13,
  WORK_FAIL: 14,
  ECHO_REQ: 16,
  ECHO_RES: 17,
  SUBMIT_JOB_BG: 18,
  ERROR: 19,
  SUBMIT_JOB_HIGH: 21,
  SET_CLIENT_ID: 22,
  WORK_EXCEPTION: 25,
  WORK_DATA: 28,
  WORK_WARNING: 29,
  SUBMIT_JOB_HIGH_BG: 32,
  SUBMIT_JOB_LOW: 33,
  SUBMIT_JOB_LOW_BG: 34,
} as const;

const HEADER = 12;

export interface Packet {
  readonly type: number;
  readonly body: Buffer;
}

/** One packet, its arguments joined by single NULs. */
export function packet(magic: "REQ" | "RES", type: number, ...args: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(
    args.flatMap((arg, i) => (i === 0 ? [Buffer.from(arg)] : [Buffer.of(0), Buffer.from(arg)])),
  );
  const header = Buffer.alloc(HEADER);
  header.write(`\0${magic}`, "latin1");
  header.writeUInt32BE(type, 4);
  header.writeUInt32BE(body.length, 8);
  return Buffer.concat([header, body]);
}

/** The body's `count` arguments; the last one keeps its NULs. */
export function splitBody(body: Buffer, count: number): Buffer[] {
  const args: Buffer[] = [];
  let from = 0;
  while (args.length < count - 1) {
    const end = body.indexOf(0, from);
    if (end < 0) break;
    args.push(body.subarray(from, end));
    from = end + 1;
  }
  args.push(body.subarray(from));
  return args;
}

/** Cuts a byte stream into packets and admin lines: a NUL begins a packet, anything else a line (without its LF). */
export class Splitter {
  #rest: Buffer = Buffer.alloc(0);

  *feed(chunk: Buffer): Generator<Packet | string> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const rest = this.#rest;
      if (rest[0] === 0) {
        const length = rest.length < HEADER ? Infinity : HEADER + rest.readUInt32BE(8);
        if (rest.length < length) return;
        this.#rest = rest.subarray(length);
        yield { type: rest.readUInt32BE(4), body: rest.subarray(HEADER, length) };
      } else {
        const end = rest.indexOf("\n");
        if (end < 0) return;
        this.#rest = rest.subarray(end + 1);
        yield rest.toString("utf8", 0, end).replace(/\r$/, "");
      }
    }
  }
}
