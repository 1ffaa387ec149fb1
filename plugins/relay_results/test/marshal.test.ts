import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "@hyrious/marshal";
import fc from "fast-check";

import { readMarshal, type Value } from "../marshal.ts";
import { dump } from "./ruby.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** As our reader gives it: symbols are their names. */
function plain(value: unknown): unknown {
  if (typeof value === "symbol") return Symbol.keyFor(value) ?? value.description;
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [keyOf(plain(key)), plain(held)]));
  return value;
}

const keyOf = (key: unknown) => (Buffer.isBuffer(key) ? key.toString("latin1") : key);

const name = fc.string({ unit: "grapheme-ascii", maxLength: 12 });

const values = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    // below -2^24 the other reader is wrong
    fc.integer({ min: -(2 ** 24), max: 2 ** 30 - 1 }),
    fc.string({ unit: "binary" }).map((text) => text.replaceAll("\ufeff", "")),
    fc.uint8Array().map((content) => Buffer.from(content)),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 5 }).map((entries) => new Map(entries)),
  ),
})).value;

test("what Ruby writes is read as another reader reads it, and as it was", () => {
  fc.assert(
    fc.property(values, (value) => {
      const written = dump(value);
      assert.deepEqual(readMarshal(written), value);
      assert.deepEqual(plain(load(written, { hash: "map", regexp: "wrap" })), value);
    }),
  );
});

const fromRuby = (base64: string) => readMarshal(Buffer.from(base64, "base64"));

test("what Ruby 3.1 wrote: integers of all lengths, encodings, links to symbols and to objects", () => {
  // { a: 2**30, b: -2**30, c: 2**62, e: "\xff".b, f: "a" in ISO-8859-1, g: [nil, true, false], "x" => :a, h: "é" }
  assert.deepEqual(
    fromRuby(
      "BAh7DToGYWwrBwAAAEA6BmJp/AAAAMA6BmNsKwkAAAAAAAAAQDoGZSIG/zoGZkkiBmEGOg1lbmNvZGluZyIPSVNPLTg4NTktMToGZ1sIMFRGSSIGeAY6BkVUOwA6BmhJIgfDqQY7DFQ=",
    ),
    new Map<string, Value>([
      ["a", 2 ** 30],
      ["b", -(2 ** 30)],
      ["c", 2n ** 62n],
      ["e", Buffer.from([255])],
      ["f", "a"],
      ["g", [null, true, false]],
      ["x", "a"],
      ["h", "é"],
    ]),
  );
  // s = "same"; [s, s, 2**40, 2**40, -2**40]
  assert.deepEqual(fromRuby("BAhbCkkiCXNhbWUGOgZFVEAGbCsIAAAAAAABbCsIAAAAAAABbC0IAAAAAAAB"), [
    "same",
    "same",
    2 ** 40,
    2 ** 40,
    -(2 ** 40),
  ]);
  assert.deepEqual(fromRuby("BAhbFWkAaQZp+ml/aQF7aYBp/4RpAf9pAgABaf8Aaf7//mkC//9pAwAAAWkEAAAAAWkE////P2n8AAAAwA=="), [
    0,
    1,
    -1,
    122,
    123,
    -123,
    -124,
    255,
    256,
    -256,
    -257,
    65_535,
    65_536,
    2 ** 24,
    2 ** 30 - 1,
    -(2 ** 30),
  ]);
});

test("a key of Ruby's is a key, and changes no prototype", () => {
  // { "__proto__" => { "x" => 1 } }
  const value = fromRuby("BAh7BkkiDl9fcHJvdG9fXwY6BkVUewZJIgZ4BjsAVGkG");
  assert.deepEqual(value, new Map([["__proto__", new Map([["x", 1]])]]));
  assert.equal(({} as Record<string, unknown>).x, undefined);
});

const BAD: readonly (readonly [string, Buffer, RegExp])[] = [
  ["nothing", bytes(""), /byte 0: no Marshal of version 4\.8/],
  ["another version", bytes("\x04\x090"), /no Marshal of version 4\.8/],
  ["no value", bytes("\x04\x08"), /byte 2: its end is missing/],
  ["a string that is cut off", bytes('\x04\x08"\x0aab'), /a length that is not there/],
  ["a number that is cut off", bytes("\x04\x08i\x04ab"), /its end is missing/],
  ["a negative length", bytes('\x04\x08"\xfa'), /a length that is not there/],
  ["an array longer than the message", bytes("\x04\x08[\x04\xff\xff\xff\x3f"), /a length that is not there/],
  ["something behind the end", bytes("\x04\x0800"), /byte 3: 1 bytes behind the end/],
  ["an object", bytes("\x04\x08o:\x08Foo\x00"), /byte 2: an object/],
  ["a Time", Buffer.from("BAhJdToJVGltZQ0ggBGAAAAAAAc6C29mZnNldGkAOgl6b25lSSIIVVRDBjoGRUY=", "base64"), /no string/],
  ["a struct", bytes("\x04\x08S:\x06S\x00"), /a struct/],
  ["a class", bytes("\x04\x08c\x0bString"), /a class/],
  ["a floating-point number", bytes("\x04\x08f\x081.5"), /a floating-point number/],
  ["a hash with a default", bytes("\x04\x08}\x00i\x00"), /a hash with a default/],
  ["a string of a subclass", bytes('\x04\x08C:\x06S"\x00'), /a subclass/],
  ["a regular expression", bytes("\x04\x08/\x00\x00"), /a regular expression/],
  ["an unknown type", bytes("\x04\x08?"), /the unknown type 0x3f/],
  ["a link to no symbol", bytes("\x04\x08;\x06"), /a link to a symbol that is not there/],
  ["a link to nothing", bytes("\x04\x08@\x06"), /a link to what is not there yet/],
  ["an array in itself", bytes("\x04\x08[\x06@\x00"), /a link to what is not there yet/],
  ["a key twice", bytes("\x04\x08{\x07:\x06a0;\x000"), /a key that is there twice/],
  ["a key that is a hash", bytes("\x04\x08{\x06{\x000"), /neither symbol nor string/],
  ["variables of an array", bytes("\x04\x08I[\x00\x00"), /what is no string/],
  ["a variable that is no encoding", bytes('\x04\x08I"\x00\x06:\x07@x0'), /no encoding/],
  ["an unknown encoding", bytes('\x04\x08I"\x00\x06:\x0dencoding"\x06x'), /an unknown encoding/],
  ["two encodings", bytes('\x04\x08I"\x00\x07:\x06ET;\x00T'), /several encodings/],
  ["an integer of 100 bytes", bytes(`\x04\x08l+\x37${"\xff".repeat(100)}`), /more than 64 bytes/],
  ["an integer without a sign", bytes("\x04\x08l?\x07abcd"), /without a sign/],
  ["nesting of 100,000", bytes(`\x04\x08${"[\x06".repeat(100_000)}0`), /inside of each other/],
  [
    "20,000 values",
    Buffer.concat([bytes("\x04\x08[\x02\x20\x4e"), Buffer.alloc(20_000, "0")]),
    /more than 10000 values/,
  ],
];

for (const [what, message, why] of BAD) {
  test(`${what} is refused`, () => {
    assert.throws(() => readMarshal(message), { name: "Poison", message: why });
  });
}

test("any bytes are read or refused, and so is whatever a message becomes on its way", () => {
  const broken = fc.tuple(values, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
    const written = dump(value);
    written[2 + (at % (written.length - 2))] = byte;
    return written;
  });
  const any = fc.uint8Array({ maxLength: 200 }).map((content) => Buffer.concat([bytes("\x04\x08"), content]));
  fc.assert(
    fc.property(fc.oneof(broken, any), (message) => {
      try {
        readMarshal(message);
      } catch (error) {
        assert.equal((error as Error).name, "Poison", String(error));
      }
    }),
  );
});
