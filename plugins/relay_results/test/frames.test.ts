import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { FrameLimit } from "../frames.ts";

const MAX = 40;

/** What the client gets of `whole` when it comes in pieces. */
function through(whole: Buffer, cuts: readonly number[]): string {
  const limit = new FrameLimit(MAX);
  const ends = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
  const pieces = [...ends, whole.length].map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
  return Buffer.concat(pieces.flatMap((piece) => [...limit.take(piece)])).toString("latin1");
}

const withLength = (body: string) => `MESSAGE\nack:1\ncontent-length:${body.length}\n\n${body}\0`;
const withoutLength = (body: string) => `MESSAGE\nack:1\n\n${body}\0`;

const body = fc.string({ unit: fc.constantFrom("a", "\n", "\r", ":", "\xff"), maxLength: 120 });
const frame = fc.oneof(
  fc.tuple(fc.constant(withLength), body),
  fc.tuple(fc.constant(withLength), fc.constant("a\0b")),
  fc.tuple(fc.constant(withoutLength), body),
);
const beat = fc.string({ unit: fc.constantFrom("\n", "\r", "\0"), maxLength: 3 });

test("frames that are small enough come as they are, others without their body, however they were cut on their way", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(beat, frame), { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      (all, cuts) => {
        const whole = all.map(([before, [write, content]]) => before + write(content)).join("");
        const got = through(Buffer.from(whole, "latin1"), cuts);
        const expected = all.map(([before, [write, content]]) => {
          if (content.length <= MAX) return before + write(content);
          const header = write(content).split("\n\n")[0]?.replace("MESSAGE\n", "") ?? "";
          return new RegExp(`^${before}MESSAGE\nrelay-cut:\\d+\ncontent-length:0\n${header}\n\n\0$`);
        });
        let rest = got;
        for (const one of expected) {
          const end = typeof one === "string" ? one.length : rest.indexOf("\n\n\0", rest.indexOf("MESSAGE")) + 3;
          const part = rest.slice(0, end);
          if (typeof one === "string") assert.equal(part, one);
          else assert.match(part, one);
          rest = rest.slice(end);
        }
        assert.equal(rest, "");
      },
    ),
  );
});

test("the length of a body that was cut is told", () => {
  assert.match(through(Buffer.from(withLength("a".repeat(5000))), []), /^MESSAGE\nrelay-cut:5000\ncontent-length:0\n/);
});

test("a header without end is an error", () => {
  const limit = new FrameLimit(MAX);
  assert.throws(() => [...limit.take(Buffer.alloc(70_000, "a"))], /header is longer than 64 KiB/);
});
