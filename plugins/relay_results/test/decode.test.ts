import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import { runPlugin } from "#test/support/exec.ts";
import { dump, loadWith, PERFDATA, reply } from "./ruby.ts";

/** What the article on asynchronous results of MCollective has for its message. */
const LINE = `[1345376520] PROCESS_SERVICE_CHECK_RESULT;twp1;load;0;OK - load average: 0.82, 0.75, 0.71|${PERFDATA}`;

/** A message of its content, as Ruby 3.1 writes it. */
const MARSHAL = `BAh7CzoNc2VuZGVyaWRJIgl0d3AxBjoGRVQ6DnJlcXVlc3RpZEkiJTJlYzRh
N2U1YjdhOTViZDhiM2JhNWE4YzNjNWQ1YTRlBjsGVDoQc2VuZGVyYWdlbnRJ
IglucnBlBjsGVDoMbXNndGltZWwrBwjRMFA6CWJvZHkiAekECHsIOg9zdGF0
dXNjb2RlaQA6DnN0YXR1c21zZ0kiB09LBjoGRVQ6CWRhdGF7CToNZXhpdGNv
ZGVpADoMY29tbWFuZEkiD2NoZWNrX2xvYWQGOwdUOgtvdXRwdXRJIihPSyAt
IGxvYWQgYXZlcmFnZTogMC44MiwgMC43NSwgMC43MQY7B1Q6DXBlcmZkYXRh
SSJWbG9hZDE9MC44MjA7MS41MDA7Mi4wMDA7MDsgbG9hZDU9MC43NTA7MS41
MDA7Mi4wMDA7MDsgbG9hZDE1PTAuNzEwOzEuNTAwOzIuMDAwOzA7BjsHVDoJ
aGFzaEkiEmMybG5ibUYwZFhKbAoGOwZU
`;

/** The same as Ruby 1.8 does, without encodings. */
const RUBY_1_8 = `BAh7CzoNc2VuZGVyaWQiCXR3cDE6DnJlcXVlc3RpZCIlMmVjNGE3ZTViN2E5
NWJkOGIzYmE1YThjM2M1ZDVhNGU6EHNlbmRlcmFnZW50IglucnBlOgxtc2d0
aW1lbCsHCNEwUDoJYm9keSIB1AQIewg6D3N0YXR1c2NvZGVpADoOc3RhdHVz
bXNnIgdPSzoJZGF0YXsJOg1leGl0Y29kZWkAOgxjb21tYW5kIg9jaGVja19s
b2FkOgtvdXRwdXQiKE9LIC0gbG9hZCBhdmVyYWdlOiAwLjgyLCAwLjc1LCAw
LjcxOg1wZXJmZGF0YSJWbG9hZDE9MC44MjA7MS41MDA7Mi4wMDA7MDsgbG9h
ZDU9MC43NTA7MS41MDA7Mi4wMDA7MDsgbG9hZDE1PTAuNzEwOzEuNTAwOzIu
MDAwOzA7OgloYXNoIhJjMmxuYm1GMGRYSmwK
`;

const YAML = `---
:senderid: twp1
:requestid: 2ec4a7e5b7a95bd8b3ba5a8c3c5d5a4e
:senderagent: nrpe
:msgtime: 1345376520
:body: |
  ---
  :statuscode: 0
  :statusmsg: OK
  :data:
    :exitcode: 0
    :command: check_load
    :output: 'OK - load average: 0.82, 0.75, 0.71'
    :perfdata: ${PERFDATA}
:hash: 'c2lnbmF0dXJl

  '
`;

const DATA = { exitcode: 0, command: "check_load", output: "OK - load average: 0.82, 0.75, 0.71", perfdata: PERFDATA };

const JSON_REPLY = JSON.stringify({
  senderid: "twp1",
  senderagent: "nrpe",
  msgtime: 1_345_376_520,
  body: JSON.stringify({ statuscode: 0, statusmsg: "OK", data: DATA }),
});

const PLAIN = JSON.stringify({
  host: "twp1",
  service: "load",
  exit_code: 0,
  output: "OK - load average: 0.82, 0.75, 0.71",
  perfdata: PERFDATA,
  time: 1_345_376_520,
});

const state = (changes: object) =>
  JSON.stringify({
    specversion: "1.0",
    type: "io.choria.machine.watcher.nagios.v1.state",
    source: "io.choria.machine",
    subject: "twp1",
    id: "5fd43b5e-4d7c-4bb4-a4cc-b4f5b4b9ad1d",
    data: {
      protocol: "io.choria.machine.watcher.nagios.v1.state",
      identity: "twp1",
      name: "load",
      plugin: "/usr/lib/nagios/plugins/check_load",
      status: "OK",
      status_code: 0,
      output: "OK - load average: 0.82, 0.75, 0.71",
      check_time: 1_345_376_520,
      perfdata: [{ label: "load1", value: 0.82, unit: "" }],
      ...changes,
    },
  });

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "test-relay-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const UNSIGNED = ["--no-verify-signatures"];

/** The lines that the program prints for messages, without the names of their files. */
async function decode(t: TestContext, messages: readonly (string | Buffer)[], args: readonly string[] = UNSIGNED) {
  const path = folder(t);
  const files = messages.map((message, index) => {
    const file = join(path, `${index}`);
    writeFileSync(file, message);
    return file;
  });
  const { code, stdout, stderr } = await runPlugin("relay_results", [
    ...args,
    ...files.flatMap((file) => ["--decode", file]),
  ]);
  assert.equal(stderr, "");
  const lines = stdout.split("\n").slice(0, -1);
  assert.equal(lines.length, messages.length, stdout);
  return { code, lines: lines.map((line, index) => line.replace(`${files[index]}: `, "")) };
}

test("one result, whatever it travels in", async (t) => {
  const raw = Buffer.from(MARSHAL, "base64");
  const inBase64 = [YAML, JSON_REPLY, PLAIN].map((text) => Buffer.from(text).toString("base64"));
  const messages = [MARSHAL, raw, RUBY_1_8, YAML, JSON_REPLY, PLAIN, ...inBase64];
  const { code, lines } = await decode(t, messages);
  assert.deepEqual([code, lines], [0, messages.map(() => LINE)]);
});

test("Choria's events: what a plugin printed, its perfdata without thresholds", async (t) => {
  const messages = [
    state({}),
    state({ perfdata: null, output: "OK - fine | a=1;2;3" }),
    state({ status: "NOTCHECKED", status_code: 5 }),
    state({ perfdata: [{ label: "a", value: "1" }] }),
    state({}).replace("nagios.v1.state", "exec.v1.state"),
  ];
  const { code, lines } = await decode(t, messages);
  assert.deepEqual(lines, [
    "[1345376520] PROCESS_SERVICE_CHECK_RESULT;twp1;load;0;OK - load average: 0.82, 0.75, 0.71|'load1'=0.82",
    "[1345376520] PROCESS_SERVICE_CHECK_RESULT;twp1;load;0;OK - fine|a=1;2;3",
    "no result: the check has not run (NOTCHECKED)",
    "no result: its perfdata 'a' has no number",
    "no result: it is an event of the type 'io.choria.machine.watcher.exec.v1.state'",
  ]);
  assert.equal(code, 2);
});

test("what is no result is told, each with its reason, and stops no other", async (t) => {
  const result = (changes: object) => JSON.stringify({ host: "a", exit_code: 0, output: "x", time: 1, ...changes });
  const bomb = `--- \n${["a0: &a0 [x, x]", ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)].join("\n")}\n`;
  const bad: readonly (readonly [string | Buffer, string])[] = [
    ["", "it is empty"],
    [" \n", "it is empty"],
    ["aGVsbG8=", "it is base64 of neither JSON, YAML nor Ruby Marshal"],
    ["a result?", "it is neither JSON, YAML, Ruby Marshal nor base64 of one"],
    [Buffer.from([0xff, 0xfe]), "its text is not UTF-8"],
    [reply().subarray(0, 100), "Ruby Marshal, byte 100: its end is missing"],
    [Buffer.concat([reply(), Buffer.from("x")]), "Ruby Marshal, byte 383: 1 bytes behind the end"],
    [Buffer.from("\x04\x08o:\x08Foo\x00", "latin1"), "Ruby Marshal, byte 2: an object"],
    [reply({ data: Buffer.from("x") }), "its body (status OK) has no fields"],
    [dump(new Map([["senderid", "a"]])), "its body has no fields"],
    [reply({ sender: 7 }), "its senderid is no text"],
    [reply({ sender: Buffer.from([0xff]) }), "its senderid is not UTF-8"],
    [reply({ agent: "puppet" }), "it comes from the agent 'puppet', and not from nrpe"],
    [reply({ time: 0 }), "time '0' is no time: seconds since 1970"],
    [reply({ time: null }), "it has no msgtime"],
    [reply({ data: new Map([["output", "x"]]) }), "it has no exitcode: OK"],
    [reply({ data: loadWith({ command: null }) }), "its command is no text"],
    [reply({ data: loadWith({ exitcode: true }) }), "exit code 'true' is no whole number"],
    [reply({ data: loadWith({ command: "check_a\nb" }) }), "service 'a?b' has characters that no name has"],
    [`${"[".repeat(100_000)}`, "it is neither JSON, YAML, Ruby Marshal nor base64 of one"],
    [
      `{"host":"h","exit_code":0,"output":"x","a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
      "it is no well-formed JSON, or nested too deeply",
    ],
    [`---\n${"[".repeat(30_000)}`, "YAML: nested too deeply"],
    [bomb, "YAML: Excessive alias count indicates a resource exhaustion attack"],
    [
      "--- !ruby/object:Gem::Installer\ni: x\n",
      "YAML: Unresolved tag: !ruby/object:Gem::Installer at line 1, column 5:",
    ],
    [`---\n:a: ${"x".repeat(70_000)}`, "YAML of more than 64 KiB"],
    ["[1]", "it is neither JSON, YAML, Ruby Marshal nor base64 of one"],
    [result({ host: undefined }), "no host"],
    [result({ host: "" }), "host is empty"],
    [result({ host: "h".repeat(256) }), `host '${"h".repeat(97)}...' is longer than 255 characters`],
    [result({ exit_code: 1.5 }), "exit code '1.5' is no whole number"],
    [result({ output: 1 }), "output '1' is no text"],
    [result({ time: 0 }), "time '0' is no time: seconds since 1970"],
    ['{"__proto__":{"host":"a","exit_code":0,"output":"x"}}', "exit code 'undefined' is no whole number"],
  ];
  const { code, lines } = await decode(t, [...bad.map(([message]) => message), MARSHAL]);
  assert.deepEqual(lines, [...bad.map(([, why]) => `no result: ${why}`), LINE]);
  assert.equal(code, 2);
});

test("what is odd and still a result", async (t) => {
  const { code, lines } = await decode(t, [
    reply({ data: loadWith({ exitcode: 7, perfdata: "" }) }),
    reply({ data: loadWith({ output: "a|b=1\nlong \\ line\nmore", perfdata: "" }) }),
    reply({ data: loadWith({ output: Buffer.from("\x1b[31mred\xff", "latin1"), perfdata: null }) }),
    '{"host":"a","exit_code":1,"output":"down","time":5,"__proto__":{"host":"b"}}',
  ]);
  assert.deepEqual(lines, [
    "[1000000000] PROCESS_SERVICE_CHECK_RESULT;twp1;load;3;(exit code 7) OK - load average: 0.82, 0.75, 0.71",
    "[1000000000] PROCESS_SERVICE_CHECK_RESULT;twp1;load;0;a\\nlong \\\\ line\\nmore|b=1",
    "[1000000000] PROCESS_SERVICE_CHECK_RESULT;twp1;load;0;?[31mred\ufffd",
    "[5] PROCESS_HOST_CHECK_RESULT;a;1;down",
  ]);
  assert.equal(code, 0);
});

test("a time that has not come yet is now", async (t) => {
  const before = Math.floor(Date.now() / 1000);
  const { lines } = await decode(t, [reply({ time: 2 ** 33 })]);
  const time = Number(/^\[(\d+)\]/.exec(lines[0] ?? "")?.[1]);
  assert.ok(time >= before && time <= Date.now() / 1000, lines[0]);
});

const pair = () =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });

test("signatures: of the sender, of another, of nobody, of a sender that is unknown or is no file's name", async (t) => {
  const [one, other] = [pair(), pair()];
  const senders = folder(t);
  writeFileSync(join(senders, "twp1.pem"), one.publicKey);
  writeFileSync(join(senders, "broken.pem"), "rubbish");
  const messages = [
    reply({ key: one.privateKey }),
    reply({ key: other.privateKey }),
    reply(),
    reply({ sender: "twp2", key: one.privateKey }),
    reply({ sender: "../twp1", key: one.privateKey }),
    reply({ sender: "broken", key: one.privateKey }),
    PLAIN,
    state({}),
  ];
  const line = LINE.replace("1345376520", "1000000000");
  const unknown = `no result: its sender is unknown: cannot read '${join(senders, "twp2.pem")}': no such file`;
  const broken = `no result: its sender is unknown: '${join(senders, "broken.pem")}' has no certificate or public key`;
  const { lines } = await decode(t, messages, ["--certificates", senders]);
  assert.deepEqual(lines, [
    line,
    "no result: its signature is not that of twp1",
    "no result: its signature is not that of twp1",
    unknown,
    "no result: its sender is no name of a certificate",
    broken,
    "no result: it is not signed",
    "no result: it is not signed",
  ]);
  // one key for all senders
  const shared = await decode(t, messages.slice(0, 4), ["--certificates", join(senders, "twp1.pem")]);
  assert.deepEqual(shared.lines, [
    line,
    "no result: its signature is not that of twp1",
    "no result: its signature is not that of twp1",
    line.replace("twp1", "twp2"),
  ]);
});

test("--format takes messages of one kind", async (t) => {
  for (const [format, taken] of [
    ["mcollective", 0],
    ["result", 1],
    ["choria", 2],
  ] as const) {
    const unsigned = format === "mcollective" ? UNSIGNED : [];
    const { lines } = await decode(t, [YAML, PLAIN, state({})], ["--format", format, ...unsigned]);
    for (const [index, line] of lines.entries()) {
      const kind = ["mcollective", "result", "choria"][index];
      const refused = `no result: it is a message of the kind ${kind}, and not ${format}`;
      if (index === taken) assert.match(line, /^\[1345376520\]/);
      else assert.equal(line, refused);
    }
  }
});

test("--map gives other names, by the first rule that matches", async (t) => {
  const file = join(folder(t), "names");
  writeFileSync(
    file,
    `# comment
*.example.com!* = $1!$2
twp1!load = web.example.net!System load
~(db)(\\d+)!(disk|swap) = $1-$2!$3 space
gate!alive = gate
*!load = all!never
`,
  );
  const result = (host: string, service?: string) =>
    JSON.stringify({ host, service, exit_code: 0, output: "x", time: 1 });
  const names = [
    ["a.example.com", "load"],
    ["twp1", "load"],
    ["db12", "swap"],
    ["xdb12", "swap"],
    ["gate", "alive"],
    ["gate"],
  ] as const;
  const { lines } = await decode(
    t,
    names.map(([host, service]) => result(host, service)),
    ["--format", "result", "--map", file],
  );
  assert.deepEqual(
    lines.map((line) => line.replace(/^\[1\] PROCESS_/, "").replace(/_CHECK_RESULT|;0;x$/g, "")),
    [
      "SERVICE;a;load",
      "SERVICE;web.example.net;System load",
      "SERVICE;db-12;swap space",
      "SERVICE;xdb12;swap",
      "HOST;gate",
      "HOST;gate",
    ],
  );
});

test("options that contradict each other, or files that are of no use", async (t) => {
  const file = join(folder(t), "names");
  const refused = async (args: readonly string[], why: RegExp) => {
    const { code, stdout } = await runPlugin("relay_results", ["--decode", "-", ...args], { input: PLAIN });
    assert.equal(code, 3);
    assert.match(stdout, why);
  };
  await refused([], /^relay_results UNKNOWN - MCollective's messages are signed: give --certificates,/);
  await refused(["--format", "xml"], /'xml' is no kind of message: use auto, mcollective, result, choria/);
  await refused(["--certificates", "/dev/null/none"], /cannot read '\/dev\/null\/none'/);
  await refused(["--certificates", tmpdir(), ...UNSIGNED], /exclude each other/);
  await refused(["--certificates", tmpdir(), "--format", "result"], /messages of the kind result are not signed/);
  for (const [rule, why] of [
    ["a b", "'a b' is not PATTERN = NAME"],
    ["a = b!c!d", "'b!c!d' is not HOST or HOST!SERVICE"],
    ["~( = b", "'(' is not an RE2 regular expression"],
  ] as const) {
    writeFileSync(file, `\n${rule}\n`);
    await refused([...UNSIGNED, "--map", file], new RegExp(`'${file}', line 2: ${why.replace(/[()]/g, "\\$&")}`));
  }
});
