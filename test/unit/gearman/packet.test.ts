import assert from "node:assert/strict";
import { test } from "node:test";

import { encodePacket, PacketType, packetName, splitArguments, splitTexts } from "../../../lib/gearman/packet.ts";

test("a CAN_DO for service, byte for byte", () => {
  const expected = "005245510000000100000007" + "73657276696365";
  assert.equal(encodePacket(PacketType.CAN_DO, ["service"]).toString("hex"), expected);
});

test("arguments are joined by NULs, none after the last, and an empty last one keeps its NUL", () => {
  const body = (packet: Buffer) => packet.subarray(12).toString("latin1");
  assert.equal(body(encodePacket(PacketType.SUBMIT_JOB, ["q", "id", Buffer.from("a\0b")])), "q\0id\0a\0b");
  assert.equal(body(encodePacket(PacketType.WORK_COMPLETE, ["H:vm:1", ""])), "H:vm:1\0");
  assert.equal(body(encodePacket(PacketType.GRAB_JOB)), "");
});

test("an argument that would be cut, or is no byte string, is refused", () => {
  assert.throws(() => encodePacket(PacketType.SUBMIT_JOB, ["q\0", "id", "x"]), /SUBMIT_JOB holds a NUL/);
  assert.throws(() => encodePacket(PacketType.CAN_DO, ["€"]), /'€' is not a byte string: convert it with wireName/);
});

test("a body is split a fixed number of times: the rest belongs to the last, and missing arguments are empty", () => {
  assert.deepEqual(splitTexts(Buffer.from("a\0b\0c\0d"), 3), ["a", "b", "c\0d"]);
  assert.deepEqual(splitTexts(Buffer.from("a"), 3), ["a", "", ""]);
  assert.deepEqual(splitTexts(Buffer.from("a\0"), 2), ["a", ""]);
  assert.deepEqual(splitArguments(Buffer.alloc(0), 1), [Buffer.alloc(0)]);
});

test("types are named as in the protocol", () => {
  assert.equal(packetName(13), "WORK_COMPLETE");
  assert.equal(packetName(99), "packet type 99");
});
