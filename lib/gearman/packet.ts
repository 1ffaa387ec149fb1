/**
 * Packet types of the binary protocol, by the names and numbers of Gearman's protocol document.
 */
export const PacketType = {
  CAN_DO: 1,
  CANT_DO: 2,
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
  GET_STATUS: 15,
  ECHO_REQ: 16,
  ECHO_RES: 17,
  SUBMIT_JOB_BG: 18,
  ERROR: 19,
  STATUS_RES: 20,
  SUBMIT_JOB_HIGH: 21,
  SET_CLIENT_ID: 22,
  WORK_EXCEPTION: 25,
  OPTION_REQ: 26,
  OPTION_RES: 27,
  WORK_DATA: 28,
  WORK_WARNING: 29,
  GRAB_JOB_UNIQ: 30,
  JOB_ASSIGN_UNIQ: 31,
  SUBMIT_JOB_HIGH_BG: 32,
  SUBMIT_JOB_LOW: 33,
  SUBMIT_JOB_LOW_BG: 34,
  GET_STATUS_UNIQUE: 41,
  STATUS_RES_UNIQUE: 42,
} as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** What the server sends in the binary protocol. */
export interface Packet {
  readonly kind: "packet";
  /** One of {@link PacketType}, or a number of a newer server. */
  readonly type: number;
  readonly body: Buffer;
}

/** Magic, type and body length, four bytes each. */
export const HEADER_LENGTH = 12;

const REQUEST = Buffer.from("\0REQ", "latin1");

/** The protocol's name of a packet type, or its number. */
export function packetName(type: number): string {
  return Object.entries(PacketType).find(([, number]) => number === type)?.[0] ?? `packet type ${type}`;
}

/**
 * A packet to the server: the arguments joined by NULs, none after the last.
 *
 * @param args text as byte strings; only the last one may hold NULs
 * @throws Error when an argument would be cut, or is text that is no byte string.
 */
export function encodePacket(type: PacketType, args: readonly (string | Uint8Array)[] = []): Buffer {
  const pieces: Uint8Array[] = [];
  let length = 0;
  args.forEach((argument, index) => {
    const piece = typeof argument === "string" ? byteString(argument) : argument;
    const isLast = index === args.length - 1;
    if (!isLast && piece.includes(0)) throw new Error(`an argument of ${packetName(type)} holds a NUL byte`);
    pieces.push(piece);
    length += piece.length;
    if (!isLast) {
      pieces.push(NUL);
      length += 1;
    }
  });
  const header = Buffer.alloc(HEADER_LENGTH);
  REQUEST.copy(header);
  header.writeUInt32BE(type, 4);
  header.writeUInt32BE(length, 8);
  return Buffer.concat([header, ...pieces], HEADER_LENGTH + length);
}

const NUL = Uint8Array.of(0);

function byteString(text: string): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the 256 values of a byte
  if (/[^\x00-\xff]/.test(text)) throw new Error(`'${text}' is not a byte string: convert it with wireName`);
  return Buffer.from(text, "latin1");
}

/**
 * Splits a body into `count` arguments. The last takes the rest, NULs included; missing ones are empty, as in a WORK_FAIL
 * that may or may not end in a NUL.
 */
export function splitArguments(body: Buffer, count: number): Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  while (parts.length < count - 1) {
    const end = body.indexOf(0, start);
    if (end < 0) break;
    parts.push(body.subarray(start, end));
    start = end + 1;
  }
  parts.push(body.subarray(start));
  while (parts.length < count) parts.push(Buffer.alloc(0));
  return parts;
}

/** As {@link splitArguments}, as byte strings. */
export function splitTexts(body: Buffer, count: number): string[] {
  return splitArguments(body, count).map((part) => part.toString("latin1"));
}
