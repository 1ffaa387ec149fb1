import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { readKeyFile } from "../../../lib/mod-gearman/key-file.ts";
import { folderWith } from "./files.ts";

const READ: readonly [string, string | Buffer, string, boolean][] = [
  ["plain", "secret", "secret", false],
  ["one line feed", "secret\n", "secret", false],
  ["the C worker's trailing white space", "trailing spaces key  \r\n", "trailing spaces key", true],
  ["the first of two lines", "first\nsecond\n", "first", false],
  ["32 bytes at most", "a".repeat(40), "a".repeat(32), false],
  ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe]), "\u00ff\u00fe", false],
];

for (const [name, content, key, warns] of READ) {
  test(`key file: ${name}`, async (t) => {
    const folder = await folderWith(t, { key: content });
    const read = readKeyFile(join(folder, "key"));
    assert.equal(read.key.toString("latin1"), key);
    assert.equal(read.warnings.length, warns ? 1 : 0);
    if (warns) assert.match(read.warnings.join(), /^key file '.*': white space at the end of the key is ignored/);
  });
}

test("a key every user may read is told, without the key", async (t) => {
  const folder = await folderWith(t, { key: "secret" });
  const path = join(folder, "key");
  await chmod(path, 0o644);
  const { warnings } = readKeyFile(path);
  assert.deepEqual(warnings, [`'${path}' holds the key and every user may read it (mode 0644): chmod o-r it`]);
});

test("no key is an error that names the file", async (t) => {
  const folder = await folderWith(t, { empty: "", blank: "  \nsecret\n" });
  for (const name of ["empty", "blank"]) {
    assert.throws(() => readKeyFile(join(folder, name)), /^Error: key file '.*' has no key in its first line$/);
  }
  assert.throws(() => readKeyFile(join(folder, "gone")), /^Error: cannot read key file '.*gone': no such file$/);
  assert.throws(() => readKeyFile(folder), /: it is no file$/);
});
