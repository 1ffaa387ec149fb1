// Ruby's Marshal, format 4.8, as far as a reply of MCollective needs it: https://docs.ruby-lang.org/en/3.1/marshal_rdoc.html

import { Poison } from "./poison.ts";

/**
 * What Ruby wrote. A symbol is its name, a hash a Map by the texts of its keys, an integer beyond 2^53 a bigint. A string is
 * text where Ruby said its encoding, else bytes.
 */
export type Value = null | boolean | number | bigint | string | Buffer | readonly Value[] | ReadonlyMap<string, Value>;

/** Values inside of each other: a reply has three. */
const MAX_DEPTH = 32;

/** Values in all: a reply has fewer than a hundred. */
const MAX_VALUES = 10_000;

/** Bytes of an integer. */
const MAX_INTEGER = 64;

const byte = (char: string) => char.charCodeAt(0);

const OBJECTS: Readonly<Record<string, string>> = {
  o: "an object",
  u: "an object",
  U: "an object",
  d: "an object",
  S: "a struct",
  c: "a class",
  m: "a module",
  M: "a class or module",
  e: "an extended object",
  C: "an object of a subclass",
  "/": "a regular expression",
  f: "a floating-point number",
  "}": "a hash with a default",
};

/**
 * Reads nil, booleans, integers, strings, symbols, arrays and hashes, and nothing else: what else Ruby would make of a message is
 * code of the sender's choice.
 *
 * @throws Poison saying at which byte what was found
 */
export function readMarshal(bytes: Buffer): Value {
  return new Reader(bytes).document();
}

/** Whether it begins as a text of this format. */
export const isMarshal = (bytes: Buffer) => bytes[0] === 4 && bytes[1] === 8;

class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  #values = 0;
  readonly #symbols: string[] = [];
  /** What a later link may mean, in the order of its beginning; undefined while it is being read. */
  readonly #objects: (Value | undefined)[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  document(): Value {
    if (!isMarshal(this.#bytes)) throw this.#bad("no Marshal of version 4.8");
    this.#at = 2;
    const value = this.#value(0);
    if (this.#at < this.#bytes.length) throw this.#bad(`${this.#bytes.length - this.#at} bytes behind the end`);
    return value;
  }

  #value(depth: number): Value {
    if (depth > MAX_DEPTH) throw this.#bad(`more than ${MAX_DEPTH} values inside of each other`);
    if (++this.#values > MAX_VALUES) throw this.#bad(`more than ${MAX_VALUES} values`);
    const type = this.#byte();
    switch (String.fromCharCode(type)) {
      case "0":
        return null;
      case "T":
        return true;
      case "F":
        return false;
      case "i":
        return this.#fixnum();
      case "l":
        return this.#remember(this.#bignum());
      case '"':
        return this.#remember(Buffer.from(this.#take(this.#length())));
      case "I":
        return this.#encoded();
      case ":":
      case ";":
        return this.#symbol(type);
      case "@":
        return this.#link();
      case "[":
        return this.#array(depth);
      case "{":
        return this.#hash(depth);
      default:
        this.#at--;
        throw this.#bad(OBJECTS[String.fromCharCode(type)] ?? `the unknown type 0x${type.toString(16)}`);
    }
  }

  #remember<T extends Value>(value: T): T {
    this.#objects.push(value);
    return value;
  }

  #array(depth: number): Value {
    const place = this.#objects.push(undefined) - 1;
    const values: Value[] = [];
    for (let left = this.#length(); left > 0; left--) values.push(this.#value(depth + 1));
    this.#objects[place] = values;
    return values;
  }

  #hash(depth: number): Value {
    const place = this.#objects.push(undefined) - 1;
    const values = new Map<string, Value>();
    for (let left = this.#length(); left > 0; left--) {
      const key = this.#value(depth + 1);
      const name = Buffer.isBuffer(key) ? key.toString("latin1") : key;
      if (typeof name !== "string") throw this.#bad("a key that is neither symbol nor string");
      if (values.has(name)) throw this.#bad("a key that is there twice");
      values.set(name, this.#value(depth + 1));
    }
    this.#objects[place] = values;
    return values;
  }

  /** A string, and what Ruby 1.9 and later say of its encoding. */
  #encoded(): Value {
    if (this.#byte() !== byte('"')) {
      this.#at--;
      throw this.#bad("instance variables of what is no string");
    }
    const bytes = this.#take(this.#length());
    const place = this.#objects.push(undefined) - 1;
    let encoding: string | undefined;
    for (let left = this.#length(); left > 0; left--) {
      const name = this.#symbol(this.#byte());
      if (encoding !== undefined) throw this.#bad("a string with several encodings");
      encoding = this.#encoding(name);
    }
    const value = encoding === undefined ? Buffer.from(bytes) : this.#decode(bytes, encoding);
    this.#objects[place] = value;
    return value;
  }

  #encoding(variable: string): string {
    const value = this.#value(MAX_DEPTH);
    if (variable === "E" && typeof value === "boolean") return value ? "utf-8" : "ascii";
    if (variable === "encoding" && Buffer.isBuffer(value)) return value.toString("latin1");
    throw this.#bad("a string with an instance variable that is no encoding");
  }

  #decode(bytes: Buffer, encoding: string): string {
    let decoder: InstanceType<typeof TextDecoder>;
    try {
      decoder = new TextDecoder(encoding, { ignoreBOM: true });
    } catch {
      throw this.#bad("a string of an unknown encoding");
    }
    return decoder.decode(bytes);
  }

  #symbol(type: number): string {
    if (type === byte(";")) {
      const symbol = this.#symbols[this.#fixnum()];
      if (symbol === undefined) throw this.#bad("a link to a symbol that is not there");
      return symbol;
    }
    // one that is not ASCII is written with its encoding
    if (type !== byte(":")) throw this.#bad("no symbol");
    const symbol = this.#take(this.#length()).toString("utf8");
    this.#symbols.push(symbol);
    return symbol;
  }

  #link(): Value {
    const value = this.#objects[this.#fixnum()];
    if (value === undefined) throw this.#bad("a link to what is not there yet");
    return value;
  }

  /** A small integer: one byte, or its length and that many bytes. */
  #fixnum(): number {
    const first = this.#bytes.readInt8(this.#need(1));
    if (first === 0) return 0;
    if (first > 4) return first - 5;
    if (first < -4) return first + 5;
    const length = Math.abs(first);
    const value = this.#take(length).readUIntLE(0, length);
    return first > 0 ? value : value - 2 ** (8 * length);
  }

  #bignum(): number | bigint {
    const sign = this.#byte();
    if (sign !== byte("+") && sign !== byte("-")) throw this.#bad("an integer without a sign");
    const length = this.#length() * 2;
    if (length > MAX_INTEGER) throw this.#bad(`an integer of more than ${MAX_INTEGER} bytes`);
    const digits = Buffer.from(this.#take(length)).reverse().toString("hex");
    const value = BigInt(`0x0${digits}`) * (sign === byte("-") ? -1n : 1n);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #length(): number {
    const length = this.#fixnum();
    // each byte, and each value, takes at least one
    if (length < 0 || length > this.#bytes.length - this.#at) throw this.#bad("a length that is not there");
    return length;
  }

  #byte(): number {
    return this.#bytes.readUInt8(this.#need(1));
  }

  #take(length: number): Buffer {
    const from = this.#need(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** Goes on by so many bytes. @returns where they begin */
  #need(length: number): number {
    if (this.#at + length > this.#bytes.length) throw this.#bad("its end is missing");
    this.#at += length;
    return this.#at - length;
  }

  #bad(what: string): Poison {
    return new Poison(`Ruby Marshal, byte ${this.#at}: ${what}`);
  }
}
