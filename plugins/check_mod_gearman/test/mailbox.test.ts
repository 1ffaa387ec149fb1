import assert from "node:assert/strict";
import { test } from "node:test";

import { Cipher } from "monitoring-plugins-ts/mod-gearman";
import { isAbandoned, Mailbox, mailboxName } from "../mailbox.ts";

const NOW = 1_700_000_000_000;
const RANDOM = "0123456789abcdef0123456789abcdef";

test("a queue's name is plain, short enough, and tells when its run is over", () => {
  const name = mailboxName(RANDOM, NOW, 86_400_000);
  assert.match(name, /^[A-Za-z0-9_-]{1,64}$/);
  const end = NOW + 86_400_000;
  assert.equal(isAbandoned({ name, worker: 0 }, end), false);
  assert.equal(isAbandoned({ name, worker: 0 }, end + 10_000), false, "clocks differ");
  assert.equal(isAbandoned({ name, worker: 0 }, end + 12_000), true);
  assert.equal(isAbandoned({ name, worker: 1 }, end + 12_000), false, "somebody is there");
});

test("nobody else's queue is taken for an abandoned one", () => {
  for (const name of [
    "service",
    "check_mod_gearman-",
    `check_mod_gearman-1-${RANDOM}x`,
    `x-check_mod_gearman-1-${RANDOM}`,
  ]) {
    assert.equal(isAbandoned({ name, worker: 0 }, NOW), false, name);
  }
});

test("what our key decrypts is not called unreadable, even if it is no whole result", async () => {
  const [cipher, another] = await Promise.all(["a key", "another"].map((key) => Cipher.load(Buffer.from(key))));
  assert.ok(cipher && another);
  const cases = [
    [cipher.seal("type=service\nresult_queue=results\ncommand_line=/bin/true\n\n\n"), "foreign"],
    [cipher.seal("host_name=h1\noutput=without a code\n\n\n"), "foreign"],
    [another.seal("host_name=h1\nreturn_code=0\noutput=text\n\n\n"), "unreadable"],
    [Buffer.from("host_name=h1\nreturn_code=0\noutput=text\n").toString("base64"), "clear"],
  ] as const;
  const mailbox = new Mailbox("results", cipher);
  for (const [payload] of cases) {
    const job = { queue: "results", payload: Buffer.from(payload), complete: () => {} };
    mailbox.take(job as unknown as Parameters<typeof mailbox.take>[0], "192.0.2.1:4730");
  }
  assert.deepEqual(
    mailbox.strays.map(({ kind }) => kind),
    cases.map(([, kind]) => kind),
  );
});
