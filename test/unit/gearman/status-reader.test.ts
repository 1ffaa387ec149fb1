import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { StatusReader } from "../../../lib/gearman/status-reader.ts";
import { CheckError } from "../../../lib/plugin/error.ts";
import { Status } from "../../../lib/plugin/status.ts";

function read(...chunks: readonly (string | Buffer)[]) {
  const reader = new StatusReader("192.0.2.10:4730");
  for (const chunk of chunks) reader.push(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
  assert.ok(reader.complete, "the answer is not complete");
  return reader.finish(0.5);
}

const names = (status: { queues: readonly { name: string }[] }) => status.queues.map(({ name }) => name);

const HOSTILE =
  "service\t12\t2\t3\n" +
  "tab\there\t0\t0\t1\n" +
  "new\nline\t0\t0\t1\n" +
  "cr\rname\t0\t0\t1\n" +
  "quo\"te's|=;\x1b[31m\t0\t0\t1\n" +
  "gr\xc3\xb6\xc3\x9fe\xff\t0\t0\t1\n" +
  ".\t0\t0\t1\n" +
  "\t0\t0\t1\n" +
  "evil\n.\nOK 9.9.9\t0\t0\t1\n" +
  "worse\n.\nOK 9.9.9\nfake\t0\t0\t1\n" +
  "host\t0\t0\t3\n" +
  ".\nOK 1.1.20+ds\n";

test("a plain answer", () => {
  assert.deepEqual(read("service\t5\t1\t3\nhost\t0\t0\t2\n.\nOK 1.1.20+ds\n"), {
    version: "1.1.20+ds",
    queues: [
      { name: "host", waiting: 0, running: 0, worker: 2 },
      { name: "service", waiting: 4, running: 1, worker: 3 },
    ],
    oddLines: [],
    oddCount: 0,
    duplicates: [],
    seconds: 0.5,
  });
});

test("a server without queues", () => {
  assert.deepEqual(names(read(".\nOK 1.1.20\n")), []);
});

test("hostile names neither end the list nor hide a queue, and what they broke is counted", () => {
  const status = read(HOSTILE);
  assert.equal(status.version, "1.1.20+ds");
  assert.deepEqual(names(status), [
    "",
    ".",
    "cr\rname",
    "fake",
    "gr\xc3\xb6\xc3\x9fe\xff",
    "host",
    "line",
    "quo\"te's|=;\x1b[31m",
    "service",
    "tab\there",
  ]);
  assert.deepEqual(status.oddLines, ["new", "evil", ".", "OK 9.9.9\t0\t0\t1", "worse", ".", "OK 9.9.9"]);
  assert.equal(status.oddCount, 7);
});

test("the answer cut at every byte is the same, and complete only after the version line", () => {
  const bytes = Buffer.from(HOSTILE, "latin1");
  const whole = read(bytes);
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(read(bytes.subarray(0, cut), bytes.subarray(cut)), whole, `cut at ${cut}`);
  }
  const plain = Buffer.from("service\t0\t0\t3\n.\nOK 1.1.20+ds\n");
  for (let cut = 0; cut < plain.length; cut++) {
    const reader = new StatusReader("");
    reader.push(plain.subarray(0, cut));
    assert.equal(reader.complete, false, `complete after ${cut} bytes`);
  }
});

test("however the answer is cut, it is the same", () => {
  const bytes = Buffer.from(HOSTILE, "latin1");
  const whole = read(bytes);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: bytes.length })), (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
      assert.deepEqual(read(...chunks), whole);
    }),
  );
});

test("a long list is read like each of its lines alone, wherever it is cut", () => {
  const plain = fc.tuple(fc.stringMatching(/^[!-~]{1,40}$/), fc.nat(20), fc.nat(10), fc.nat(3));
  const line = fc.oneof(
    {
      weight: 60,
      arbitrary: plain.map(
        ([name, waiting, running, worker]) => `${name}\t${waiting + running}\t${running}\t${worker}`,
      ),
    },
    { weight: 1, arbitrary: plain.map((fields) => fields.join("\t")) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "",
        ".",
        "a b\t1\t0\t1",
        "tab\ta\t0\t0\t1",
        "\x01\t0\t0\t1",
        "\xff\t0\t0\t1",
        "q\t1\t0\t1\r",
        "q\t0001\t1\t1",
        "q\t1000000000000000\t0\t1",
        "\t0\t0\t1",
        "OK 1",
        "q\t1\t0",
      ),
    },
  );
  const lines = fc.array(line, { minLength: 100, maxLength: 300, size: "max" });
  const outcome = (feed: (reader: StatusReader) => void) => {
    const reader = new StatusReader("gm:4730");
    try {
      feed(reader);
      return { complete: reader.complete, ...reader.finish(0) };
    } catch (error) {
      return String(error);
    }
  };
  fc.assert(
    fc.property(lines, fc.array(fc.nat(), { maxLength: 3 }), (list, cuts) => {
      const all = [...list, ".", "OK 1.1.20"];
      const bytes = Buffer.from(`${all.join("\n")}\n`, "latin1");
      const ends = [...cuts.map((cut) => cut % bytes.length), bytes.length].sort((a, b) => a - b);
      const alone = outcome((reader) => {
        for (const one of all) reader.pushLine(Buffer.from(one, "latin1"), 0, one.length);
      });
      const whole = outcome((reader) => {
        for (const [at, end] of ends.entries()) reader.push(bytes.subarray(ends[at - 1] ?? 0, end));
      });
      assert.deepEqual(whole, alone);
    }),
    { numRuns: 300 },
  );
});

test("queues are sorted as bytes, and names that come twice are told", () => {
  const status = read("b\t0\t0\t1\na\t0\t0\t1\nB\t0\t0\t1\nb\t0\t0\t2\nb\t0\t0\t3\n\xff\t0\t0\t1\n.\nOK 1\n");
  assert.deepEqual(names(status), ["B", "a", "b", "b", "b", "\xff"]);
  assert.deepEqual(status.duplicates, ["b"]);
});

const VERSIONS: Readonly<Record<string, string>> = {
  "OK 1.1.20+ds": "1.1.20+ds",
  "OK 1.1.20\r": "1.1.20",
  "OK ": "",
  OK: "",
  "0.14": "0.14",
  "ERR UNKNOWN_COMMAND Unknown+server+commandversion\r": "",
};

for (const [line, version] of Object.entries(VERSIONS)) {
  test(`version line ${JSON.stringify(line)}`, () => assert.equal(read(`q\t0\t0\t1\n.\r\n${line}\n`).version, version));
}

test("a version line that is none means the end was forged: the list goes on", () => {
  const status = read("q\t0\t0\t1\n.\nnonsense\nlast\t0\t0\t1\n.\nOK 1\n");
  assert.deepEqual(names(status), ["last", "q"]);
  assert.deepEqual(status.oddLines, [".", "nonsense"]);
});

test("bytes after the end make it incomplete again, and count as odd", () => {
  const reader = new StatusReader("");
  reader.push(Buffer.from("q\t0\t0\t1\n.\nOK 1\nrest"));
  assert.equal(reader.complete, false);
  assert.deepEqual(reader.finish(0).oddLines, ["rest"]);
});

const ECHOED = "\0RES\0\0\0\x11\0\0\0\x03end";

test("the echo proves the end, however it is cut, and only behind a version line", () => {
  const bytes = Buffer.from(`q\t0\t0\t1\nevil\n.\nOK 9.9.9\nx\t0\t0\t1\n.\nOK 1\n${ECHOED}`, "latin1");
  for (let cut = 0; cut < bytes.length; cut++) {
    const reader = new StatusReader("");
    reader.push(bytes.subarray(0, cut));
    assert.equal(reader.proven, false, `proven after ${cut} bytes`);
    reader.push(bytes.subarray(cut));
    assert.ok(reader.proven && reader.complete);
    const { version, oddLines } = reader.finish(0);
    assert.deepEqual([version, oddLines], ["1", ["evil", ".", "OK 9.9.9"]]);
  }
  const early = new StatusReader("");
  early.push(Buffer.from(`q\t0\t0\t1\n${ECHOED}`, "latin1"));
  assert.ok(!early.proven && !early.complete);
});

test("of many odd lines the first ten are kept, cut to 200 characters", () => {
  const status = read(`${"x".repeat(300)}\n`.repeat(25), "q\t0\t0\t1\n.\nOK 1\n");
  assert.equal(status.oddCount, 25);
  assert.deepEqual(status.oddLines, Array(10).fill("x".repeat(200)));
});

const REFUSED: Readonly<Record<string, [string | Buffer, RegExp]>> = {
  HTTP: ["HTTP/1.1 400 Bad Request\r\n", /^192\.0\.2\.10:4730 is not a gearmand: it speaks HTTP$/],
  "HTTP 0.9": ["<html>\n", /it speaks HTTP$/],
  "a TLS alert": [Buffer.from("15030300020246", "hex"), /it speaks TLS, use --tls$/],
  "a TLS record with a line feed": [Buffer.from("1503030002020a", "hex"), /it speaks TLS, use --tls$/],
  SSH: ["SSH-2.0-OpenSSH_9.2p1\r\n", /it speaks SSH$/],
  SMTP: ["220 mail.example.com ESMTP\r\n", /not a gearmand: '220 mail\.example\.com ESMTP'$/],
  Redis: ["-ERR unknown command 'status'\r\n", /not a gearmand: '-ERR unknown command 'status''$/],
  "a NUL in the first line": ["J\0\0\0\n", /not a gearmand: 'J\?\?\?'$/],
  "a NUL without a line": ["J\0\0\0", /not a gearmand: 'J\?\?\?'$/],
  "an endless first line": ["x".repeat(20_000), /not a gearmand: 'x{60}\.\.\.'$/],
  "an endless later line": [`q\t0\t0\t1\n${"x".repeat(20_000)}`, /a line of more than 16384 bytes$/],
  "a refusal": ["ERR UNKNOWN_COMMAND x\r\n", /^192\.0\.2\.10:4730 refused the status command: ERR UNKNOWN_COMMAND x$/],
  "odd lines only": ["hello\nworld\n.\nOK 1\n", /not a gearmand: 'hello'$/],
};

for (const [what, [bytes, message]] of Object.entries(REFUSED)) {
  test(`${what} is unknown`, () => {
    const isUnknown = (error: unknown) =>
      error instanceof CheckError && error.status === Status.UNKNOWN && message.test(error.message);
    assert.throws(() => read(bytes), isUnknown);
  });
}

test("queues named like another service's greeting are queues", () => {
  const status = read("HTTP/1.1\t0\t0\t1\nERR x\t0\t0\t1\n.\nOK 1\n");
  assert.deepEqual(names(status), ["ERR x", "HTTP/1.1"]);
});

test("a list is taken up to 200,000 queues, lines that are none included", () => {
  const line = "queue\t0\t0\t1\n";
  const most = line.repeat(199_999);
  assert.equal(read(most, line, ".\nOK 1.1.20\n").queues.length, 200_000);
  for (const last of [line, "odd\n"]) {
    const reader = new StatusReader("192.0.2.10:4730");
    reader.push(Buffer.from(most + line));
    assert.throws(() => reader.push(Buffer.from(last)), {
      ...{ name: "CheckError", status: Status.UNKNOWN },
      message: "192.0.2.10:4730 lists more than 200000 queues",
    });
  }
});
