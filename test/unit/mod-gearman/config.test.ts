import assert from "node:assert/strict";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { readConfig } from "../../../lib/mod-gearman/config.ts";
import { folderWith } from "./files.ts";

test("servers, key and encryption of a config as it is shipped", async (t) => {
  const folder = await folderWith(t, {
    "module.conf": `# comment
      debug=0
      server=localhost:4730   # the first
      server = gearmand.example.com , :4731
      dupserver = copies.example.com:4732, copies2.example.com
      eventhandler=yes
      hosts=yes
      encryption=yes
      KEY=should_be_changed
      #keyfile=/nowhere
      --result_workers=1
`,
  });
  const { servers, resultServers, encryption, key } = readConfig(join(folder, "module.conf"));
  assert.deepEqual(servers, ["localhost:4730", "gearmand.example.com", ":4731"]);
  assert.deepEqual(resultServers, ["copies.example.com:4732", "copies2.example.com"]);
  assert.equal(encryption, true);
  assert.deepEqual([key?.key.toString(), key?.warnings], ["should_be_changed", []]);
});

test("includes are followed from the folder of their file, and the last setting counts", async (t) => {
  const folder = await folderWith(t, {
    "a.conf": "password=one\ninclude=b.conf\nserver=a\n",
    "b.conf": "config=c.conf\nkey=two\nserver=b\n",
    "c.conf": "configfile=/dev/null/nowhere # is not read: a comment\n".replace("configfile", "#configfile"),
  });
  const { servers, key } = readConfig(join(folder, "a.conf"));
  assert.deepEqual([servers, key?.key.toString()], [["b", "a"], "two"]);
});

test("a key file wins over a key, wherever it stands", async (t) => {
  const folder = await folderWith(t, { "a.conf": "keyfile=secret\nkey=one\n", secret: "two\n" });
  assert.equal(readConfig(join(folder, "a.conf")).key?.key.toString(), "two");
});

for (const [value, encryption] of [
  ["no", false],
  ["OFF", false],
  ["0", false],
  ["yes", true],
  ["1", true],
  ["perhaps", true],
] as const) {
  test(`encryption=${value}`, async (t) => {
    const folder = await folderWith(t, { "a.conf": `encryption=${value}\n` });
    assert.equal(readConfig(join(folder, "a.conf")).encryption, encryption);
  });
}

test("a config with the key that every user may read is told", async (t) => {
  const folder = await folderWith(t, { "a.conf": "key=one\n" });
  await chmod(join(folder, "a.conf"), 0o604);
  assert.match(readConfig(join(folder, "a.conf")).key?.warnings.join() ?? "", /every user may read it \(mode 0604\)/);
});

test("what cannot be read is named, and a file that includes itself comes to an end", async (t) => {
  const folder = await folderWith(t, { "a.conf": "include=gone.conf\n", "b.conf": "include=b.conf\n" });
  assert.throws(() => readConfig(join(folder, "a.conf")), /^Error: cannot read config '.*gone\.conf': no such file$/);
  assert.throws(
    () => readConfig(join(folder, "b.conf")),
    /^Error: config '.*b\.conf' is included more than 10 levels deep$/,
  );
  assert.throws(() => readConfig(folder), /: it is no file$/);
});
