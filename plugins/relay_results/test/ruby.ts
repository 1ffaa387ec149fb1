import { sign } from "node:crypto";

import type { Value } from "../marshal.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** Writes Ruby's Marshal as Ruby does, without links to objects. The keys of hashes become symbols. */
export function dump(value: Value): Buffer {
  const symbols: string[] = [];
  const integer = (number: number): Buffer => {
    if (number === 0) return Buffer.from([0]);
    if (number > 0 && number < 123) return Buffer.from([number + 5]);
    if (number < 0 && number > -124) return Buffer.from([(number - 5) & 255]);
    const length = [1, 2, 3].find((size) => number < 2 ** (8 * size) && number >= -(2 ** (8 * size))) ?? 4;
    const content = Buffer.alloc(length + 1);
    content.writeInt8(number < 0 ? -length : length);
    content.writeUIntLE(number < 0 ? number + 2 ** (8 * length) : number, 1, length);
    return content;
  };
  const large = (number: number): Buffer => {
    const content = Buffer.alloc(8);
    content.writeBigUInt64LE(BigInt(Math.abs(number)));
    return Buffer.concat([bytes(number < 0 ? "l-" : "l+"), integer(content.length / 2), content]);
  };
  const sized = (type: string, content: Buffer) => Buffer.concat([bytes(type), integer(content.length), content]);
  const symbol = (name: string): Buffer => {
    const known = symbols.indexOf(name);
    if (known >= 0) return Buffer.concat([bytes(";"), integer(known)]);
    symbols.push(name);
    return sized(":", Buffer.from(name));
  };
  const write = (one: Value): Buffer => {
    if (one === null) return bytes("0");
    if (typeof one === "boolean") return bytes(one ? "T" : "F");
    if (typeof one === "bigint") throw new Error("not written here");
    if (typeof one === "number" && Math.abs(one) >= 2 ** 30) return large(one);
    if (typeof one === "number") return Buffer.concat([bytes("i"), integer(one)]);
    if (Buffer.isBuffer(one)) return sized('"', one);
    if (typeof one === "string") {
      return Buffer.concat([bytes("I"), sized('"', Buffer.from(one)), integer(1), symbol("E"), bytes("T")]);
    }
    if (one instanceof Map) {
      const entries = [...one].flatMap(([key, held]: [string, Value]) => [symbol(key), write(held)]);
      return Buffer.concat([bytes("{"), integer(one.size), ...entries]);
    }
    const values = one as readonly Value[];
    return Buffer.concat([bytes("["), integer(values.length), ...values.map(write)]);
  };
  return Buffer.concat([Buffer.from([4, 8]), write(value)]);
}

/** A reply of MCollective's agent nrpe, as its ssl plugin makes it. */
export interface Reply {
  readonly sender?: Value;
  readonly agent?: Value;
  /** Seconds since 1970. */
  readonly time?: Value;
  readonly data?: Value;
  /** Signs it. */
  readonly key?: string;
}

export const PERFDATA = "load1=0.820;1.500;2.000;0; load5=0.750;1.500;2.000;0; load15=0.710;1.500;2.000;0;";

/** What the agent says of a load that is low. */
const LOAD: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["exitcode", 0],
  ["command", "check_load"],
  ["output", "OK - load average: 0.82, 0.75, 0.71"],
  ["perfdata", PERFDATA],
]);

/** {@link LOAD} with other values. */
export const loadWith = (changes: Readonly<Record<string, Value>>) => new Map([...LOAD, ...Object.entries(changes)]);

/** A reply in Ruby's Marshal. */
export function reply({ sender = "twp1", agent = "nrpe", time = 1_000_000_000, data = LOAD, key }: Reply = {}): Buffer {
  const body = dump(
    new Map<string, Value>([
      ["statuscode", 0],
      ["statusmsg", "OK"],
      ["data", data],
    ]),
  );
  const hash = key === undefined ? "c2lnbmF0dXJl" : sign("sha1", body, key).toString("base64");
  return dump(
    new Map<string, Value>([
      ["senderid", sender],
      ["requestid", "2ec4a7e5b7a95bd8b3ba5a8c3c5d5a4e"],
      ["senderagent", agent],
      ["msgtime", time],
      ["body", body],
      ["hash", `${hash}\n`],
    ]),
  );
}
