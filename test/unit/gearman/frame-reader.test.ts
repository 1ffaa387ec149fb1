import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { type Frame, FrameReader } from "../../../lib/gearman/frame-reader.ts";
import { encodePacket, PacketType } from "../../../lib/gearman/packet.ts";
import { CheckError } from "../../../lib/plugin/error.ts";
import { Status } from "../../../lib/plugin/status.ts";

function response(type: PacketType, ...args: readonly (string | Uint8Array)[]): Buffer {
  const packet = encodePacket(type, args);
  packet.write("\0RES", "latin1");
  return packet;
}

function readFrames(chunks: readonly Buffer[], maxBody = 1024): Frame[] {
  const reader = new FrameReader("192.0.2.10:4730", maxBody);
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame);
  }
  return frames;
}

const packet = (type: PacketType, body: string): Frame => ({ kind: "packet", type, body: Buffer.from(body, "latin1") });
const line = (text: string): Frame => ({ kind: "line", text });

const MIXED = Buffer.concat([
  response(PacketType.ECHO_RES, "hel\n\0lo"),
  Buffer.from("OK 1.1.20+ds\n"),
  response(PacketType.NOOP),
  Buffer.from("a\xff\t0\t0\t1\n.\n\nOK\r\n", "latin1"),
  response(PacketType.JOB_CREATED, "H:vm:1"),
]);
const FRAMES: readonly Frame[] = [
  packet(PacketType.ECHO_RES, "hel\n\0lo"),
  line("OK 1.1.20+ds"),
  packet(PacketType.NOOP, ""),
  line("a\xff\t0\t0\t1"),
  line("."),
  line(""),
  line("OK"),
  packet(PacketType.JOB_CREATED, "H:vm:1"),
];

test("packets and lines on one connection, cut at every byte", () => {
  for (let cut = 0; cut <= MIXED.length; cut++) {
    assert.deepEqual(readFrames([MIXED.subarray(0, cut), MIXED.subarray(cut)]), FRAMES, `cut at ${cut}`);
  }
  assert.deepEqual(readFrames([...MIXED].map((byte) => Buffer.of(byte))), FRAMES);
});

test("the way a stream is cut makes no difference", () => {
  const anyFrame = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((body) => response(PacketType.WORK_DATA, body)),
    fc.stringMatching(/^[^\0\n][^\n]{0,20}$/).map((text) => Buffer.from(`${text}\n`, "latin1")),
  );
  fc.assert(
    fc.property(fc.array(anyFrame), fc.array(fc.nat({ max: 30 })), (frames, sizes) => {
      const stream = Buffer.concat(frames);
      const chunks: Buffer[] = [];
      let at = 0;
      for (const size of sizes) {
        chunks.push(stream.subarray(at, at + size));
        at += size;
      }
      chunks.push(stream.subarray(at));
      const read = readFrames(chunks);
      assert.equal(read.length, frames.length);
      assert.deepEqual(read, readFrames(frames));
    }),
  );
});

const REFUSED: Readonly<Record<string, [Buffer, RegExp]>> = {
  "a request's magic": [encodePacket(PacketType.NOOP), /sent '\?REQ/],
  "bytes that are no magic": [Buffer.from("\0ABCDEFGHIJK"), /^192\.0\.2\.10:4730 does not speak Gearman's protocol/],
  "a packet beyond the limit": [response(PacketType.WORK_DATA, Buffer.alloc(1025)), /a packet of 1025 bytes/],
  "an endless line": [Buffer.alloc(16 * 1024 + 1, "x"), /a line of more than 16384 bytes/],
};

for (const [what, [bytes, message]] of Object.entries(REFUSED)) {
  test(`${what} is unknown`, () => {
    assert.throws(
      () => readFrames([bytes]),
      (error) => error instanceof CheckError && error.status === Status.UNKNOWN && message.test(error.message),
    );
  });
}

test("a packet is refused by its header, before its body is collected", () => {
  assert.throws(() => readFrames([response(PacketType.WORK_DATA, Buffer.alloc(2000)).subarray(0, 12)]), /2000 bytes/);
});
