import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

import fc from "fast-check";

import { Cipher, decodeBase64 } from "../../../lib/mod-gearman/cipher.ts";
import { needs } from "../../support/needs.ts";

const LONG = "a_secret_key_that_is_longer_than_32_chars_for_sure";

/** Taken from the C and the Go implementation, which agree. */
const KNOWN: readonly [string, string, string][] = [
  ["should_be_changed", "type=service\n", "wb7X+gzHAwhrDw2nok+Cvw=="],
  ["should_be_changed", "0123456789abcdef", "iHv1GSGSbs3GWP8KfQ9rAjpMjls6yt3Vmm25Jd63OHA="],
  [LONG, "type=service\n", "DmSNspwlBMJ+cK/dV8dAJg=="],
];

const load = (password: string) => Cipher.load(Buffer.from(password));

for (const [password, text, sealed] of KNOWN) {
  test(`known answer: ${sealed}`, async () => {
    const cipher = await load(password);
    assert.equal(cipher.seal(text), sealed);
    assert.equal(cipher.open(Buffer.from(sealed)), text.trimEnd());
  });
}

test("openssl agrees, whatever the length", { ...needs("openssl") }, async () => {
  for (const length of [1, 15, 16, 17, 31, 32, 1000]) {
    const text = "x".repeat(length);
    const key = Buffer.alloc(32);
    key.write("should_be_changed");
    const openssl = spawnSync(
      "openssl",
      ["enc", "-d", "-aes-256-ecb", "-nopad", "-a", "-A", "-K", key.toString("hex")],
      { input: (await load("should_be_changed")).seal(text) },
    );
    assert.equal(openssl.stderr.toString(), "");
    assert.equal(openssl.stdout.toString().replace(/\0+$/, ""), text);
    assert.ok(openssl.stdout.length > length, "one NUL at least ends the text");
  }
});

test("without encryption it is base64 alone", async () => {
  const clear = await Cipher.load(undefined);
  assert.equal(clear.seal("type=service\n"), "dHlwZT1zZXJ2aWNlCg==");
  assert.equal(clear.open(Buffer.from("dHlwZT1zZXJ2aWNlCg==")), "type=service");
});

test("wrapped base64 is read, and NULs behind it", async () => {
  const cipher = await load("k");
  const sealed = cipher.seal("x".repeat(200));
  const wrapped = `${sealed.replace(/(.{76})/g, "$1\n")}\r\n\0\0`;
  assert.equal(cipher.open(Buffer.from(wrapped)), "x".repeat(200));
});

test("what is no base64 or no whole block is not text", async () => {
  const cipher = await load("k");
  for (const payload of ["", "%%%", "AAAA", "a=b=", "\u00e4"]) {
    assert.equal(cipher.open(Buffer.from(payload, "latin1")), undefined, payload);
  }
  assert.equal(decodeBase64(Buffer.from("type=service\n")), undefined);
});

test("every text survives being sealed and opened, but for its final line feeds and NULs", async () => {
  const ciphers = [await load("secret"), await Cipher.load(undefined)];
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 100 }), (text) => {
      for (const cipher of ciphers) {
        assert.equal(cipher.open(Buffer.from(cipher.seal(text))) ?? "", text.replace(/[\0\n]+$/, ""));
      }
    }),
  );
});

test("no bytes at all make it throw", async () => {
  const cipher = await load("secret");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      cipher.open(bytes);
      cipher.open(Buffer.from(Buffer.from(bytes).toString("base64")));
    }),
  );
});
