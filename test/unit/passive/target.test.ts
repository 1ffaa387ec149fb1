import assert from "node:assert/strict";
import { test } from "node:test";

import { parseTarget, targetName } from "monitoring-plugins-ts/passive";

test("targets, and what they are called", () => {
  const cases = [
    ["icinga2:https://icinga.example.com", { kind: "icinga2", server: { host: "icinga.example.com", port: 5665 } }],
    ["icinga2:https://192.0.2.1:443/", { kind: "icinga2", server: { host: "192.0.2.1", port: 443 } }],
    ["icinga2:https://[::1]:5665", { kind: "icinga2", server: { host: "::1", port: 5665 } }],
    ["command-file:/run/nagios.cmd", { kind: "command-file", path: "/run/nagios.cmd" }],
    ["spool:/var/spool/nagios", { kind: "spool", path: "/var/spool/nagios" }],
    ["gearman:job.example.com", { kind: "gearman", server: { host: "job.example.com", port: 4730 } }],
  ] as const;
  for (const [text, address] of cases) assert.deepEqual(parseTarget(text), address, text);
  assert.deepEqual(
    cases.map(([, address]) => targetName(address)),
    [
      "https://icinga.example.com:5665",
      "https://192.0.2.1:443",
      "https://[::1]:5665",
      "/run/nagios.cmd",
      "/var/spool/nagios",
      "gearmand job.example.com:4730",
    ],
  );
});

test("what is no target is named, and a password is not repeated", () => {
  for (const text of ["", "icinga", "https://icinga.example.com", "file:/x", "command-file:run", "spool:"]) {
    assert.throws(() => parseTarget(text), new RegExp(`^Error: '${text}' is no target: `), text);
  }
  for (const text of ["icinga2:http://h", "icinga2:h", "icinga2:https://h/v1", "icinga2:https://h?x"]) {
    assert.throws(() => parseTarget(text), /use icinga2:https:\/\/HOST\[:PORT\]$/, text);
  }
  assert.throws(
    () => parseTarget("icinga2:https://root:secret@h"),
    /^Error: a user in the address of --to: use --auth-file$/,
  );
  assert.throws(() => parseTarget("gearman:h:99999"), /'99999' is not a port/);
});
